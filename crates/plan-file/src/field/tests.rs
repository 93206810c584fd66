//! Tests of `field`.

use super::*;

#[test]
fn lists_are_counted_in_english() {
    let words = |found, min, max| {
        let refusal = list_length("list", found, min, max).unwrap_err();
        format!("{}; {}", refusal.problem, refusal.hint)
    };
    assert_eq!(words(4, 5, 5), "it has 4 entries; write 5 entries");
    assert_eq!(words(2, 1, 1), "it has 2 entries; write 1 entry");
    assert_eq!(words(1, 2, 5), "it has 1 entry; write 2 to 5 entries");
    assert_eq!(words(2, 0, 1), "it has 2 entries; write 0 to 1 entry");
}

#[test]
fn names_have_nothing_that_is_not_seen() {
    for name in ["Gold", "Größe 1", "सोना", "金牌", "a b"] {
        assert!(is_visible(name), "{name:?}");
    }
    for hidden in [
        '\n',
        '\u{7f}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200d}',
        '\u{200f}',
        '\u{2028}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
    ] {
        assert!(!is_visible(&format!("Go{hidden}ld")), "{hidden:?}");
    }
}

#[test]
fn no_hint_suggests_what_is_refused() {
    for text in ["0x14", "0 BNB", "-0", "0,0", "00x", "0b11", "0e9x"] {
        let refusal = price(Asset::Bnb, "price", text).unwrap_err();
        assert!(!refusal.hint.contains("\"0\""), "{text}: {}", refusal.hint);
    }
    assert_eq!(
        price(Asset::Bnb, "price", "0x14").unwrap_err().hint,
        "write \"20\": an amount is written in decimal digits"
    );
    assert!(
        amount(Asset::Bnb, "share", "0 BNB")
            .unwrap_err()
            .hint
            .starts_with("write \"0\":")
    );
}
