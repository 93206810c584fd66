//! A strict reader of environment variables for the services' static configuration.
//!
//! Every error names the variable and never shows its value, which may be a secret. A service reads all its
//! variables at start and stops at the first bad one. An empty variable counts as unset.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::str::FromStr;

/// Why a variable could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// It is required and not set.
    #[error("{name} is not set")]
    Missing {
        /// The variable.
        name: String,
    },
    /// It is set to something that is not text.
    #[error("{name} is not valid UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// It is set to something that does not parse.
    #[error("{name} is not valid: {reason}")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong with it, without the value.
        reason: String,
    },
}

impl EnvError {
    /// A variable whose value breaks a rule of its service.
    pub fn invalid(name: &str, reason: impl Display) -> Self {
        Self::Invalid {
            name: name.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// A set of environment variables.
#[derive(Clone)]
pub struct Env(HashMap<OsString, OsString>);

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Env({} variables)", self.0.len())
    }
}

impl Env {
    /// The variables of this process.
    #[must_use]
    pub fn process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The given variables, for tests of a configuration.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(
            pairs
                .iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value)))
                .collect(),
        )
    }

    /// The text of a variable that must be set.
    pub fn text(&self, name: &str) -> Result<String, EnvError> {
        self.find_text(name)?.ok_or_else(|| EnvError::Missing {
            name: name.to_owned(),
        })
    }

    /// The text of a variable, or the default when it is unset.
    pub fn text_or(&self, name: &str, default: &str) -> Result<String, EnvError> {
        Ok(self.find_text(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// The text of a variable, if it is set.
    pub fn find_text(&self, name: &str) -> Result<Option<String>, EnvError> {
        let Some(value) = self.0.get(std::ffi::OsStr::new(name)) else {
            return Ok(None);
        };
        let text = value.to_str().ok_or_else(|| EnvError::NotText {
            name: name.to_owned(),
        })?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// A variable that must be set, parsed.
    pub fn parse<T>(&self, name: &str) -> Result<T, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        parse_text(name, &self.text(name)?)
    }

    /// A variable, parsed, or the default when it is unset.
    pub fn parse_or<T>(&self, name: &str, default: T) -> Result<T, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        Ok(self.find_parse(name)?.unwrap_or(default))
    }

    /// A variable, parsed, if it is set.
    pub fn find_parse<T>(&self, name: &str) -> Result<Option<T>, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        self.find_text(name)?
            .map(|text| parse_text(name, &text))
            .transpose()
    }
}

fn parse_text<T>(name: &str, text: &str) -> Result<T, EnvError>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| EnvError::invalid(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_variable_that_is_unset_or_empty_is_missing_by_name() {
        let missing = Err(EnvError::Missing {
            name: "TRELLIS_RPC".to_owned(),
        });
        assert_eq!(Env::of(&[]).text("TRELLIS_RPC"), missing);
        assert_eq!(Env::of(&[("TRELLIS_RPC", "")]).text("TRELLIS_RPC"), missing);
    }

    #[test]
    fn a_bad_value_is_reported_by_name_and_not_shown() {
        let error = Env::of(&[("TRELLIS_PORT", "hunter2")])
            .parse::<u16>("TRELLIS_PORT")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "TRELLIS_PORT is not valid: invalid digit found in string"
        );
    }

    #[test]
    fn a_default_serves_only_what_is_unset() {
        assert_eq!(Env::of(&[]).parse_or("TRELLIS_PORT", 4000u16), Ok(4000));
        assert_eq!(
            Env::of(&[("TRELLIS_PORT", "1")]).parse_or("TRELLIS_PORT", 4000u16),
            Ok(1)
        );
        assert!(
            Env::of(&[("TRELLIS_PORT", "-1")])
                .parse_or("TRELLIS_PORT", 4000u16)
                .is_err()
        );
    }

    #[test]
    fn an_optional_variable_is_none_or_parsed() {
        assert_eq!(Env::of(&[]).find_parse::<u16>("TRELLIS_PORT"), Ok(None));
        assert_eq!(
            Env::of(&[("TRELLIS_PORT", "7")]).find_parse::<u16>("TRELLIS_PORT"),
            Ok(Some(7))
        );
    }
}
