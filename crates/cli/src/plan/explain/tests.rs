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
        let plan = arguments.versions().await.unwrap();
        let mut book = plan.book();
        let mut replay = UserReplay::new(&book, wallet.parse().unwrap(), &arguments.period);
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

/// Facts of which the third changes the plan, and the file of that version.
fn changed(folder: &Path) -> (String, String) {
    let text = std::fs::read_to_string(plan_file()).unwrap();
    let second = text
        .replace("version = 1", "version = 2")
        .replace("direct_share = \"18\"", "direct_share = \"17\"");
    let file = folder.join("second.toml").display().to_string();
    std::fs::write(&file, &second).unwrap();
    let plan_hash = plan::compile(&second).unwrap().hash();
    let change = Cause::Reported(plan::Report::PlanChanged { plan_hash });
    let change = store::cause_json::write(&change).text;
    let facts = facts(folder);
    let mut lines: Vec<String> = std::fs::read_to_string(&facts)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.insert(2, change);
    std::fs::write(&facts, lines.join("\n")).unwrap();
    (facts, file)
}

#[tokio::test]
async fn values_are_those_of_the_version_that_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (facts, second) = changed(folder.path());
    let arguments = question(&facts, &["--plan", &second, "--fact", "1"]);
    let versions = arguments.versions().await.unwrap();
    let mut book = versions.book();
    let mut out = Outcome::explained();
    let mut found = std::collections::BTreeSet::new();
    let mut matured = [0; 2];
    arguments
        .source
        .each(|happened| {
            let before = book.clone();
            book.apply(&happened.cause, &mut out);
            let lines = explain(before.plans(), before.state(), &out);
            let json = print::fact_json(&versions, &book, &happened, &lines);
            for line in json["lines"].as_array().unwrap() {
                if line["rule"] == "direct" {
                    found.insert((
                        happened.seq > 3,
                        line["value"].to_string(),
                        line["plan_version"].to_string(),
                    ));
                }
            }
            let text = print::fact_text(&versions, &book, &happened, &lines);
            let of = |version: &str| text.contains(&format!("direct_share = {version}"));
            matured[0] += usize::from(happened.seq > 3 && of("\"18\" (version 1)"));
            matured[1] += usize::from(text.contains("of it") && of("\"17\" (version 2)"));
            Ok(true)
        })
        .await
        .unwrap();
    let [first, then] =
        [("18", "1"), ("17", "2")].map(|(value, version)| (format!("\"\\\"{value}\\\"\""), version));
    let expected = [(false, first), (true, then)]
        .map(|(is_later, (value, version))| (is_later, value, version.to_owned()));
    assert_eq!(found, expected.into());
    // What was divided before the change matures after it, and what came later as well.
    assert!(matured[0] > 0 && matured[1] > 0, "{matured:?}");
}

/// More people than one fact may mature.
const PEOPLE: u32 = 10_040;

/// A file in which they register, each with the one before as sponsor, and mature together, with the parts that follow it.
fn one_large_maturity(folder: &Path, parts: u32) -> String {
    let plan = plan::compile(&std::fs::read_to_string(plan_file()).unwrap()).unwrap();
    let amount = plan.registration_price();
    let day = plan::Day::new(20);
    let registered = (1..=PEOPLE).map(|user| plan::Fact::Registered {
        user: plan::UserId::new(user).unwrap(),
        sponsor: plan::UserId::new(user - 1),
        deposit: plan::DepositId::new(user).unwrap(),
        amount,
        day,
    });
    let matured = plan::Fact::EscrowMatured {
        through: day,
        amount: money::Amount::new(amount.base_units() * u128::from(PEOPLE)),
    };
    let facts = registered.chain([matured]);
    let causes = facts.map(|fact| plan::workload::cause(&plan, &fact).unwrap());
    let causes = causes.chain((2..=parts).map(|part| Cause::Continued { part }));
    let lines: Vec<String> = causes
        .map(|cause| store::cause_json::write(&cause).text)
        .collect();
    let file = folder.join("facts").display().to_string();
    std::fs::write(&file, lines.join("\n")).unwrap();
    file
}

/// What is said of a fact, without the places of its legs.
async fn said_of(arguments: &Arguments, versions: &Versions, seq: u64) -> Vec<Line> {
    let (_, _, mut lines) = told(arguments, versions, seq).await.unwrap().unwrap();
    lines.iter_mut().for_each(|line| line.leg = None);
    lines
}

#[tokio::test]
async fn a_part_is_explained_by_what_the_fact_decided_that_it_continues() {
    let folder = tempfile::tempdir().unwrap();
    let seq = u64::from(PEOPLE) + 1;
    let facts = one_large_maturity(folder.path(), 3);
    let arguments = question(&facts, &["--fact", "1"]);
    let mut versions = arguments.versions().await.unwrap();
    let mut whole = said_of(&arguments, &versions, seq).await;
    let behind = said_of(&arguments, &versions, seq + 1).await;
    assert!(behind.is_empty(), "a file has whole facts");

    versions.are_cut = true;
    let mut parts = Vec::new();
    for part in seq..seq + 3 {
        let said = said_of(&arguments, &versions, part).await;
        // The first part is full of what needs no words: that deposits matured.
        assert_eq!(said.is_empty(), part == seq, "{part}");
        parts.extend(said);
    }
    for lines in [&mut whole, &mut parts] {
        lines.sort_by_key(|line| format!("{line:?}"));
    }
    assert_eq!(whole.len(), parts.len());
    assert!(whole == parts);
}
