//! The whole system at work on a throwaway chain: people join, are paid and leave, processes are killed, blocks
//! replaced; and in the end everything is recomputed from the chain's own logs.
//!
//! `story` has the scenes of pools in their order, `subscriptions` those of subscriptions, `bookings` those of bookings and pairs; `stage` and `staff` what they are made of, `oracle` the recomputation (the
//! end-to-end tests use it, too), `copy` the planted discrepancy, `report` what is printed. Not responsible for starting
//! processes: that is `devstack`.

mod bookings;
mod copy;
pub mod oracle;
mod report;
mod staff;
mod stage;
mod story;
mod subscriptions;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use devstack::Checkout;
use plan::IntakeKind;

pub use oracle::Oracle;
pub use report::Report;

use stage::Stage;

/// Plays the whole story of a plan, by default the auto-pool, on a throwaway system and says what came of it.
///
/// # Errors
/// A scene that does not go as it should, or a plan that has no story. Discrepancies are no error: they are in the report.
pub async fn run(checkout: &Checkout, plan: Option<&Path>) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut report = Report::default();
    let mut stage = Stage::set(checkout, plan)
        .await
        .context("cannot start the system")?;
    match stage.plan().await?.intake_kind() {
        IntakeKind::AutoPool => story::play(&mut stage, &mut report).await?,
        IntakeKind::Subscription { .. } => subscriptions::play(&mut stage, &mut report).await?,
        IntakeKind::Booking { .. } => bookings::play(&mut stage, &mut report).await?,
        IntakeKind::Order | IntakeKind::Joining { .. } => {
            bail!("there is no demonstration of this plan yet")
        }
    }
    report.findings = stage.findings().await.context("the reconciler")?;
    let (oracle, differences) = Oracle::compare(&stage.site, &stage.ledger).await?;
    report.facts = oracle.facts;
    report.inflow = stage.inflow().await?;
    report.rewards = stage.rewards().await?;
    report.accounts = oracle.balances;
    report.differences = differences;
    report.planted = copy::plant(stage).await.context("a planted discrepancy")?;
    report.took = begun.elapsed();
    Ok(report)
}
