//! What the contract's calls cost, beside the usual batch senders and beside the floors that arithmetic gives, in one run of forge
//! (`contracts/bench`), in which every call is a transaction of its own.
//!
//! That the figures are those of receipts is shown in each run: one of the transactions is repeated on a node. Not responsible for
//! bounds, which the contract's own tests hold.

mod forge;
mod replay;

use anyhow::{Context, ensure};
use devstack::Checkout;
use serde_json::{Map, Value, json};

use crate::measurement::Measurement;
use forge::{Figure, Report};

/// The closing words of the names that are compared with the plain drop.
const CUSTODY: &str = "custody";
/// The closing words of the names of what nobody can undercut who keeps users from being paid twice and says what was paid.
const FLOOR: &str = "floor_guarantee";

pub(crate) async fn run() -> anyhow::Result<()> {
    let checkout = Checkout::find()?;
    let report = forge::run(&checkout)?;
    let receipt = replay::gas_used(&checkout, &report).await?;
    let cost = report.figure("gas.replay.cost")?;
    ensure!(
        receipt == cost.value,
        "forge says {} gas, the receipt of the same transaction {receipt}",
        cost.value
    );
    let old = forge::run_old_pipeline(&checkout)?;
    for figure in &report.figures {
        print(figure, &report, &old, receipt)?;
    }
    Ok(())
}

fn print(figure: &Figure, report: &Report, old: &Report, receipt: u64) -> anyhow::Result<()> {
    let checked = if figure.name == "gas.replay.cost" {
        format!("the receipt of a node for the same transaction on the same state says {receipt}, too")
    } else {
        figure.checked.clone()
    };
    Measurement {
        name: &figure.name,
        value: exact(figure.value)?,
        unit: "gas",
        baseline: figure.baseline.map(exact).transpose()?,
        checked,
    }
    .print_with(details(figure, report, old)?);
    Ok(())
}

/// What one recipient costs; for batches of the contract also what the guarantee costs, and how far it is from its floor. For every
/// call of the contract what it would cost by the compiler's old pipeline.
fn details(figure: &Figure, report: &Report, old: &Report) -> anyhow::Result<Map<String, Value>> {
    let mut details = Map::new();
    let by_old = old.figure(&figure.name)?.value;
    if by_old != figure.value {
        details.insert("old_pipeline".to_owned(), json!(by_old));
    }
    if figure.recipients == 0 {
        return Ok(details);
    }
    let each = |gas: f64| (gas / f64::from(figure.recipients) * 10.0).round() / 10.0;
    let value = exact(figure.value)?;
    details.insert("recipients".to_owned(), json!(figure.recipients));
    details.insert("per_recipient".to_owned(), json!(each(value)));
    let Some(prefix) = figure.name.strip_suffix(CUSTODY) else {
        return Ok(details);
    };
    let plain = exact(
        figure
            .baseline
            .context("a batch without a plain drop beside it")?,
    )?;
    let floor = exact(report.figure(&format!("{prefix}{FLOOR}"))?.value)?;
    details.insert("price_of_the_guarantee".to_owned(), json!(each(value - plain)));
    details.insert("above_its_floor".to_owned(), json!(each(value - floor)));
    Ok(details)
}

fn exact(gas: u64) -> anyhow::Result<f64> {
    Ok(f64::from(
        u32::try_from(gas).context("more gas than a transaction may have")?,
    ))
}
