//! Runs the examples of `docs/plan/generation.md`.
//!
//! A block marked `generations` is one example. `mode` and `cap` come first; `upline NAME directs N paid N earned N` names
//! the line of sponsors from the nearest up; `buy N` is a purchase, and the indented lines are all that it causes above
//! the last upline, in order, skipped ones first, and last how much nobody gets.

use plan::generation::Mode;

use crate::people::{Chain, terms};

const PAGE: &str = include_str!("../../../../docs/plan/generation.md");

#[test]
fn the_examples_of_the_page_are_what_happens() {
    let blocks: Vec<&str> = PAGE.split("```generations\n").skip(1).collect();
    assert!(blocks.len() >= 3, "{} examples", blocks.len());
    for block in blocks {
        let (block, _) = block.split_once("```").unwrap();
        run(block);
    }
}

fn run(block: &str) {
    let mut mode = Mode::Physical;
    let mut cap = 3;
    let mut uplines: Vec<(&str, u32, u128, u128)> = Vec::new();
    let mut chain: Option<Chain> = None;
    let mut found: Vec<String> = Vec::new();
    for line in block.lines() {
        if let Some(expected) = line.strip_prefix("    ") {
            assert!(!found.is_empty(), "nothing more happens, but: {expected}");
            assert_eq!(found.remove(0), expected);
            continue;
        }
        assert!(found.is_empty(), "not in the page: {found:?}");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["mode", name] => {
                mode = match *name {
                    "physical" => Mode::Physical,
                    "compressed" => Mode::Compressed,
                    "active_only" => Mode::ActiveOnly,
                    other => panic!("{other}"),
                }
            }
            ["cap", multiple] => cap = multiple.parse().unwrap(),
            ["upline", name, "directs", directs, "paid", paid, "earned", earned] => uplines.push((
                name,
                directs.parse().unwrap(),
                paid.parse().unwrap(),
                earned.parse().unwrap(),
            )),
            ["buy", amount] => {
                let chain = chain.get_or_insert_with(|| Chain::new(&uplines, cap));
                let amount = amount.parse().unwrap();
                found = chain.skipped(&terms(mode), amount);
                let shares = chain.buy(&terms(mode), amount);
                let (above, reached): (Vec<_>, Vec<_>) =
                    shares.iter().partition(|share| share.upline.is_none());
                found.extend(reached.iter().map(|share| chain.text(share)));
                let nobody: u128 = above.iter().map(|share| share.amount.base_units()).sum();
                found.push(format!("nobody: {nobody}"));
            }
            _ => panic!("not understood: {line}"),
        }
    }
    assert!(found.is_empty(), "not in the page: {found:?}");
}
