//! Reading a sentence: its words, as they are written in a test, and what stands between them.

use plan::{CompiledPlan, Finding, compile};

use crate::number_from;
use crate::numbers::Numbers;

/// Histories of a usual run for each sentence.
const HISTORIES_USUAL: u64 = 100;

/// Calls a check with numbers of its own for each history.
pub(super) fn for_each_history(check: impl Fn(&mut Numbers)) {
    let seed = number_from("TRELLIS_SEARCH_SEED", crate::SEED_USUAL);
    for number in 0..number_from("TRELLIS_SEARCH_PLANS", HISTORIES_USUAL) {
        check(&mut Numbers::of(seed, number));
    }
}

pub(super) fn compiled(text: &str) -> CompiledPlan {
    compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The finding with this code, of which there is at most one.
pub(super) fn found<'a>(findings: &'a [Finding], code: &str) -> Option<&'a Finding> {
    let mut found = findings.iter().filter(|finding| finding.code == code);
    let first = found.next();
    assert!(found.next().is_none(), "{code} is found twice");
    first
}

/// What stands in the gaps of a sentence, whose other words are exactly these.
pub(super) fn gaps<'a>(finding: &'a Finding, words: &str) -> Vec<&'a str> {
    let mut parts = words.split("{}");
    let mut rest = finding.text.as_str();
    let wrong = || panic!("{:?} is not {words:?}", finding.text);
    rest = rest
        .strip_prefix(parts.next().unwrap_or_default())
        .unwrap_or_else(wrong);
    let mut gaps = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = match parts.peek() {
            None => rest
                .len()
                .checked_sub(part.len())
                .filter(|end| rest.is_char_boundary(*end)),
            Some(_) => rest.find(part),
        };
        let end = end.unwrap_or_else(|| panic!("{:?} is not {words:?}", finding.text));
        gaps.push(&rest[..end]);
        rest = rest[end..].strip_prefix(part).unwrap_or_else(wrong);
    }
    assert!(rest.is_empty(), "{:?} is not {words:?}", finding.text);
    gaps
}

/// `1.5` as units of which `10^decimals` are one.
pub(super) fn scaled(text: &str, decimals: usize) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= decimals, "{text:?} has too many digits");
    format!("{whole}{fraction:0<decimals$}")
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Base units of an amount of USDT.
pub(super) fn units(text: &str) -> u128 {
    scaled(text, 6)
}

/// An amount of USDT as plan files write it.
pub(super) fn usdt(units: u128) -> String {
    format!("{}.{:06}", units / 1_000_000, units % 1_000_000)
}

/// Basis points of `4.35 %`.
pub(super) fn bps(text: &str) -> u128 {
    let number = text.strip_suffix(" %");
    scaled(number.unwrap_or_else(|| panic!("{text:?} is no share")), 2)
}

pub(super) fn figure(finding: &Finding, name: &str) -> u128 {
    finding
        .figure(name)
        .unwrap_or_else(|| panic!("{finding:?} has no {name}"))
}

pub(super) fn pick<T: Copy>(numbers: &mut Numbers, list: &[T]) -> T {
    list[numbers.below(list.len())]
}

pub(super) fn list(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}
