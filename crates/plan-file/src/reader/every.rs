//! Everything in a file that does not fit the format, and the tables in which everything does.
//!
//! What does not fit is set aside and the file is re-read, so that one wrong field hides no other.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Value, error};
use crate::Refusal;
use crate::place::Step;

/// Fields outside of tables, which every file has. They stand for what is missing, so that the tables can be read.
const STAND_INS: &str = "name = \"a\"\nversion = 1\nasset = \"BNB\"\n";

/// What does not fit, in the order in which it is found, at most `max` of it; and the file without the tables that it is
/// in, unless there is no telling.
pub fn read_every<T: DeserializeOwned>(text: &str, max: usize) -> (Vec<Refusal>, Option<T>) {
    let mut document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => return (vec![error::syntax(text, &error)], None),
    };
    let mut found: Vec<Refusal> = Vec::new();
    // What was set aside or misspelt is missing afterwards, and that is nothing new.
    let mut explained: Vec<String> = Vec::new();
    while found.len() < max {
        let root = DeValue::Table(document);
        let read = T::deserialize(Value(&root));
        let DeValue::Table(table) = root else { break };
        document = table;
        let error = match read {
            Ok(_) => return (found.clone(), without(document, &found)),
            Err(error) => error,
        };
        let misfit = error.misfit();
        explained.extend(error.meant());
        let refusal = error.refusal();
        if !explained.iter().any(|known| is_within(known, &refusal.field)) {
            explained.push(refusal.field.clone());
            found.push(refusal);
        }
        if !set_aside(&mut document, &misfit) {
            return (found, None);
        }
    }
    (found, None)
}

/// The file without the tables in which something was found.
fn without<T: DeserializeOwned>(mut document: DeTable<'_>, found: &[Refusal]) -> Option<T> {
    for refusal in found {
        let table = refusal.field.split(['.', '[']).next().unwrap_or_default();
        if document
            .get(table)
            .is_some_and(|value| matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)))
        {
            document.remove(table);
        }
    }
    T::deserialize(Value(&DeValue::Table(document))).ok()
}

/// Whether a path is another one or leads into it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Takes what is at a path out of the document; `false` if nothing can be. Paths are as deep as the format, not the file.
fn set_aside(document: &mut DeTable<'_>, path: &[Step]) -> bool {
    match path {
        [] => stand_in(document),
        [Step::Key(key)] => document.remove(key.as_str()).is_some(),
        [Step::Key(key), rest @ ..] => document
            .get_mut(key.as_str())
            .is_some_and(|value| set_aside_in(value, rest)),
        [Step::Index(_), ..] => false,
    }
}

fn set_aside_in(value: &mut Spanned<DeValue<'_>>, path: &[Step]) -> bool {
    match (value.get_mut(), path) {
        (DeValue::Table(table), [_, ..]) => set_aside(table, path),
        (DeValue::Array(entries), [Step::Index(index), rest @ ..]) => match (entries.get_mut(*index), rest) {
            (Some(entry), []) if !is_set_aside(entry) => {
                *entry = Spanned::new(0..0, DeValue::Boolean(false));
                true
            }
            (Some(entry), [_, ..]) => set_aside_in(entry, rest),
            (Some(_) | None, _) => false,
        },
        (_, _) => false,
    }
}

/// An entry of a list keeps its index, so it is replaced by one that no text has: it is nowhere.
pub(super) fn is_set_aside(value: &Spanned<DeValue<'_>>) -> bool {
    value.span().is_empty()
}

/// Adds the fields outside of tables that are missing; `false` if none is.
fn stand_in(document: &mut DeTable<'_>) -> bool {
    let Ok(all) = DeTable::parse(STAND_INS) else {
        return false;
    };
    let before = document.len();
    for (key, value) in all.into_inner() {
        if !document.contains_key(key.get_ref().as_ref()) {
            document.insert(key, value);
        }
    }
    document.len() > before
}
