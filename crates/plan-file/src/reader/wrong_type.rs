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
mod tests {
    use super::*;

    fn hints(found: &Found, expected: &str) -> (String, String) {
        let refusal = wrong_type(&[Step::Key("size".to_owned())], found, expected);
        (refusal.problem, refusal.hint)
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_its_limit() {
        for (expected, max) in [
            ("u8", "255"),
            ("u16", "65535"),
            ("u32", "4294967295"),
            ("u64", "18446744073709551615"),
        ] {
            for (number, is) in [("99999999999999999999", "too large"), ("-1", "below zero")] {
                let (problem, hint) = hints(&Found::Number(number.to_owned()), expected);
                assert_eq!(problem, format!("{number} is {is}"));
                let wanted = format!("write a whole number from 0 to {max}, without quotes");
                assert_eq!(hint, wanted);
            }
        }
    }

    #[test]
    fn a_text_where_a_number_belongs_loses_its_quotes_only_if_it_is_one() {
        let text = |text: &str| hints(&Found::Text(text.to_owned()), "u16").1;
        assert_eq!(text("15"), "write it without quotes: size = 15");
        for other in ["", "fifteen", "1.5"] {
            assert_eq!(
                text(other),
                "write a whole number from 0 to 65535, without quotes",
                "{other}"
            );
        }
    }

    #[test]
    fn a_number_where_a_text_belongs_gets_quotes_and_all_its_digits() {
        let number = |number: &str| hints(&Found::Number(number.to_owned()), "a string").1;
        assert_eq!(number("15"), "write it in quotes: size = \"15\"");
        assert_eq!(
            number("-15"),
            "write it in quotes and without a sign: size = \"15\""
        );
        for spelt in ["1e18", "1E18", "1_000"] {
            assert_eq!(
                number(spelt),
                "write all digits in quotes, without an exponent or separators, such as size = \"1000\""
            );
        }
    }

    #[test]
    fn what_is_no_table_is_told_how_one_is_written() {
        let (problem, hint) = hints(&Found::Bool(true), "struct PoolTable");
        assert!(problem.ends_with("expected a table"), "{problem}");
        assert_eq!(hint, "write [size] and its fields below it");
        let (_, hint) = hints(&Found::Text("yes".to_owned()), "a boolean");
        assert_eq!(hint, "write size = true or size = false, without quotes");
        let (_, hint) = hints(&Found::Bool(true), "something else");
        assert_eq!(hint, "write something else");
    }

    #[test]
    fn percents_become_basis_points() {
        for (text, expected) in [
            ("5%", Some(500)),
            ("12.5 %", Some(1_250)),
            ("0.01%", Some(1)),
            ("0.001%", None),
            ("100%", Some(10_000)),
            ("101%", None),
            ("500", Some(500)),
            ("10001", None),
            ("0.05", None),
            ("-5%", None),
            ("%", None),
            ("", None),
        ] {
            assert_eq!(bps(text), expected, "{text}");
        }
    }
}
