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
    #[must_use]
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
    fn everything_that_is_wrong_is_said_at_once() {
        #[derive(Debug)]
        struct Inner {
            least: u64,
        }
        #[derive(Debug)]
        struct Outer {
            url: String,
            wait: Duration,
            inner: Inner,
        }
        let read = |env: &Env| {
            gather!(Outer {
                url: env.text("URL"),
                wait: env.milliseconds("WAIT_MS", 7, 1..=9),
                inner: gather!(Inner {
                    least: env.number("LEAST", 2, 1..=3)
                }),
            })
        };
        let error = read(&Env::of(&[("WAIT_MS", "10"), ("LEAST", "x")])).unwrap_err();
        assert_eq!(error.names(), ["URL", "WAIT_MS", "LEAST"]);
        assert_eq!(
            error.to_string(),
            "URL is not set; WAIT_MS is not valid: must be from 1 to 9; \
             LEAST is not valid: invalid digit found in string"
        );
        let outer = read(&Env::of(&[("URL", "u"), ("WAIT_MS", "9")])).unwrap();
        assert_eq!(
            (outer.url.as_str(), outer.wait, outer.inner.least),
            ("u", Duration::from_millis(9), 2)
        );
    }

    #[test]
    fn a_list_that_may_be_empty_is_parsed_part_by_part() {
        let list = |text| Env::of(&[("PORTS", text)]).parse_list::<u16>("PORTS");
        assert!(list("").unwrap().is_empty());
        assert_eq!(list("1, 2,").unwrap(), [1, 2]);
        assert!(list("1,x").is_err());
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

    fn file_with(bytes: &[u8]) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, bytes).unwrap();
        (directory, file.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_value_may_be_in_a_file() {
        for (bytes, value) in [
            (&b"hunter2"[..], "hunter2"),
            (b"hunter2\n", "hunter2"),
            (b"hunter2\r\n", "hunter2"),
            (b"two\nlines\n", "two\nlines"),
            (b" spaces ", " spaces "),
        ] {
            let (_directory, file) = file_with(bytes);
            let env = Env::of(&[("TRELLIS_KEY_FILE", &file)]);
            assert_eq!(env.text("TRELLIS_KEY").as_deref(), Ok(value));
            assert_eq!(
                env.find_parse::<String>("TRELLIS_KEY"),
                Ok(Some(value.to_owned()))
            );
            let empty_beside = Env::of(&[("TRELLIS_KEY_FILE", &file), ("TRELLIS_KEY", "")]);
            assert_eq!(empty_beside.text("TRELLIS_KEY").as_deref(), Ok(value));
        }
    }

    #[test]
    fn a_value_and_a_file_together_are_refused() {
        let (_directory, file) = file_with(b"hunter2");
        let env = Env::of(&[("TRELLIS_KEY_FILE", &file), ("TRELLIS_KEY", "hunter3")]);
        let error = env.text("TRELLIS_KEY").unwrap_err().to_string();
        assert_eq!(
            error,
            "TRELLIS_KEY and TRELLIS_KEY_FILE are both set; remove one of them"
        );
    }

    #[test]
    fn a_file_that_cannot_be_used_is_an_error_and_never_an_unset_variable() {
        let huge = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
        for bytes in [&b""[..], b"\n", &[0xff, 0xfe], &huge] {
            let (_directory, file) = file_with(bytes);
            let env = Env::of(&[("TRELLIS_KEY_FILE", &file)]);
            let error = env.find_text("TRELLIS_KEY").unwrap_err();
            assert!(matches!(error, EnvError::File { .. }), "{error}");
        }
        let env = Env::of(&[("TRELLIS_KEY_FILE", "/nowhere/at/all")]);
        let error = env.text_or("TRELLIS_KEY", "default").unwrap_err().to_string();
        assert!(error.starts_with("TRELLIS_KEY_FILE cannot be used: "), "{error}");
    }

    #[test]
    fn a_list_has_parts_that_differ_and_are_not_empty() {
        let list = |text| Env::of(&[("TRELLIS_RPC_URL", text)]).list("TRELLIS_RPC_URL");
        assert_eq!(list("a, b").unwrap(), ["a", "b"]);
        for bad in ["", "a,", ",", "a,b, a"] {
            assert!(list(bad).is_err(), "{bad}");
        }
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
