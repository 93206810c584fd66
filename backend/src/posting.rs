//! The posting worker: numbers the causes of the inbox, asks the plan what they do, and posts it.
//!
//! One process at a time is the writer. Its memory is rebuilt from PostgreSQL at start; whenever a commit fails
//! or the lease is lost the process ends, because its memory may then be ahead of the database.

pub mod config;
mod figures;
mod progress;
pub mod proof;
pub mod rebuild;
pub mod writer;

use std::time::{Duration, Instant};

use abi::development::is_local_chain;
use service::metrics::Metrics;
use service::transport::{self, TransportError};
use sqlx::postgres::PgListener;
use sqlx::{Connection, PgConnection};
use store::lease::{self, Lease, LeaseName};
use store::rights::{self, Enforcement, RightsError, Role};
use store::{deployment, inbox};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use config::Config;
use progress::Progress;
pub use proof::ProofError;
pub use rebuild::RebuildError;
pub use writer::{Step, StepError, Writer};

/// How long an idle writer waits at most: causes are announced at once, this is for announcements that got
/// lost with a connection, and for renewing the lease.
const IDLE_WAIT: Duration = Duration::from_millis(250);

/// How long a process that stands by waits between two attempts to become the writer.
const STANDBY_WAIT: Duration = Duration::from_millis(100);

/// Why the worker ends.
#[derive(Debug, Error)]
pub enum WorkError {
    /// The database is not bound to a contract and a plan.
    #[error("the database has no deployment")]
    NotDeployed,
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The stored plan does not compile any more.
    #[error("the deployment's plan does not compile")]
    Plan(#[source] Box<plan::CompileError>),
    /// The stored plan compiles to something else than was deployed.
    #[error("the deployment's plan has another hash than was deployed")]
    PlanHash,
    /// The engine can apply the plan's facts, but API and reconciler cannot show and judge what they do.
    #[error("the worker cannot serve the plan")]
    NotServed(#[source] plan::GateError),
    /// The role may do more than the worker.
    #[error("the posting worker does not run with these rights")]
    Rights(#[from] RightsError),
    /// What is posted is not what this program would post.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// Health and metrics cannot be served.
    #[error("cannot serve health and metrics")]
    Serve(#[source] std::io::Error),
    /// The file that says that the process is ready cannot be written.
    #[error("cannot say that the worker is ready")]
    Ready(#[source] std::io::Error),
}

impl From<sqlx::Error> for WorkError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Works until `stop` says so or something fails.
///
/// # Errors
/// See [`WorkError`]. The process must end then, and may be started again.
pub async fn run(
    config: &Config,
    metrics: Metrics,
    mut stop: watch::Receiver<bool>,
) -> Result<(), WorkError> {
    let mut connection = writer::connect(&config.database_url).await?;
    let plan = deployed_plan(config, &mut connection).await?;
    let mut progress = Progress::default();
    service::health::serve(config.listen, metrics, progress.pulse())
        .await
        .map_err(WorkError::Serve)?;
    let mut announcements = PgListener::connect(&config.database_url).await?;
    announcements.listen(inbox::CHANNEL).await?;
    let mut is_ready = false;
    let lease = loop {
        if *stop.borrow() {
            return Ok(());
        }
        if let Some(lease) = claim(config, &mut connection).await? {
            break lease;
        }
        progress.stands_by();
        if !is_ready {
            tracing::info!("another process posts; standing by");
            service::announce_ready().map_err(WorkError::Ready)?;
            is_ready = true;
        }
        let _ = tokio::time::timeout(STANDBY_WAIT, stop.changed()).await;
    };
    tracing::info!(lease.epoch = lease.epoch, "claimed the lease for posting");
    // Ends with this function.
    let mut background = JoinSet::new();
    background.spawn(figures::keep(config.database_url.clone()));
    let rebuilding = progress.rebuilds();
    let rebuilt = Writer::rebuild(&mut connection, plan::Book::new(plan), lease, config.lease_ttl).await;
    let mut writer = rebuilt?;
    drop(rebuilding);
    tracing::info!(fact.seq = writer.tail().fact_seq, "rebuilt from facts");
    if !is_ready {
        service::announce_ready().map_err(WorkError::Ready)?;
    }
    progress.leads(writer.tail().fact_seq);
    while !*stop.borrow() {
        let begun = Instant::now();
        match writer.step(&mut connection).await? {
            Step::Posted { facts, transfers } => {
                let seq = writer.tail().fact_seq;
                progress.posted(seq, facts, transfers, begun.elapsed());
                tracing::info!(
                    batch.facts = facts,
                    batch.transfers = transfers,
                    fact.seq = seq,
                    "posted"
                );
            }
            Step::Idle => {
                progress.idle();
                wait(&mut announcements, &mut stop).await?;
            }
        }
    }
    lease::release(&mut connection, lease).await?;
    connection.close().await?;
    tracing::info!("released the lease for posting");
    Ok(())
}

async fn claim(config: &Config, connection: &mut PgConnection) -> Result<Option<Lease>, WorkError> {
    Ok(lease::claim(connection, LeaseName::Posting, &config.holder, config.lease_ttl).await?)
}

/// Waits for an announcement, the end, or a while.
async fn wait(announcements: &mut PgListener, stop: &mut watch::Receiver<bool>) -> Result<(), WorkError> {
    tokio::select! {
        announcement = announcements.recv() => {
            announcement?;
            // One look at the inbox answers all of them.
            while announcements.next_buffered().is_some() {}
        }
        _ = stop.changed() => {}
        () = tokio::time::sleep(IDLE_WAIT) => {}
    }
    Ok(())
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
    let enforcement = Enforcement::on_chain(is_local_chain(deployment.chain_id));
    rights::check(connection, Role::Poster, enforcement).await?;
    Ok(plan)
}
