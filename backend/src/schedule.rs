//! `backend schedule`: says that a day of the plan's calendar has ended, one after another and each once.
//!
//! One process at a time does. A day is sent when a final block says that it is over; whatever of the chain happened on it is in
//! the inbox by then, because the listener records both in one transaction. The calendar begins with the day before the
//! one on which the contract was deployed. After a pause the days that are missing are sent in their order.
//!
//! Not responsible for what a day does (`plan`), nor for posting it between the causes of its day and those of the next one
//! (`posting`).

pub mod config;
mod life;
pub mod scheduler;

use std::time::Duration;

use admission::NotAdmitted;
use anyhow::Context;
use plan::CompiledPlan;
use service::health::Pulse;
use service::metrics::Metrics;
use service::transport::{self, TransportError};
use service::{Env, ErrorChain};
use sqlx::PgConnection;
use store::deadline::BEGIN_WITHIN;
use store::deployment::{self, DeploymentError};
use store::lease::LeaseError;
use store::rights::Role;
use store::within;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use life::Life;
pub use scheduler::{Scheduler, Step, connect};

use crate::succession::{self, SuccessionError};

/// A process that looks for no day for this long is stuck: a look is a few rows.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Why the process ends.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The ledger, or its plan, is none that can be worked on.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The plan must not run on this chain.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// The lease is gone.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// Health and metrics cannot be served.
    #[error("cannot serve health and metrics")]
    Serve(#[source] std::io::Error),
    /// Nobody knows whether this process is the one that sends days.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
}

store::from_sqlx!(ScheduleError);

/// Runs the process until shutdown.
///
/// # Errors
/// The configuration is not valid, or the work ended with an error; the process is to be started again.
#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    service::init()?;
    service::install_tls();
    let config = Config::read(&Env::process())?;
    let stop = service::shutdown::on_signals().context("cannot install signal handlers")?;
    let metrics = service::metrics::install()?;
    run(&config, metrics, &stop).await?;
    Ok(())
}

/// Sends days until `stop` is cancelled or something fails that trying again does not help. A plan without days has nothing to
/// send: the process says so and waits to be stopped, so that whoever supervises it need not know the plan.
///
/// # Errors
/// See [`ScheduleError`]. The process must end then, and may be started again.
pub async fn run(config: &Config, metrics: Metrics, stop: &CancellationToken) -> Result<(), ScheduleError> {
    let pulse = Pulse::new(SILENCE_MAX);
    service::health::serve(config.listen, metrics, pulse.clone())
        .await
        .map_err(ScheduleError::Serve)?;
    let why_it_waits = |error: &ScheduleError| store::outage(error).map(|_| ErrorChain(error).to_string());
    let reaching = service::reach("the database", Some(&pulse), why_it_waits, || begin(config));
    let (connection, plan) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        reached = reaching => reached?,
    };
    if plan.has_days() {
        let mut life = Life::new(config, plan, pulse);
        return succession::work(&mut life, connection, stop).await;
    }
    drop(connection);
    tracing::info!("the plan has no days; there is nothing to send");
    service::announce_ready().map_err(SuccessionError::Ready)?;
    pulse.has_everything();
    let _alive = pulse.while_busy();
    stop.cancelled().await;
    Ok(())
}

/// A first connection, and the plan of the ledger.
async fn begin(config: &Config) -> Result<(PgConnection, CompiledPlan), ScheduleError> {
    let mut connection = connect(&config.database_url).await?;
    let plan = within(BEGIN_WITHIN, deployed_plan(config, &mut connection)).await?;
    Ok((connection, plan))
}

async fn deployed_plan(
    config: &Config,
    connection: &mut PgConnection,
) -> Result<CompiledPlan, ScheduleError> {
    let deployment = deployment::open(connection, Role::Scheduler, service::is_local_chain).await?;
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, deployment.chain_id)?;
    let plan = deployment.served_plan()?;
    config.place.admit(&plan, deployment.chain_id)?;
    Ok(plan)
}
