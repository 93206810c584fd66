//! Runs the benchmarks of `contracts/bench` and reads their figures from the logs. A test that fails gives no figure at all.

use std::process::Command;

use anyhow::{Context, bail, ensure};
use devstack::{Checkout, Tools};
use serde_json::Value;

/// What a call cost, reported only after what it did was found right.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) name: String,
    /// Gas of the whole transaction.
    pub(super) value: u64,
    pub(super) recipients: u32,
    /// Gas of what it is compared with.
    pub(super) baseline: Option<u64>,
    pub(super) checked: String,
}

/// All figures, and the words that go with the transaction to repeat.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) figures: Vec<Figure>,
    words: Vec<(String, String)>,
}

impl Report {
    pub(super) fn figure(&self, name: &str) -> anyhow::Result<&Figure> {
        let found = self.figures.iter().find(|figure| figure.name == name);
        found.with_context(|| format!("the run did not report {name}"))
    }

    pub(super) fn word(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.words.iter().find(|(key, _)| key == name);
        Ok(&found.with_context(|| format!("the run did not report {name}"))?.1)
    }
}

/// Compiles and runs them all, with what is deployed.
pub(super) fn run(checkout: &Checkout) -> anyhow::Result<Report> {
    measured(checkout, None)
}

/// The same with the contract as the compiler's old pipeline has it, whose code is too large to be deployed.
pub(super) fn run_old_pipeline(checkout: &Checkout) -> anyhow::Result<Report> {
    let built = Command::new(Tools::of(checkout).forge()?)
        .args(["build", "--quiet", "src"])
        .env("FOUNDRY_PROFILE", "old-pipeline")
        .current_dir(checkout.path("contracts"))
        .status()
        .context("cannot run forge")?;
    ensure!(built.success(), "forge ended with {built}");
    measured(checkout, Some("out/old-pipeline/Custody.sol/Custody.json"))
}

fn measured(checkout: &Checkout, artifact: Option<&str>) -> anyhow::Result<Report> {
    let output = Command::new(Tools::of(checkout).forge()?)
        .args(["test", "--json", "-vv"])
        .env("FOUNDRY_PROFILE", "bench")
        .envs(artifact.map(|path| ("MEASURED_ARTIFACT", path)))
        .current_dir(checkout.path("contracts"))
        .output()
        .context("cannot run forge")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let suites: Value = serde_json::from_str(said.trim()).with_context(|| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("forge gave no results: {said} {complaint}")
    })?;
    let report = read(&suites)?;
    ensure!(output.status.success(), "forge ended with {}", output.status);
    Ok(report)
}

fn read(suites: &Value) -> anyhow::Result<Report> {
    let mut report = Report {
        figures: Vec::new(),
        words: Vec::new(),
    };
    let suites = suites.as_object().context("results are not by suite")?;
    for (suite, results) in suites {
        let tests = results["test_results"].as_object();
        for (test, result) in tests.with_context(|| format!("{suite} has no tests"))? {
            if result["status"] != "Success" {
                bail!("{suite} {test}: {}", result["reason"]);
            }
            for line in result["decoded_logs"].as_array().into_iter().flatten() {
                let line = line.as_str().context("a log is no line")?;
                let (name, text) = line.split_once(": ").context("a log without a name")?;
                if text.starts_with('{') {
                    report.figures.push(figure(name, text)?);
                } else {
                    report.words.push((name.to_owned(), text.to_owned()));
                }
            }
        }
    }
    ensure!(!report.figures.is_empty(), "the run reported no figure");
    Ok(report)
}

fn figure(name: &str, text: &str) -> anyhow::Result<Figure> {
    let fields: Value = serde_json::from_str(text).with_context(|| format!("{name} reports {text}"))?;
    let number = |key: &str| {
        let number = fields[key].as_u64();
        number.with_context(|| format!("{name} reports no {key}"))
    };
    Ok(Figure {
        name: name.to_owned(),
        value: number("value")?,
        recipients: number("recipients")?.try_into()?,
        baseline: Some(number("baseline")?).filter(|gas| *gas != 0),
        checked: fields["checked"].as_str().unwrap_or_default().to_owned(),
    })
}
