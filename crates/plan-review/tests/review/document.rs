//! The page of the compiler shows of each finding a plan that has it.

use std::collections::BTreeSet;

use plan::{Finding, compile};

use crate::public;

const PAGE: &str = include_str!("../../../../docs/plan/compiler.md");

/// Made by searches, which the page shows by themselves, or about what nobody says.
const ELSEWHERE: [&str; 4] = ["sybil_profit", "sybil_rebate", "not_stated", "withheld_twice"];

/// Files that make findings.
const MADE_IN: [&str; 21] = [
    include_str!("../../../components/src/binary/findings.rs"),
    include_str!("../../../components/src/campaign/findings.rs"),
    include_str!("../../../components/src/cap.rs"),
    include_str!("../../../plan/src/compile/components.rs"),
    include_str!("../../../components/src/autopool/findings.rs"),
    include_str!("../../../components/src/autopool/findings/pool.rs"),
    include_str!("../../../components/src/autopool/findings/ratio.rs"),
    include_str!("../../../plan/src/compile/payout.rs"),
    include_str!("../../../components/src/generation/terms.rs"),
    include_str!("../../src/jurisdiction.rs"),
    include_str!("../../src/jurisdiction/statements.rs"),
    include_str!("../../../components/src/orders/findings.rs"),
    include_str!("../../../components/src/ranks/findings.rs"),
    include_str!("../../src/review.rs"),
    include_str!("../../src/review/exits.rs"),
    include_str!("../../../components/src/subscription/bonus.rs"),
    include_str!("../../../components/src/subscription/findings.rs"),
    include_str!("../../src/sybil.rs"),
    include_str!("../../src/sybil/rebate.rs"),
    include_str!("../../../components/src/withdrawal.rs"),
    include_str!("../../../components/src/withholding/terms.rs"),
];

const PLANS: [(&str, &str); 6] = [
    ("auto-pool", crate::AUTO_POOL),
    (
        "auto-pool-rolling",
        include_str!("../../../../plans/auto-pool-rolling.toml"),
    ),
    ("subscription", crate::SUBSCRIPTION),
    ("binary-ev", crate::BINARY),
    ("unilevel-orders", crate::ORDERS),
    ("referral-campaign", crate::CAMPAIGN),
];

fn lines() -> impl Iterator<Item = &'static str> {
    let blocks = PAGE.split("```finding\n").skip(1);
    blocks.flat_map(|rest| rest.split("```").next().into_iter().flat_map(str::lines))
}

/// `plan: from => to ; from => to`, with `\n` for the end of a line.
fn text_of(plan: &str) -> String {
    let (name, changes) = plan.split_once(": ").unwrap_or((plan, ""));
    let (_, text) = PLANS.into_iter().find(|(known, _)| *known == name).unwrap();
    let mut text = text.to_owned();
    for change in changes.split(" ; ").filter(|change| !change.is_empty()) {
        let (from, to) = change.split_once(" => ").unwrap();
        let [from, to] = [from, to].map(|part| part.replace("\\n", "\n"));
        assert!(text.contains(&from), "{plan}");
        text = text.replace(&from, &to);
    }
    text
}

fn shows(finding: &Finding, words: &[&str]) -> bool {
    match words {
        [code, severity, rest @ ..] if finding.code == *code && finding.severity.name() == *severity => {
            match rest {
                [] => true,
                [figure, value] => finding.figure(figure) == value.parse().ok(),
                _ => false,
            }
        }
        _ => false,
    }
}

#[test]
fn the_page_shows_findings_of_plans_that_have_them() {
    let mut executed = 0;
    for line in lines() {
        let (plan, expected) = line.rsplit_once(" -> ").unwrap();
        let text = text_of(plan);
        assert!(compile(&text).is_ok(), "{line}");
        let review = public(&text, "EU", Some(14));
        let words: Vec<&str> = expected.split_whitespace().collect();
        let found: Vec<_> = review
            .findings
            .iter()
            .filter(|finding| finding.code == words[0])
            .collect();
        assert!(
            found.iter().any(|finding| shows(finding, &words)),
            "{line}: {found:?}"
        );
        executed += 1;
    }
    assert!(executed > 50);
}

#[test]
fn the_page_shows_every_finding_that_is_made() {
    let made = MADE_IN.iter().flat_map(|source| {
        let codes = source.split("code: \"").skip(1);
        codes.filter_map(|rest| rest.split('"').next())
    });
    let shown: BTreeSet<&str> = lines()
        .filter_map(|line| line.rsplit_once(" -> ")?.1.split_whitespace().next())
        .collect();
    let made: BTreeSet<&str> = made.filter(|code| !code.starts_with("jurisdiction_")).collect();
    assert!(made.len() > 45, "{made:?}");
    for code in made.into_iter().filter(|code| !ELSEWHERE.contains(code)) {
        assert!(shown.contains(code), "{code} is not shown");
    }
    for code in ELSEWHERE {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
}
