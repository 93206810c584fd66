//! What the contract's calls cost, beside the usual batch senders and beside the floors that arithmetic gives, in one run of forge
//! (`contracts/bench`), in which every call is a transaction of its own.
//!
//! That the figures are those of receipts is shown in each run: one of the transactions is repeated on a node. Not responsible for
//! bounds, which the contract's own tests hold.

mod forge;
mod replay;

use anyhow::{Context, ensure};
use devstack::Checkout;

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

/// What a call costs; of one recipient; for batches of the contract also what the guarantee costs, and how far it is from its floor. For every
/// call of the contract what it would cost by the compiler's old pipeline.
fn print(figure: &Figure, report: &Report, old: &Report, receipt: u64) -> anyhow::Result<()> {
    let checked = if figure.name == "gas.replay.cost" {
        format!("the receipt of a node for the same transaction on the same state says {receipt}, too")
    } else {
        figure.checked.clone()
    };
    let value = exact(figure.value)?;
    let mut measured =
        Measurement::new(&figure.name, value, "gas", checked).beside(figure.baseline.map(exact).transpose()?);
    let by_old = old.figure(&figure.name)?.value;
    if by_old != figure.value {
        measured = measured.with("old_pipeline", by_old);
    }
    let each = |gas: f64| (gas / f64::from(figure.recipients) * 10.0).round() / 10.0;
    if figure.recipients != 0 {
        measured = measured
            .with("recipients", figure.recipients)
            .with("per_recipient", each(value));
    }
    let batch = figure.name.strip_suffix(CUSTODY);
    if let Some(prefix) = batch.filter(|_| figure.recipients != 0) {
        let plain = figure
            .baseline
            .context("a batch without a plain drop beside it")?;
        let floor = report.figure(&format!("{prefix}{FLOOR}"))?.value;
        measured = measured
            .with("price_of_the_guarantee", each(value - exact(plain)?))
            .with("above_its_floor", each(value - exact(floor)?));
    }
    measured.print();
    Ok(())
}

fn exact(gas: u64) -> anyhow::Result<f64> {
    Ok(f64::from(
        u32::try_from(gas).context("more gas than a transaction may have")?,
    ))
}
