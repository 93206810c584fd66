//! `trellis plan check FILE`: compiles a plan and says what the compiler finds, and where the plan may run.
//!
//! The exit status is a failure if the plan does not compile, or must not run on the kind of chain asked for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use plan::{ChainClass, CompileError, CompiledPlan, Tier};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile a plan file and report its findings
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The plan file
    file: PathBuf,
    /// The kind of chain on which it is to run
    #[arg(long, value_enum, default_value_t = Chain::Local)]
    chain: Chain,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chain {
    /// A development chain of one machine
    Local,
    /// Any other
    Public,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(check) => run_check(&check),
    }
}

fn run_check(check: &Check) -> anyhow::Result<ExitCode> {
    let text = read(&check.file)?;
    let compiled = plan::compile(&text);
    if check.json {
        println!("{}", as_json(check.chain, &compiled));
    } else {
        print!("{}", as_text(check.chain, &compiled));
    }
    let runs = compiled.is_ok_and(|plan| plan.gate(class(check.chain)).is_ok());
    Ok(if runs {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Reads the file, but not one that could not be a plan anyway.
fn read(file: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    let size_max = u64::try_from(plan::compile::TEXT_BYTES_MAX).unwrap_or(u64::MAX);
    anyhow::ensure!(
        size <= size_max,
        "{} has {size} bytes; a plan file has at most {size_max}",
        file.display()
    );
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn class(chain: Chain) -> ChainClass {
    match chain {
        Chain::Local => ChainClass::Local,
        Chain::Public => ChainClass::Public,
    }
}

fn tiers(plan: &CompiledPlan) -> impl Iterator<Item = String> + '_ {
    let prices = (1..=plan.tiers()).filter_map(|tier| plan.price(Tier::new(tier)?));
    prices.map(|price| plan.asset().display_amount(price))
}

fn as_text(chain: Chain, compiled: &Result<CompiledPlan, CompileError>) -> String {
    let plan = match compiled {
        Ok(plan) => plan,
        Err(error) => return format!("refused  {}: {}\n", error.code(), chain_of_causes(error)),
    };
    let asset = plan.asset();
    let mut lines = vec![
        format!("plan     {} version {}", plan.name(), plan.version()),
        format!("hash     {}", plan.hash()),
        format!(
            "prices   registration {}, retopup {}, tiers {} {asset}",
            asset.display_amount(plan.registration_price()),
            asset.display_amount(plan.retopup_price()),
            tiers(plan).collect::<Vec<_>>().join(", "),
        ),
    ];
    for finding in plan.findings() {
        let severity = finding.severity.name();
        lines.push(format!("{severity:<8} {}: {}", finding.code, finding.text));
    }
    let name = match chain {
        Chain::Local => "local",
        Chain::Public => "public",
    };
    lines.push(match plan.gate(class(chain)) {
        Ok(()) => format!("runs     on a {name} chain"),
        Err(error) => format!("error    {}: {error}", error.code()),
    });
    lines.join("\n") + "\n"
}

fn as_json(chain: Chain, compiled: &Result<CompiledPlan, CompileError>) -> Value {
    let refusal = |code: &str, text: String| json!({ "code": code, "text": text });
    let plan = match compiled {
        Ok(plan) => plan,
        Err(error) => return json!({ "refused": refusal(error.code(), chain_of_causes(error)) }),
    };
    let gate = plan.gate(class(chain)).err();
    let findings: Vec<Value> = plan
        .findings()
        .iter()
        .map(|finding| {
            let figures = finding
                .figures
                .iter()
                .map(|(name, figure)| ((*name).to_owned(), json!(figure.to_string())));
            json!({
                "code": finding.code,
                "severity": finding.severity.name(),
                "text": finding.text,
                "figures": Value::Object(figures.collect()),
            })
        })
        .collect();
    json!({
        "name": plan.name(),
        "version": plan.version(),
        "hash": plan.hash().to_string(),
        "asset": plan.asset().code(),
        "registration_price": plan.registration_price().to_string(),
        "retopup_price": plan.retopup_price().to_string(),
        "findings": findings,
        "gate": gate.map(|error| refusal(error.code(), error.to_string())),
    })
}

/// An error and what is behind it, in one line.
fn chain_of_causes(error: &CompileError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let texts: Vec<String> = causes
        .map(|error| error.to_string().trim_end().to_owned())
        .collect();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_plan_runs_on_local_chains_only() {
        let compiled = plan::compile(include_str!("../../../plans/auto-pool.toml"));
        assert!(as_text(Chain::Local, &compiled).ends_with("runs     on a local chain\n"));
        assert!(as_text(Chain::Public, &compiled).contains("error    recruitment_funded: 10000 of 10,000"));
        assert_eq!(
            as_json(Chain::Public, &compiled)["gate"]["code"],
            "recruitment_funded"
        );
        assert_eq!(as_json(Chain::Local, &compiled)["gate"], Value::Null);
    }

    #[test]
    fn a_refusal_names_the_rule_and_its_figures() {
        let compiled = plan::compile(include_str!("../../../plans/rejected/free-progression.toml"));
        let text = as_text(Chain::Local, &compiled);
        assert!(text.starts_with("refused  progression_not_funded: "), "{text}");
        assert!(text.contains("at entrant 9, 214 BNB"), "{text}");
        assert_eq!(
            as_json(Chain::Local, &compiled)["refused"]["code"],
            "progression_not_funded"
        );
    }
}
