//! `reconciler once`: one full run, printed; nothing is stored or reported.

use std::process::ExitCode;

use audit::checks::Verdict;
use serde_json::{Value, json};
use service::outln;

use crate::config::Config;
use crate::run::Reconciler;
use crate::run_report::RunReport;
use crate::watch::{checks, is_gap, summary};

/// Something was found.
const FOUND: u8 = 2;
/// Nothing was found, but a check could not run.
const SKIPPED: u8 = 3;

/// Looks once and prints what it saw. The status is 0 when every configured check passed, 2 when something was found, and
/// 3 when a check could not run.
pub async fn once(config: &Config, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut reconciler = Reconciler::new(config).await?;
    let Some(looked) = reconciler.run(true).await? else {
        outln!("nothing has been posted yet");
        return Ok(ExitCode::from(SKIPPED));
    };
    if as_json {
        outln!("{:#}", report(&looked));
    } else {
        print(&looked);
    }
    let could_not_run = looked.report.verdicts.iter().any(|(_, verdict)| is_gap(verdict));
    Ok(if looked.report.findings().next().is_some() {
        ExitCode::from(FOUND)
    } else if could_not_run {
        ExitCode::from(SKIPPED)
    } else {
        ExitCode::SUCCESS
    })
}

fn report(looked: &RunReport) -> Value {
    let findings = looked.report.findings().map(|finding| {
        json!({
            "check": finding.check.id(),
            "severity": finding.severity.name(),
            "subject": finding.subject,
            "expected": finding.expected,
            "actual": finding.actual,
            "cause": finding.cause.name(),
            "detail": finding.detail,
        })
    });
    let findings: Vec<Value> = findings.collect();
    json!({ "run": summary(looked), "checks": checks(looked), "findings": findings })
}

fn print(looked: &RunReport) {
    let position = &looked.position;
    outln!(
        "block {} {}, fact {}",
        position.block_number,
        position.block_hash,
        position.fact_seq
    );
    for (check, verdict) in &looked.report.verdicts {
        match verdict {
            Verdict::Passed => outln!("{:>4} passed: {}", check.id(), check.meaning()),
            Verdict::Skipped(skip) => outln!("{:>4} skipped: {skip}", check.id()),
            Verdict::Failed { findings, omitted } => {
                outln!("{:>4} failed: {} findings", check.id(), findings.len() + omitted);
                for finding in findings {
                    outln!(
                        "     {} {}: expected {}, is {} ({}: {})",
                        finding.severity.name(),
                        finding.subject,
                        finding.expected,
                        finding.actual,
                        finding.cause.name(),
                        finding.detail
                    );
                }
            }
        }
    }
}
