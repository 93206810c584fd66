//! The posting worker: numbers the causes of the inbox, applies the plan, and posts the result.
//!
//! One process at a time is the writer. Its memory is rebuilt from PostgreSQL at start. When the connection is lost, it goes on
//! as soon as there is another: with its memory, if nobody else posted meanwhile, and rebuilt otherwise. A command that cannot
//! be posted is quarantined (`quarantine`); an entry of the chain that is not proven ends the process.

mod commands;
pub mod config;
mod figures;
mod leader;
mod progress;
pub mod proof;
pub mod quarantine;
pub mod rebuild;
mod sealer;
mod snapshot;
mod suspect;
pub mod writer;

use admission::NotAdmitted;
use service::ErrorChain;
use service::metrics::Metrics;
use service::transport::{self, TransportError};
use sqlx::PgConnection;
use store::deadline::BEGIN_WITHIN;
use store::deployment::{self, DeploymentError};
use store::lease::LeaseError;
use store::posting::PostingError;
use store::rights::Role;
use store::within;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use leader::Leader;
use progress::Progress;
pub use proof::ProofError;
pub use rebuild::RebuildError;
pub use suspect::Suspect;
pub use writer::{Step, StepError, Writer};

use crate::succession::{self, SuccessionError};

/// Why the worker ends.
#[derive(Debug, Error)]
pub enum WorkError {
    /// The ledger, or its plan, is none that the worker can work on.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The plan must not run on this chain.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
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
    /// Nobody knows whether this process is the worker.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
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

store::from_sqlx!(WorkError);

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
    let (connection, plan) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        reached = reaching => reached?,
    };
    succession::work(&mut Leader::new(config, plan, progress), connection, stop).await
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
    let deployment = deployment::open(connection, Role::Poster, service::is_local_chain).await?;
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, deployment.chain_id)?;
    let plan = deployment.served_plan()?;
    config.place.admit(&plan, deployment.chain_id)?;
    Ok(plan)
}
