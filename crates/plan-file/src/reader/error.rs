//! Mismatches between a file and the format's fields, and the resulting errors.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::found::Found;
use super::wrong_type::wrong_type;
use crate::Refusal;
use crate::place::{Path, Step};
use crate::spelling;

/// Something in the file does not fit.
#[derive(Debug)]
pub(super) struct ReadError {
    /// Outermost first. For an unknown or missing field, the table.
    path: Vec<Step>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    UnknownField {
        name: String,
        known: &'static [&'static str],
    },
    MissingField(&'static str),
    WrongType {
        found: Found,
        expected: String,
    },
    UnknownChoice {
        found: Found,
        choices: &'static [&'static str],
    },
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", Path(&self.path), self.kind)
    }
}

impl std::error::Error for ReadError {}

impl From<Kind> for ReadError {
    fn from(kind: Kind) -> Self {
        Self {
            path: Vec::new(),
            kind,
        }
    }
}

impl serde::de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Kind::Other(message.to_string()).into()
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_type(unexpected.into(), expected)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_type(unexpected.into(), expected)
    }

    fn unknown_variant(variant: &str, choices: &'static [&'static str]) -> Self {
        Self::unknown_choice(Found::Text(variant.to_owned()), choices)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let name = field.to_owned();
        Kind::UnknownField { name, known }.into()
    }

    fn missing_field(field: &'static str) -> Self {
        Kind::MissingField(field).into()
    }
}

impl ReadError {
    pub(super) fn wrong_type(found: Found, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        Kind::WrongType { found, expected }.into()
    }

    pub(super) fn unknown_choice(found: Found, choices: &'static [&'static str]) -> Self {
        Kind::UnknownChoice { found, choices }.into()
    }

    /// The same, seen from the table or list around it.
    pub(super) fn inside(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }

    /// The path of what must be taken out of the file so that the rest can be read: of a missing field, what misses it.
    pub(super) fn misfit(&self) -> Vec<Step> {
        let mut path = self.path.clone();
        if let Kind::UnknownField { name, .. } = &self.kind {
            path.push(Step::Key(name.clone()));
        }
        path
    }

    /// The path of the field that was probably meant by one that does not exist.
    pub(super) fn meant(&self) -> Option<String> {
        let Kind::UnknownField { name, known } = &self.kind else {
            return None;
        };
        let near = spelling::nearest(name, known.iter().copied())?;
        let mut path = self.path.clone();
        path.push(Step::Key(near.to_owned()));
        Some(Path(&path).to_string())
    }

    /// The refusal of the file with this content.
    pub(super) fn refusal(mut self) -> Refusal {
        match self.kind {
            Kind::UnknownField { name, known } => {
                let problem = format!("unknown field `{name}`");
                let hint = match spelling::nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("remove it; the fields allowed here are {}", listed(known)),
                };
                self.path.push(Step::Key(name));
                Refusal::new("unknown_field", Path(&self.path).to_string(), problem, hint)
            }
            Kind::MissingField(name) => {
                let table = Path(&self.path).to_string();
                let hint = if table.is_empty() {
                    format!("write `{name} = …` before the first table, or [{name}] if it is a table itself")
                } else {
                    format!("write `{name} = …` below [{table}]")
                };
                self.path.push(Step::Key(name.to_owned()));
                let path = Path(&self.path).to_string();
                Refusal::new(
                    "missing_field",
                    path,
                    "the field is missing and has no default",
                    hint,
                )
            }
            Kind::WrongType { found, expected } => wrong_type(&self.path, &found, &expected),
            Kind::UnknownChoice { found, choices } => {
                let near = match &found {
                    Found::Text(text) => spelling::nearest(text, choices.iter().copied()),
                    Found::Number(_) | Found::Bool(_) | Found::Date(_) | Found::List | Found::Table => None,
                };
                let hint = match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("write one of {}", listed(choices)),
                };
                let problem = format!("{found} is not an allowed value");
                Refusal::new("unknown_choice", Path(&self.path).to_string(), problem, hint)
            }
            Kind::Other(message) => {
                // What serde says of an untagged enum speaks of types that no file knows.
                let problem = if message.starts_with("data did not match any variant") {
                    "the value matches none of this field's forms".to_owned()
                } else {
                    message
                };
                let hint = "look the field up in docs/plan.md and docs/plan/";
                Refusal::new("wrong_type", Path(&self.path).to_string(), problem, hint)
            }
        }
    }
}

fn listed(words: &[&str]) -> String {
    words.join(", ")
}

/// The refusal of a file that is no TOML at all.
pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Refusal {
    let span = error.span().unwrap_or(0..0);
    if error.message().starts_with("duplicate key") {
        let key = text.get(span.clone()).unwrap_or_default().trim();
        let field = match table_before(text, span.start) {
            "" => key.to_owned(),
            table if table == key => key.to_owned(),
            table => format!("{table}.{key}"),
        };
        let hint = "keep one of them; a list of tables is written with [[…]]";
        return Refusal::new("duplicate_field", field, "it is written twice", hint);
    }
    let hint = "write TOML: name = value, text in quotes, tables as [name] on a line of their own";
    Refusal::new("not_toml", "", error.message().to_owned(), hint)
}

/// The table whose header is the last one before a position.
fn table_before(text: &str, position: usize) -> &str {
    let before = text.get(..position).unwrap_or_default();
    let headers = before
        .lines()
        .rev()
        .map(str::trim)
        .filter(|line| line.starts_with('['));
    let header = headers.map(|line| line.trim_matches(['[', ']'])).next();
    header.unwrap_or_default()
}
