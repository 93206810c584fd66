//! Jurisdiction profiles: the shipped files, the lines of their page, refusals, and that nothing is ever lowered.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

use money::{Amount, Asset};
use plan::{ChainClass, Finding, Severity};
use plan_review::jurisdiction::{Profile, SHIPPED, statements};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../../docs/plan/jurisdiction.md");

const FILES: [&str; 4] = [
    include_str!("../../../../profiles/local.toml"),
    include_str!("../../../../profiles/EU.toml"),
    include_str!("../../../../profiles/IN.toml"),
    include_str!("../../../../profiles/US.toml"),
];

/// Where findings are made that the shipped profiles speak of.
const MADE_IN: [&str; 7] = [
    include_str!("../../../plan/src/compile/components.rs"),
    include_str!("../../../plan/src/compile/payout.rs"),
    include_str!("../../../components/src/autopool/findings.rs"),
    include_str!("../../../components/src/subscription/findings.rs"),
    include_str!("../../../components/src/orders/findings.rs"),
    include_str!("../../../components/src/campaign/findings.rs"),
    include_str!("../../src/jurisdiction/statements.rs"),
];

fn shipped(name: &str) -> Profile {
    let place = SHIPPED.iter().position(|shipped| *shipped == name).unwrap();
    Profile::parse(FILES[place]).unwrap()
}

fn finding(code: &str, figures: &[(&str, u128)]) -> Finding {
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    Finding {
        code: leak(code),
        severity: Severity::Info,
        text: "As it is.".into(),
        figures: figures
            .iter()
            .map(|(name, figure)| (leak(name), *figure))
            .collect(),
    }
}

fn block(kind: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{kind}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_page_says_what_findings_become() {
    let mut executed = 0;
    for line in block("profile").lines() {
        let (step, expected) = line.split_once("->").unwrap();
        let words: Vec<&str> = step.split_whitespace().collect();
        let profile = shipped(words[0]);
        let found = match words[1..] {
            [] => asked(&profile),
            [code, figure, value] => {
                let before = finding(code, &[(figure, value.parse().unwrap())]);
                profile.apply(vec![before])[0].severity.name().to_owned()
            }
            _ => panic!("{line}"),
        };
        assert_eq!(found, expected.trim(), "{line}");
        executed += 1;
    }
    assert!(executed > 20);
}

/// What the profile asks about, and what it makes of silence.
fn asked(profile: &Profile) -> String {
    let missing = profile.apply(vec![]);
    let lines = missing.iter().map(|finding| {
        assert_eq!(finding.code, "not_stated");
        let about = finding.text.split('"').nth(1).unwrap();
        format!("{about} {}", finding.severity.name())
    });
    lines.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_shipped_profiles_are_dated_and_say_that_they_are_no_legal_advice() {
    for (name, text) in SHIPPED.into_iter().zip(FILES) {
        let profile = Profile::parse(text).unwrap();
        assert_eq!(profile.name(), name);
        assert!(profile.as_of() >= plan::Day::of_date("2026-11-21").unwrap());
        assert!(profile.notice().contains("Not legal advice"));
        assert_eq!(profile.legal_basis().is_none(), name == "local");
        assert!(profile.permits(ChainClass::Local));
        assert_eq!(profile.permits(ChainClass::Public), name != "local");
    }
    assert_ne!(shipped("EU").hash(), shipped("IN").hash());
}

#[test]
fn every_finding_and_figure_that_a_shipped_profile_speaks_of_is_made_somewhere() {
    let values = |field: &str| {
        let starts = format!("{field} = \"");
        let lines = FILES.iter().flat_map(|file| file.lines());
        let values = lines.filter_map(move |line| line.strip_prefix(&starts)?.strip_suffix('"'));
        values.collect::<Vec<_>>()
    };
    assert!(values("finding").len() > 10);
    for value in values("finding").into_iter().chain(values("figure")) {
        let quoted = format!("\"{value}\"");
        assert!(MADE_IN.iter().any(|source| source.contains(&quoted)), "{value}");
    }
}

#[test]
fn a_raised_finding_names_profile_day_reason_and_source() {
    let raised = shipped("EU").apply(vec![statements::cooling_off(7)]);
    assert_eq!(
        raised[0].text,
        "A payment can be refunded for 7 days. An error in the profile EU of 2026-11-21: a consumer may withdraw from a \
         distance contract within fourteen days (source: Directive 2011/83/EU, article 9; not verified; not legal advice)."
    );
    assert_eq!(raised[0].figures, [("days", 7)]);
}

#[test]
fn a_plan_that_recruitment_funds_is_barred_by_every_profile_for_public_chains() {
    let plan = plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    for name in ["EU", "IN", "US"] {
        let judged = shipped(name).apply(plan.findings().to_vec());
        let recruitment = judged
            .iter()
            .find(|finding| finding.code == "recruitment_funded")
            .unwrap();
        assert_eq!(recruitment.severity, Severity::Error, "{name}");
    }
    assert_eq!(shipped("local").apply(plan.findings().to_vec()), plan.findings());
}

/// What is said about other things does not respond what the profile asks.
#[test]
fn a_profile_asks_about_what_is_not_stated_among_other_findings() {
    let eu = shipped("EU");
    let asked = eu.apply(vec![]).len();
    assert!(asked > 1);
    let other = finding("nobody_asks_about_this", &[]);
    assert_eq!(eu.apply(vec![other]).len(), 1 + asked);
    assert_eq!(eu.apply(vec![statements::cooling_off(30)]).len(), asked);
}

#[test]
fn a_plan_about_which_everything_is_stated_well_has_no_error() {
    let stated = || {
        vec![
            finding("recruitment_funded", &[("share_bps", 0)]),
            finding("payout_share", &[("share_bps", 5_000)]),
            statements::cooling_off(30),
            statements::reward_hold(30),
            statements::entry_fee(Asset::Inr, Amount::ZERO),
            statements::income_disclosure(10_000),
        ]
    };
    for name in SHIPPED {
        assert_eq!(shipped(name).apply(stated()), stated(), "{name}");
    }
}

#[test]
fn a_finding_without_the_figure_that_decides_is_taken_for_the_worst() {
    let raised = shipped("EU").apply(vec![finding("recruitment_funded", &[("other", 0)])]);
    assert_eq!(raised[0].severity, Severity::Error);
}

#[test]
fn each_broken_rule_of_a_profile_has_its_code_and_place() {
    let own = block("toml");
    assert!(Profile::parse(own).is_ok());
    let cases = [
        ("\"CH-ZH\"", "\"ch\"", "profile_name", "name"),
        ("\"CH-ZH\"", "\"\"", "profile_name", "name"),
        ("2026-04-01", "April", "date_malformed", "as_of"),
        (
            "legal_basis",
            "# legal_basis",
            "legal_basis_missing",
            "legal_basis",
        ),
        ("\"Article 3 ", "\"  \" # ", "legal_basis_missing", "legal_basis"),
        ("\"Not legal advice.\"", "\" \"", "profile_text", "notice"),
        ("\"the same article\"", "\"\"", "profile_text", "rules[0].source"),
        (
            "\"recruitment_funded\"",
            "\"\"",
            "profile_text",
            "rules[0].finding",
        ),
        ("above = 2500", "", "profile_limit", "rules[0].figure"),
        (
            "above = 2500",
            "above = 1\nbelow = 2",
            "profile_limit",
            "rules[0].figure",
        ),
        ("figure = \"share_bps\"", "", "profile_limit", "rules[0].figure"),
        ("above = 2500", "above = -1", "profile_malformed", "line 10"),
        (
            "severity = \"error\"",
            "severity = \"info\"",
            "profile_malformed",
            "line 11",
        ),
        ("chains = ", "chain = ", "profile_malformed", "line 3"),
        ("checked = \"unverified\"", "", "profile_malformed", "line 7"),
    ];
    for (from, to, code, field) in cases {
        assert!(own.contains(from), "{from}");
        let refusal = Profile::parse(&own.replacen(from, to, 1)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{to}");
    }
    let rule = own.split_once("[[rules]]").unwrap().1;
    let many = format!("{own}{}", format!("[[rules]]{rule}").repeat(64));
    assert_eq!(Profile::parse(&many).unwrap_err().code, "list_length");
}

proptest! {
    #[test]
    fn nothing_is_lowered_or_lost(
        name in proptest::sample::select(SHIPPED.to_vec()),
        findings in prop::collection::vec(
            (
                proptest::sample::select(vec!["recruitment_funded", "cooling_off", "entry_fee", "own_purchases", "other"]),
                proptest::sample::select(vec!["share_bps", "days", "price_units", "own_purchases_bps"]),
                0..20_000u128,
                proptest::sample::select(vec![Severity::Info, Severity::Warning, Severity::Error]),
            ),
            0..8,
        ),
    ) {
        let before: Vec<Finding> = findings
            .into_iter()
            .map(|(code, figure, value, severity)| Finding { severity, ..finding(code, &[(figure, value)]) })
            .collect();
        let after = shipped(name).apply(before.clone());
        prop_assert!(after.len() >= before.len());
        for (after, before) in after.iter().zip(&before) {
            prop_assert!(after.severity >= before.severity);
            prop_assert!(after.text.starts_with(&before.text));
            prop_assert_eq!((&after.code, &after.figures), (&before.code, &before.figures));
        }
        prop_assert!(after[before.len()..].iter().all(|finding| finding.code == "not_stated"));
    }
}
