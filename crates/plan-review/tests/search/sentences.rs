//! Whether the sentences of findings are true: each is read as a reader reads it, with the numbers that stand in it, and compared
//! with histories that models play which share no code with the engine, or that are counted out here. A finding that is
//! absent is a sentence too: what it warns of must not be possible then.
//!
//! The page of the compiler lists the findings. One that no test here reads fails
//! [`every_finding_of_these_headings_is_checked`].

mod campaigns;
mod deployments;
mod holds;
mod orders;
mod pairs;
mod payments;
mod places;
mod profits;
mod ranks;
mod reading;
mod rebates;
mod reserves;
mod subscriptions;
mod taxes;
mod ways_out;

use std::collections::BTreeSet;

use plan::Finding;

const PAGE: &str = include_str!("../../../../docs/plan/compiler.md");
const HEADINGS: [&str; 8] = [
    "### Where the money of a payment goes\n",
    "### Pools\n",
    "### Subscriptions, ranks and bonuses\n",
    "### Bookings and pairs\n",
    "### Orders and campaigns\n",
    "### Holds and the way out\n",
    "### What is stated about a place\n",
    "## False names\n",
];

/// The numbers of a text in its order, as they are written: `10,000`, `1141.2`, `15`.
pub(crate) fn numbers_of(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != ',');
    let numbers = parts.map(|part| part.trim_matches(['.', ',']).replace(',', ""));
    numbers.filter(|number| !number.is_empty()).collect()
}

/// A number that is written with at most so many digits behind its point, in units of the last.
pub(crate) fn scaled(number: &str, digits: usize) -> u128 {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    assert!(fraction.len() <= digits, "{number}");
    format!("{whole}{fraction:0<digits$}")
        .parse()
        .unwrap_or_else(|error| panic!("{number:?}: {error}"))
}

/// The percentages of a text, in basis points.
pub(crate) fn percents_of(text: &str) -> Vec<u128> {
    numbers_of(text).iter().map(|number| scaled(number, 2)).collect()
}

/// The whole numbers of a text.
pub(crate) fn counts_of(text: &str) -> Vec<u128> {
    numbers_of(text).iter().map(|number| scaled(number, 0)).collect()
}

pub(crate) fn find<'a>(findings: &'a [Finding], code: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.code == code)
}

/// What is said under a code; empty if nothing is.
pub(crate) fn said<'a>(findings: &'a [Finding], code: &str) -> &'a str {
    find(findings, code).map_or("", |finding| &finding.text)
}

/// The codes that the page lists under a heading: in the first column of its table, or in its sentences where there is none.
fn listed(heading: &str) -> BTreeSet<&'static str> {
    let (_, section) = PAGE.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n#").next().unwrap_or(section);
    let section = section.split("```").next().unwrap_or(section);
    let quoted = |text: &'static str| text.split('`').skip(1).step_by(2);
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.strip_prefix("| ")?.split(" | ").next());
    let codes: BTreeSet<&str> = cells.flat_map(quoted).collect();
    if codes.is_empty() {
        quoted(section).filter(|word| word.contains('_')).collect()
    } else {
        codes
    }
}

#[test]
fn every_finding_of_these_headings_is_checked() {
    let listed: BTreeSet<&str> = HEADINGS.into_iter().flat_map(listed).collect();
    let checked: Vec<&str> = [
        campaigns::CHECKED,
        deployments::CHECKED,
        holds::CHECKED,
        orders::CHECKED,
        pairs::CHECKED,
        payments::CHECKED,
        places::CHECKED,
        profits::CHECKED,
        ranks::CHECKED,
        rebates::CHECKED,
        reserves::CHECKED,
        subscriptions::CHECKED,
        taxes::CHECKED,
        ways_out::CHECKED,
    ]
    .concat();
    let number = checked.len();
    let checked: BTreeSet<&str> = checked.into_iter().collect();
    assert_eq!(checked, listed);
    assert_eq!(checked.len(), number, "one is checked twice");
    assert!(listed.len() > 50, "{listed:?}");
}

#[test]
fn numbers_are_read_as_they_are_written() {
    let text = "Of 10,000 users 26.5 % go, 3 of (1141.2) rest.";
    assert_eq!(numbers_of(text), ["10000", "26.5", "3", "1141.2"]);
    assert_eq!(
        [scaled("26.5", 2), scaled("3", 2), scaled("1141.2", 6)],
        [2_650, 300, 1_141_200_000]
    );
}
