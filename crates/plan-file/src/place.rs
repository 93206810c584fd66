//! Positions in a plan file: paths of fields such as `pool.tiers[2].price`, and their lines and columns.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A place in a plan file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// How many characters of this line it covers; 0 when it is only a point.
    pub length: usize,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A path as people write it.
pub(crate) struct Path<'a>(pub(crate) &'a [Step]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Reads a path. What is no index counts as a part of the name, which then leads nowhere.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (key, indices) = part.split_once('[').unwrap_or((part, ""));
        steps.push(Step::Key(key.to_owned()));
        let numbers = indices.split(['[', ']']);
        steps.extend(numbers.filter_map(|number| number.parse().ok().map(Step::Index)));
    }
    steps
}

/// What of a field is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Its name.
    Key,
    /// What is written behind it; of a table its name.
    Value,
}

/// The place of a field; of what is missing, the place of the table or list in which it should be.
pub(crate) fn of_field(text: &str, path: &str, aim: Aim) -> Place {
    of_span(text, &span_of(text, path, aim))
}

/// The file with another value of a field; of a field that is not there, the file as it is.
pub fn with_value(text: &str, path: &str, value: &str) -> String {
    let span = span_of(text, path, Aim::Value);
    let mut changed = text.to_owned();
    if !span.is_empty() && changed.get(span.clone()).is_some() {
        changed.replace_range(span, value);
    }
    changed
}

fn span_of(text: &str, path: &str, aim: Aim) -> Range<usize> {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut span = 0..0;
    let root = Spanned::new(0..0, DeValue::Table(document.into_inner()));
    let mut here = &root;
    for step in steps(path) {
        match (here.get_ref(), step) {
            (DeValue::Table(table), Step::Key(name)) => {
                let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref().as_ref() == name) else {
                    break;
                };
                let is_table = value.get_ref().is_table();
                span = if is_table || aim == Aim::Key {
                    key.span()
                } else {
                    value.span()
                };
                here = value;
            }
            (DeValue::Array(list), Step::Index(index)) => {
                let Some(value) = list.get(index) else { break };
                span = value.span();
                here = value;
            }
            (
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Table(_)
                | DeValue::Array(_),
                Step::Key(_) | Step::Index(_),
            ) => break,
        }
    }
    span
}

/// The place of the first thing that is no TOML.
pub(crate) fn of_syntax(text: &str) -> Place {
    let error = DeTable::parse(text).err();
    let span = error.and_then(|error| error.span());
    of_span(text, &span.unwrap_or(0..0))
}

fn of_span(text: &str, span: &Range<usize>) -> Place {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before
        .rfind('\n')
        .map_or(0, |position| position.saturating_add(1));
    let in_line = before.get(line_start..).unwrap_or_default();
    let covered = text.get(span.clone()).unwrap_or_default();
    let first_line = covered.lines().next().unwrap_or_default();
    Place {
        line: before.matches('\n').count().saturating_add(1),
        column: in_line.chars().count().saturating_add(1),
        length: first_line.chars().count(),
    }
}

#[cfg(test)]
mod tests;
