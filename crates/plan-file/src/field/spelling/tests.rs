//! Tests of `spelling`.

use super::*;

#[test]
fn a_wrong_spelling_is_answered_with_the_right_one() {
    for (text, expected) in [
        (
            "20 BNB",
            "write \"20\": the asset is named once for the whole plan",
        ),
        (
            "BNB 20",
            "write units of BNB as a string of digits with at most 18 after the point, such as \"20\" or \"0.5\"",
        ),
        ("-20", "write \"20\": an amount is never negative"),
        (
            "-0x10",
            "write units of BNB as a string of digits with at most 18 after the point, such as \"20\" or \"0.5\"",
        ),
        (
            "1,000",
            "write \"1000\": digits with at most one decimal point and nothing else",
        ),
        (
            "1_000",
            "write \"1000\": digits with at most one decimal point and nothing else",
        ),
        (
            "0,5",
            "write \"0.5\": digits with at most one decimal point and nothing else",
        ),
        (
            ".5",
            "write \"0.5\": digits with at most one decimal point and nothing else",
        ),
        (
            "5.",
            "write \"5\": digits with at most one decimal point and nothing else",
        ),
        (
            " 20",
            "write \"20\": digits with at most one decimal point and nothing else",
        ),
        (
            "1e18",
            "write all digits, without an exponent: \"1000000000000000000\" means that many BNB, \
                 not base units",
        ),
        (
            "2.5e3",
            "write all digits, without an exponent: \"2500\" means that many BNB, not base units",
        ),
        ("2e", "write \"2\": the asset is named once for the whole plan"),
        (
            "5%",
            "write an amount of BNB; percentages belong in fields whose names end in _bps, in basis points",
        ),
        (
            "1.0000000000000000001",
            "write at most 18 digits after the point, such as \"1\": the smallest unit is 0.000000000000000001 BNB",
        ),
    ] {
        let error = Asset::Bnb.parse_amount(text).unwrap_err();
        assert_eq!(hint(Asset::Bnb, text, error, Amount::ZERO), expected, "{text:?}");
    }
}

/// A price is more than nothing, so nothing is never the right spelling of one.
#[test]
fn no_price_is_mended_into_one_that_is_refused() {
    for text in ["0x14", "0 BNB", "0,0", "-0", "0.0000000000000000001"] {
        let error = Asset::Bnb.parse_amount(text).unwrap_err();
        let hint = hint(Asset::Bnb, text, error, Amount::new(1));
        assert!(!hint.contains("\"0\""), "{text}: {hint}");
    }
    let error = Asset::Bnb.parse_amount("0 BNB").unwrap_err();
    assert!(hint(Asset::Bnb, "0 BNB", error, Amount::ZERO).contains("write \"0\""));
}
