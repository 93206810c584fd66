//! Tests of `simulate`.

use super::*;

fn arguments(more: &[&str]) -> Arguments {
    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }
    let line = ["simulate", "plan.toml", "--users", "100"].iter().chain(more);
    <Line as clap::Parser>::try_parse_from(line).unwrap().arguments
}

#[test]
fn the_command_line_says_every_parameter() {
    let plan = plan::compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let growth = |more: &[&str]| arguments(more).parameters(&plan).unwrap().growth;
    assert_eq!(growth(&[]), Growth::Constant);
    assert_eq!(
        growth(&["--growth", "logistic"]),
        Growth::Logistic { rate_bps: 5_000 }
    );
    assert_eq!(
        growth(&["--growth", "decline", "--rate", "7"]),
        Growth::Decline { rate_bps: 7 }
    );
    assert_eq!(
        growth(&["--growth", "stop", "--months", "9"]),
        Growth::Stop { after_months: 5 }
    );
    let parameters = arguments(&["--sponsors", "preferential", "--refund", "0"])
        .parameters(&plan)
        .unwrap();
    assert_eq!(parameters.sponsors, SponsorChoice::Preferential);
    assert_eq!(parameters.behaviour.refund_bps, 0);
    assert_eq!(parameters.check(), Ok(()));
}

#[test]
fn the_text_begins_with_what_is_assumed_and_counts_everybody() {
    let plan = plan::compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let report = simulate(&plan, &arguments(&[]).parameters(&plan).unwrap(), None).unwrap();
    let text = as_text(&report);
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("{part} is missing in {text}"))
    };
    assert!(at("assumed    100 people join within 24 months") < at("received   nothing: "));
    at(" of 100 (");
    at("account    revenue: never held anything");
}

#[test]
fn every_shipped_plan_is_simulated_and_its_facts_are_causes() {
    for file in std::fs::read_dir("../../plans").unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let (_, plan) = compiled(&file).unwrap();
        let more = ["--outside-revenue", "7.5", "--withdrawals", "at-once"];
        let parameters = arguments(&more).parameters(&plan).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("facts");
        let report = simulate(&plan, &parameters, Some(&out)).unwrap();
        let text = std::fs::read_to_string(out).unwrap();
        assert_eq!(text.lines().count() as u64, report.facts, "{}", file.display());
        assert!(text.lines().all(|line| store::cause_json::read(line).is_ok()));
        for (_, name) in plan.funds() {
            assert!(as_text(&report).contains(&format!("fund       {name}: paid ")));
        }
    }
}

#[test]
fn written_facts_are_causes_that_the_inbox_reads() {
    let plan = plan::compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts");
    let report = simulate(&plan, &arguments(&[]).parameters(&plan).unwrap(), Some(&file)).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let causes: Result<Vec<_>, _> = text.lines().map(store::cause_json::read).collect();
    assert_eq!(causes.unwrap().len() as u64, report.facts);
}
