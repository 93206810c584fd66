//! The posting worker: numbers the causes of the inbox, applies the plan, and posts the result.
//!
//! One process at a time is the writer. Its memory is rebuilt from PostgreSQL at start. When the connection is lost, it goes on
//! as soon as there is another: with its memory, if nobody else posted meanwhile, and rebuilt otherwise. A command that cannot
//! be posted is quarantined (`quarantine`); an entry of the chain that is not proven ends the process.

pub mod config;
mod figures;
mod leader;
mod progress;
pub mod proof;
pub mod quarantine;
pub mod rebuild;
mod snapshot;
pub mod writer;

use abi::development::is_local_chain;
use admission::NotAdmitted;
use service::ErrorChain;
use service::metrics::Metrics;
use service::transport::{self, TransportError};
use sqlx::PgConnection;
use store::deadline::BEGIN_WITHIN;
use store::lease::LeaseError;
use store::posting::PostingError;
use store::rights::{self, Enforcement, RightsError, Role};
use store::{Backoff, deployment, within};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use leader::Leader;
use progress::Progress;
pub use proof::ProofError;
pub use quarantine::Suspect;
pub use rebuild::RebuildError;
pub use writer::{Step, StepError, Writer};

use crate::reconnect::reconnect;

/// Why the worker ends.
#[derive(Debug, Error)]
pub enum WorkError {
    /// The database is not bound to a contract and a plan.
    #[error("the database has no deployment")]
    NotDeployed,
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The stored plan no longer compiles.
    #[error("the deployment's plan does not compile")]
    Plan(#[source] Box<plan::CompileError>),
    /// The stored plan compiles to something else than was deployed.
    #[error("the hash of the deployment's plan differs from the deployed one")]
    PlanHash,
    /// The engine can apply the plan's facts, but API and reconciler cannot show and judge what they do.
    #[error("the worker cannot run this plan")]
    NotServed(#[source] plan::GateError),
    /// The plan must not run on this chain.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// The role may do more than the worker.
    #[error("the posting worker must not run with these database rights")]
    Rights(#[from] RightsError),
    /// What is posted is not what this program would post.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The lease is gone.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// Health and metrics cannot be served.
    #[error("cannot serve health and metrics")]
    Serve(#[source] std::io::Error),
    /// The file that says that the process is ready cannot be written.
    #[error("cannot write the ready file")]
    Ready(#[source] std::io::Error),
}

impl WorkError {
    /// Whether another process has the lease: this one may stand by, and memory is compared when it leads again.
    const fn is_lost_lease(&self) -> bool {
        let (Self::Lease(lease)
        | Self::Step(StepError::Lease(lease) | StepError::Posting(PostingError::Lease(lease)))
        | Self::Rebuild(RebuildError::Lease(lease))) = self
        else {
            return false;
        };
        matches!(lease, LeaseError::Lost { .. })
    }
}

impl From<sqlx::Error> for WorkError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Works until `stop` is cancelled or something fails that trying again does not help.
///
/// # Errors
/// See [`WorkError`]. The process must end then, and may be started again.
pub async fn run(config: &Config, metrics: Metrics, stop: &CancellationToken) -> Result<(), WorkError> {
    let progress = Progress::default();
    let pulse = progress.pulse();
    service::health::serve(config.listen, metrics, pulse.clone())
        .await
        .map_err(WorkError::Serve)?;
    let why_it_waits = |error: &WorkError| store::outage(error).map(|_| ErrorChain(error).to_string());
    let reaching = service::reach("the database", Some(&pulse), why_it_waits, || begin(config));
    let (mut connection, plan) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        reached = reaching => reached?,
    };
    let mut leader = Leader::new(config, plan, progress);
    let mut backoff = Backoff::DATABASE;
    while let Err(error) = leader.work(connection, stop).await {
        if leader.has_moved() {
            backoff.reset();
        }
        let waits = |error, wait| leader.waits_for_the_database(error, wait);
        let connecting = || writer::connect(&config.database_url);
        match reconnect(error, &mut backoff, stop, waits, connecting).await? {
            Some(again) => connection = again,
            None => break,
        }
    }
    Ok(())
}

/// A first connection, and the plan of the ledger.
async fn begin(config: &Config) -> Result<(PgConnection, plan::CompiledPlan), WorkError> {
    let mut connection = writer::connect(&config.database_url).await?;
    let plan = within(BEGIN_WITHIN, deployed_plan(config, &mut connection)).await?;
    Ok((connection, plan))
}

async fn deployed_plan(
    config: &Config,
    connection: &mut PgConnection,
) -> Result<plan::CompiledPlan, WorkError> {
    let deployment = deployment::find(connection)
        .await?
        .ok_or(WorkError::NotDeployed)?;
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, deployment.chain_id)?;
    let plan = plan::compile(&deployment.plan_text).map_err(|error| WorkError::Plan(Box::new(error)))?;
    if plan.hash() != deployment.plan_hash {
        return Err(WorkError::PlanHash);
    }
    plan.served().map_err(WorkError::NotServed)?;
    config.place.admit(&plan, deployment.chain_id)?;
    let enforcement = Enforcement::on_chain(is_local_chain(deployment.chain_id));
    rights::check(connection, Role::Poster, enforcement).await?;
    Ok(plan)
}
