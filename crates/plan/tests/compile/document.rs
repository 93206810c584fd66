//! What `docs/plan/compiler.md` shows is what the compiler says.

use plan::compile;
use plan_review::sybil::{Bounds, search};

use crate::AUTO_POOL;

const DOCUMENT: &str = include_str!("../../../../docs/plan/compiler.md");

/// The blocks of one kind.
fn blocks(kind: &str) -> Vec<&'static str> {
    let opening = format!("```{kind}\n");
    let blocks = DOCUMENT.split(opening.as_str()).skip(1);
    blocks
        .filter_map(|rest| Some(rest.split_once("```\n")?.0))
        .collect()
}

#[test]
fn the_document_shows_refusals_that_are_made() {
    let made = include_str!("refusals.txt");
    let blocks = blocks("refusal");
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        assert!(made.contains(block), "{block}");
    }
}

#[test]
fn the_document_tells_the_end_of_the_counterexample() {
    let blocks = blocks("story");
    assert_eq!(blocks.len(), 1);
    assert!(
        include_str!("free_progression.txt").contains(blocks[0]),
        "{}",
        blocks[0]
    );
}

#[test]
fn the_document_names_every_finding_of_the_shipped_plan_and_what_false_names_bring() {
    let plan = compile(AUTO_POOL).unwrap();
    let found = search(&plan, Bounds::default()).unwrap().finding(plan.asset());
    assert_eq!(blocks("sybil"), [format!("{}\n", found.text)]);
    for finding in plan.findings() {
        assert!(
            DOCUMENT.contains(&format!("`{}`", finding.code)),
            "{}",
            finding.code
        );
    }
}
