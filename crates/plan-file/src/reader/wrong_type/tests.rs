//! Tests of `wrong_type`.

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
