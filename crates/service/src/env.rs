//! A strict reader of environment variables for the services' static configuration.
//!
//! Every error names the variable and never shows its value, which may be a secret. A service reads all its
//! variables at start and stops with everything that is wrong with them ([`gather!`](crate::gather)). An empty variable counts as
//! unset.
//!
//! Instead of `NAME` a variable may be given as `NAME_FILE`, the path of a file that holds the value: what is in the
//! environment can be read by every process of the same account, and ends up in dumps. Both together are an error.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// The longest value that a file may hold: chains of certificates have some kilobytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

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
    /// It is set, and so is the variable that names a file with its value.
    #[error("{name} and {name}_FILE are both set; remove one of them")]
    Twice {
        /// The variable.
        name: String,
    },
    /// The file with its value cannot be used.
    #[error("{name}_FILE cannot be used: {reason}")]
    File {
        /// The variable.
        name: String,
        /// What is wrong with the file.
        reason: String,
    },
    /// It is set to something that does not parse.
    #[error("{name} is not valid: {reason}")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong with it, without the value.
        reason: String,
    },
    /// Several variables could not be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<EnvError>),
}

impl EnvError {
    /// The variables, in the order in which they were read.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Missing { name }
            | Self::NotText { name }
            | Self::Twice { name }
            | Self::File { name, .. }
            | Self::Invalid { name, .. } => vec![name],
            Self::Several(errors) => errors.iter().flat_map(Self::names).collect(),
        }
    }

    /// Several errors as one.
    pub fn all(mut errors: Vec<Self>) -> Self {
        if errors.len() == 1 {
            errors.remove(0)
        } else {
            Self::Several(errors)
        }
    }

    /// A variable whose value breaks a rule of its service.
    pub fn invalid(name: &str, reason: impl Display) -> Self {
        Self::Invalid {
            name: name.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// A part of a configuration that could be read, or nothing and one error more; for [`gather!`](crate::gather).
pub fn keep<T>(read: Result<T, EnvError>, errors: &mut Vec<EnvError>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(EnvError::Several(several)) => {
            errors.extend(several);
            None
        }
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

/// A struct whose fields are read from the environment, or everything that is wrong with them: unlike with `?`, each is read
/// whatever the others are.
///
/// ```
/// # use service::{Env, EnvError, gather};
/// struct Config {
///     database_url: String,
///     port: u16,
/// }
/// # fn read(env: &Env) -> Result<Config, EnvError> {
/// gather!(Config {
///     database_url: env.text("DATABASE_URL"),
///     port: env.parse_or("PORT", 80),
/// })
/// # }
/// # let error = read(&Env::of(&[("PORT", "none")])).err().unwrap();
/// # assert_eq!(error.names(), ["DATABASE_URL", "PORT"]);
/// ```
#[macro_export]
macro_rules! gather {
    (@read $field:ident) => { $field };
    (@read $field:ident $read:expr) => { $read };
    ($type:ident { $($field:ident $(: $read:expr)?),+ $(,)? }) => {{
        let mut errors = Vec::new();
        $(let $field = $crate::env::keep($crate::gather!(@read $field $($read)?), &mut errors);)+
        if let ($(Some($field),)+) = ($($field,)+) {
            Ok($type { $($field),+ })
        } else {
            Err($crate::EnvError::all(errors))
        }
    }};
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
    pub fn process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The given variables, for tests of a configuration.
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
        let own = self.find_own(name)?;
        match (own, self.find_own(&format!("{name}_FILE"))?) {
            (Some(_), Some(_)) => Err(EnvError::Twice {
                name: name.to_owned(),
            }),
            (None, Some(file)) => read_file(name, Path::new(&file)),
            (own, None) => Ok(own),
        }
    }

    /// The text of exactly this variable.
    fn find_own(&self, name: &str) -> Result<Option<String>, EnvError> {
        let Some(value) = self.0.get(std::ffi::OsStr::new(name)) else {
            return Ok(None);
        };
        let text = value.to_str().ok_or_else(|| EnvError::NotText {
            name: name.to_owned(),
        })?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// The parts of a variable that must be set, separated by commas: at least one, none of them empty, each once.
    pub fn list(&self, name: &str) -> Result<Vec<String>, EnvError> {
        let text = self.text(name)?;
        let mut parts: Vec<String> = Vec::new();
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                return Err(EnvError::invalid(name, "one of its parts is empty"));
            }
            if parts.iter().any(|known| known == part) {
                return Err(EnvError::invalid(name, "one of its parts appears twice"));
            }
            parts.push(part.to_owned());
        }
        Ok(parts)
    }

    /// The parts of a variable, parsed, separated by commas; none when it is unset.
    pub fn parse_list<T>(&self, name: &str) -> Result<Vec<T>, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text_or(name, "")?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| parse_text(name, part)).collect()
    }

    /// A number within these limits, or the default when it is unset.
    pub fn number<T>(&self, name: &str, default: T, allowed: RangeInclusive<T>) -> Result<T, EnvError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.parse_or(name, default)?;
        if allowed.contains(&value) {
            return Ok(value);
        }
        let rule = format!("must be from {} to {}", allowed.start(), allowed.end());
        Err(EnvError::invalid(name, rule))
    }

    /// A number of milliseconds within these limits, or the default when it is unset.
    pub fn milliseconds(
        &self,
        name: &str,
        default: u64,
        allowed: RangeInclusive<u64>,
    ) -> Result<Duration, EnvError> {
        self.number(name, default, allowed).map(Duration::from_millis)
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

/// The value in a file, without the end of its last line, which editors and `echo` add.
fn read_file(name: &str, file: &Path) -> Result<Option<String>, EnvError> {
    let failed = |reason: String| EnvError::File {
        name: name.to_owned(),
        reason,
    };
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    read.map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(failed(format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        // An empty variable is none; a file that someone named and that is empty is a mistake.
        return Err(failed("it is empty".to_owned()));
    }
    Ok(Some(value.to_owned()))
}

fn parse_text<T>(name: &str, text: &str) -> Result<T, EnvError>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| EnvError::invalid(name, error))
}

#[cfg(test)]
mod tests;
