//! The refusal of a value of the wrong type or size: what is expected, in the terms of a plan author, and
//! how to write it.

use super::found::Found;
use crate::Refusal;
use crate::place::{Path, Step};

/// What a field expects, in the words of someone who writes a plan.
enum Kinds {
    Text,
    /// A whole number up to this one.
    Number(u64),
    List,
    Table,
    Truth,
    Other,
}

fn kind_of(expected: &str) -> Kinds {
    match expected {
        "a string" => Kinds::Text,
        "u8" => Kinds::Number(u64::from(u8::MAX)),
        "u16" => Kinds::Number(u64::from(u16::MAX)),
        "u32" => Kinds::Number(u64::from(u32::MAX)),
        "u64" => Kinds::Number(u64::MAX),
        "a sequence" => Kinds::List,
        "a boolean" => Kinds::Truth,
        struct_ if struct_.starts_with("struct ") => Kinds::Table,
        _ => Kinds::Other,
    }
}

/// The refusal of a value that a field cannot hold; `expected` in the words of serde.
pub(super) fn wrong_type(path: &[Step], found: &Found, expected: &str) -> Refusal {
    let kind = kind_of(expected);
    let name = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    let name = name.unwrap_or("field");
    // Inside a list, only the entry itself can be shown.
    let shown = match path.last() {
        Some(Step::Index(_)) => String::new(),
        Some(Step::Key(_)) | None => format!("{name} = "),
    };
    let (wanted, hint) = match &kind {
        Kinds::Text => ("text in quotes", text_hint(&shown, found)),
        Kinds::Number(max) => {
            let hint = number_hint(name, &shown, found, *max);
            if let Found::Number(number) = found
                && number.bytes().skip(1).all(|byte| byte.is_ascii_digit())
            {
                let bound = if number.starts_with('-') {
                    "below zero"
                } else {
                    "too large"
                };
                let problem = format!("{number} is {bound}");
                return Refusal::new("out_of_range", Path(path).to_string(), problem, hint);
            }
            ("a whole number", hint)
        }
        Kinds::List => ("a list", format!("write {shown}[…], also for a single entry")),
        Kinds::Table => (
            "a table",
            format!("write [{}] and its fields below it", Path(path)),
        ),
        Kinds::Truth => (
            "true or false",
            format!("write {shown}true or {shown}false, without quotes"),
        ),
        Kinds::Other => (expected, format!("write {expected}")),
    };
    let problem = format!("found {found}, expected {wanted}");
    Refusal::new("wrong_type", Path(path).to_string(), problem, hint)
}

fn text_hint(shown: &str, found: &Found) -> String {
    match found {
        Found::Number(number) if number.contains(['e', 'E', '_']) => {
            format!("write all digits in quotes, without an exponent or separators, such as {shown}\"1000\"")
        }
        Found::Number(number) if number.starts_with('-') => {
            format!(
                "write it in quotes and without a sign: {shown}\"{}\"",
                number.trim_start_matches('-')
            )
        }
        Found::Number(number) | Found::Date(number) => format!("write it in quotes: {shown}\"{number}\""),
        Found::Text(_) | Found::Bool(_) | Found::List | Found::Table => {
            format!("write text in quotes: {shown}\"…\"")
        }
    }
}

fn number_hint(name: &str, shown: &str, found: &Found, max: u64) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "bps" || name.ends_with("_bps") {
        let text = match found {
            Found::Number(text) | Found::Text(text) => text.trim(),
            Found::Bool(_) | Found::Date(_) | Found::List | Found::Table => "",
        };
        return match bps(text) {
            Some(bps) => format!("write basis points without quotes: {shown}{bps}"),
            None => "write basis points, a whole number from 0 to 10000: 10000 is 100 %, 100 is 1 %".into(),
        };
    }
    match found {
        Found::Text(text) if digits(text) => format!("write it without quotes: {shown}{text}"),
        Found::Text(_) | Found::Number(_) | Found::Bool(_) | Found::Date(_) | Found::List | Found::Table => {
            format!("write a whole number from 0 to {max}, without quotes")
        }
    }
}

/// The basis points that a text such as `5%`, `12.5 %` or `500` means; nothing for what has two readings, as `0.05`.
fn bps(text: &str) -> Option<u32> {
    let bps = match text.strip_suffix('%') {
        Some(percent) => {
            let (whole, fraction) = percent.trim().split_once('.').unwrap_or((percent.trim(), ""));
            if fraction.len() > 2 {
                return None;
            }
            let whole: u32 = whole.parse().ok()?;
            let fraction: u32 = format!("{fraction:0<2}").parse().ok()?;
            whole.checked_mul(100)?.checked_add(fraction)?
        }
        None => text.parse().ok()?,
    };
    (bps <= 10_000).then_some(bps)
}

#[cfg(test)]
mod tests;
