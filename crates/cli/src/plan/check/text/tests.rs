//! Tests of `text`.

use super::super::tests::{AUTO_POOL, FREE, checked, searched};
use super::*;

#[test]
fn the_shipped_plan_runs_on_local_chains_only() {
    let text = |chain, law| of(&checked(AUTO_POOL, chain, law));
    assert!(text(ChainClass::Local, None).contains("\nruns     on a local chain\n"));
    let public = text(ChainClass::Public, None);
    assert!(
        public.contains("\nerror    recruitment_funded: recruitment funds 100 %"),
        "{public}"
    );
    assert!(public.contains("\nerror    jurisdiction_missing: "), "{public}");
    assert!(public.contains("\nbarred   on a public chain\n"), "{public}");
    let judged = text(ChainClass::Local, Some("EU"));
    assert!(judged.contains("\nprofile  EU of 20"), "{judged}");
    assert!(
        judged.contains("\nerror    recruitment_funded: Without money from outside 100 %"),
        "{judged}"
    );
    assert!(judged.contains("\nbarred   on a local chain\n"), "{judged}");
}

#[test]
fn what_false_names_bring_is_told_name_by_name() {
    let text = of(&searched(AUTO_POOL));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(" warning sybil_profit: One person with 10 names"),
        "{text}"
    );
    assert!(text.contains("\n  name 10 pays 60 and receives "), "{text}");
    assert!(
        words.contains("the best of a bounded search over 1136 strategies"),
        "{text}"
    );
}

/// Free places that cost so little that what stays of the first ones pays for them for a long time.
#[test]
fn a_history_that_does_not_fail_is_not_called_one_that_does() {
    let solvent = FREE.replace(r#"["20", "40", "80", "160", "320"]"#, r#"["20", "0.000001"]"#);
    let text = of(&checked(&solvent, ChainClass::Local, None));
    assert!(!text.contains("in which it fails"), "{text}");
    assert!(
        text.contains("the history up to the first unpaid place:"),
        "{text}"
    );
}

#[test]
fn findings_begin_with_the_worst_in_short_lines_and_programs_see_the_same_order() {
    let checked = checked(AUTO_POOL, ChainClass::Public, Some("EU"));
    let text = of(&checked);
    let severities = ["error", "warning", "info"];
    let heads = text.lines().filter_map(|line| {
        let word = line.split(' ').next()?;
        severities.iter().position(|severity| *severity == word)
    });
    let heads: Vec<usize> = heads.collect();
    assert!(
        heads.is_sorted() && heads.contains(&0) && heads.contains(&2),
        "{text}"
    );
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(WIDTH), "{longest:?}\n{text}");
    let codes = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with(' '));
        let codes = lines.filter_map(|line| line.split(' ').filter(|word| !word.is_empty()).nth(1));
        let codes = codes.filter_map(|word| word.strip_suffix(':'));
        codes.map(str::to_owned).collect::<Vec<_>>()
    };
    let object = super::super::json::of(&checked);
    let found = object["findings"].as_array().unwrap();
    let listed: Vec<&str> = found
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    assert!(codes(&text).ends_with(&listed.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()));
}

#[test]
fn words_are_wrapped_at_the_width_and_a_long_one_stands_alone() {
    let long = "x".repeat(WIDTH);
    assert_eq!(
        wrapped("info     ", &format!("a {long} b")),
        [
            "info     a".to_owned(),
            format!("{INDENT}{long}"),
            format!("{INDENT}b")
        ]
    );
    assert_eq!(
        told("info", "code", "One. Two. Three."),
        ["info     code: One.", "         Two. Three."]
    );
}

#[test]
fn a_history_is_called_one_that_fails_only_if_it_does() {
    let text = of(&checked(FREE, ChainClass::Local, None));
    assert!(
        text.contains("\nthe smallest history in which it fails:\n"),
        "{text}"
    );
    let survives = FREE.replace("tier_prices = [\"20\", ", "tier_prices = [\"20\", \"0.001\"] # ");
    assert_ne!(survives, FREE);
    let text = of(&checked(&survives, ChainClass::Local, None));
    assert!(
        text.contains("10000 entrants stayed solvent only by chance"),
        "{text}"
    );
    assert!(
        text.contains("\nthe history up to the first unpaid place:\n") && !text.contains("fails"),
        "{text}"
    );
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let broken = AUTO_POOL
        .replace("version = 1", "version = 0")
        .replace("tree_size = 15", "tree_size = 16");
    let text = of(&checked(&broken, ChainClass::Local, None));
    assert!(text.starts_with("refused  version_is_zero: "), "{text}");
    assert!(text.contains("\nrefused  tree_size_not_full: "), "{text}");
    assert!(text.contains("\nrefused  2 errors are shown; "), "{text}");
}

#[test]
fn a_refusal_names_place_rule_figures_and_hint() {
    let text = of(&checked(FREE, ChainClass::Local, None));
    assert!(text.starts_with("refused  progression_not_funded: "), "{text}");
    assert!(text.contains("at entrant 9, 214 BNB"), "{text}");
    assert!(
        text.contains("\n  at     plan.toml:24:15  pool.progression\n"),
        "{text}"
    );
    assert!(
        text.contains("\n  hint   write progression = \"funded\""),
        "{text}"
    );
    assert!(
        text.contains("in 60, to users 20, to the company 4: balance 36"),
        "{text}"
    );
    assert!(
        text.contains("in 180, to users 186, to the company 28: short by 34"),
        "{text}"
    );
}
