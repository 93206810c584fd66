//! Each sentence of a finding about subscriptions, ranks, orders, campaigns, holds, the way out and places, read and proved: the
//! words are as they are written here, every number in them is the figure, and the figure is what a history of the models of
//! `naive`, or a search written in the test, comes to. Where a finding is absent, no such history has the harm that it names.

mod campaigns;
mod holds;
mod orders;
mod places;
mod ranks;
mod subscriptions;
mod taxes;
mod ways_out;

use std::collections::BTreeSet;

use plan::{CompiledPlan, Finding, compile};

use crate::number_from;
use crate::numbers::Numbers;

/// The codes of these families that a test proves.
pub(crate) const CHECKED: [&[&str]; 8] = [
    campaigns::CHECKED,
    holds::CHECKED,
    orders::CHECKED,
    places::CHECKED,
    ranks::CHECKED,
    subscriptions::CHECKED,
    taxes::CHECKED,
    ways_out::CHECKED,
];

/// Headings of the page whose findings are proved here.
const FAMILIES: [&str; 4] = [
    "Subscriptions, ranks and bonuses",
    "Orders and campaigns",
    "Holds and the way out",
    "What is stated about a place",
];

/// Histories of a usual run for each sentence.
const HISTORIES_USUAL: u64 = 100;

/// Calls a check with numbers of its own for each history.
fn for_each_history(check: impl Fn(&mut Numbers)) {
    let seed = number_from("TRELLIS_SEARCH_SEED", crate::SEED_USUAL);
    for number in 0..number_from("TRELLIS_SEARCH_PLANS", HISTORIES_USUAL) {
        check(&mut Numbers::of(seed, number));
    }
}

fn compiled(text: &str) -> CompiledPlan {
    compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The finding with this code, of which there is at most one.
fn found<'a>(findings: &'a [Finding], code: &str) -> Option<&'a Finding> {
    let mut found = findings.iter().filter(|finding| finding.code == code);
    let first = found.next();
    assert!(found.next().is_none(), "{code} is found twice");
    first
}

/// What stands in the gaps of a sentence, whose other words are exactly these.
fn gaps<'a>(finding: &'a Finding, words: &str) -> Vec<&'a str> {
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
fn scaled(text: &str, decimals: usize) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= decimals, "{text:?} has too many digits");
    format!("{whole}{fraction:0<decimals$}")
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Base units of an amount of USDT.
fn units(text: &str) -> u128 {
    scaled(text, 6)
}

/// An amount of USDT as plan files write it.
fn usdt(units: u128) -> String {
    format!("{}.{:06}", units / 1_000_000, units % 1_000_000)
}

/// Basis points of `4.35 %`.
fn bps(text: &str) -> u128 {
    let number = text.strip_suffix(" %");
    scaled(number.unwrap_or_else(|| panic!("{text:?} is no share")), 2)
}

fn figure(finding: &Finding, name: &str) -> u128 {
    finding
        .figure(name)
        .unwrap_or_else(|| panic!("{finding:?} has no {name}"))
}

fn pick<T: Copy>(numbers: &mut Numbers, list: &[T]) -> T {
    list[numbers.below(list.len())]
}

fn list(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

/// The codes under a heading of the page: of tables those of the first column, and of sentences all.
fn codes_under(heading: &str) -> BTreeSet<&'static str> {
    let page = include_str!("../../../../docs/plan/compiler.md");
    let (_, section) = page
        .split_once(&format!("\n### {heading}\n"))
        .unwrap_or_else(|| panic!("there is no {heading}"));
    let section = section.split("\n#").next().unwrap_or(section);
    let words = section.split("```finding").next().unwrap_or(section);
    let codes = words.lines().flat_map(|line| {
        let row = line.strip_prefix("| ").and_then(|row| row.split(" | ").next());
        let quoted = row.unwrap_or(line).split('`').skip(1).step_by(2);
        quoted.filter(move |word| row.is_some() || word.contains('_'))
    });
    codes.collect()
}

/// Every finding of these families has a test, and every test a finding that the page explains.
#[test]
fn the_sentences_of_all_findings_that_the_page_explains_are_proved() {
    let explained: BTreeSet<&str> = FAMILIES.into_iter().flat_map(codes_under).collect();
    let checked: BTreeSet<&str> = CHECKED.into_iter().flatten().copied().collect();
    assert_eq!(checked, explained);
    assert_eq!(
        checked.len(),
        CHECKED.iter().map(|codes| codes.len()).sum::<usize>()
    );
}
