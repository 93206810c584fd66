//! Questions to a file of facts that a simulation wrote.

use std::path::Path;

use super::*;
use crate::plan::simulate;

#[derive(Debug, clap::Parser)]
struct Simulation {
    #[command(flatten)]
    arguments: simulate::Arguments,
}

#[derive(Debug, clap::Parser)]
struct Explanation {
    #[command(flatten)]
    arguments: Arguments,
}

fn plan_file() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../plans/auto-pool.toml").to_owned()
}

/// The causes of a small simulation, in a file.
fn facts(folder: &Path) -> String {
    let file = folder.join("facts").display().to_string();
    let report = folder.join("report").display().to_string();
    let line = [
        "simulate",
        &plan_file(),
        "--users",
        "40",
        "--months",
        "2",
        "--facts",
        &file,
        "--html",
        &report,
    ];
    let simulation = <Simulation as clap::Parser>::try_parse_from(line).unwrap();
    simulate::run(&simulation.arguments).unwrap();
    file
}

fn question(facts: &str, more: &[&str]) -> Arguments {
    let plan = plan_file();
    let line = ["explain", "--facts", facts, "--plan", &plan];
    let line = line.iter().chain(more);
    <Explanation as clap::Parser>::try_parse_from(line)
        .unwrap()
        .arguments
}

#[tokio::test]
async fn a_statement_of_a_month_opens_where_the_one_before_closed() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let wallet = plan::workload::wallet(plan::UserId::new(1).unwrap()).to_string();
    let mut statements = Vec::new();
    for month in ["2026-01", "2026-02"] {
        let arguments = question(&facts, &["--user", &wallet, "--period", month]);
        let plan = arguments.plan().await.unwrap();
        let mut book = Book::new(plan.compiled.clone());
        let mut replay = UserReplay::new(&plan, wallet.parse().unwrap(), &arguments.period);
        let source = &arguments.source;
        source
            .each(|happened| replay.follow(&mut book, &happened))
            .await
            .unwrap();
        let statement = replay.statement.unwrap();
        let text = print::statement_text(&plan, &book, &statement);
        assert!(
            text.contains("before   held ") && text.contains("after    held "),
            "{text}"
        );
        assert!(text.contains(" paid: "), "{text}");
        statements.push(statement);
    }
    assert_eq!(statements[0].opening, Default::default());
    assert_eq!(statements[0].closing, statements[1].opening);
    assert!(statements[1].closing.available > statements[0].closing.available);
}

#[tokio::test]
async fn every_fact_of_a_file_can_be_explained_and_none_beyond_it() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let count = std::fs::read_to_string(&facts).unwrap().lines().count();
    for seq in 1..=count {
        run(question(&facts, &["--fact", &seq.to_string(), "--json"]))
            .await
            .unwrap();
    }
    let beyond = (count + 1).to_string();
    let refused = run(question(&facts, &["--fact", &beyond])).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("there is no fact {beyond}"));
    let stranger = "0x00000000000000000000000000000000000000ff";
    let refused = run(question(&facts, &["--user", stranger])).await.unwrap_err();
    assert!(refused.to_string().contains("has not registered"), "{refused}");
}
