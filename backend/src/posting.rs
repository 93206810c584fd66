//! The posting worker: numbers the causes of the inbox, asks the plan what they do, and posts it.
//!
//! One process at a time is the writer. Its memory is rebuilt from PostgreSQL at start; whenever a commit fails
//! or the lease is lost the process ends, because its memory may then be ahead of the database.

pub mod config;
pub mod rebuild;
pub mod writer;

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Connection, PgConnection};
use store::lease::{self, Lease, LeaseName};
use store::{deployment, inbox};
use thiserror::Error;
use tokio::sync::watch;

pub use config::Config;
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
    /// The stored plan does not compile any more.
    #[error("the deployment's plan does not compile")]
    Plan(#[source] Box<plan::CompileError>),
    /// The stored plan compiles to something else than was deployed.
    #[error("the deployment's plan has another hash than was deployed")]
    PlanHash,
    /// The engine can apply the plan's facts, but API and reconciler cannot show and judge what they do.
    #[error("the worker cannot serve the plan")]
    NotServed(#[source] plan::GateError),
    /// What is posted is not what this program would post.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::StoreError),
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
pub async fn run(config: &Config, mut stop: watch::Receiver<bool>) -> Result<(), WorkError> {
    let mut connection = writer::connect(&config.database_url).await?;
    let plan = deployed_plan(&mut connection).await?;
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
        if !is_ready {
            tracing::info!("another process posts; standing by");
            telemetry::announce_ready().map_err(WorkError::Ready)?;
            is_ready = true;
        }
        let _ = tokio::time::timeout(STANDBY_WAIT, stop.changed()).await;
    };
    tracing::info!(lease.epoch = lease.epoch, "claimed the lease for posting");
    let rebuilt = Writer::rebuild(&mut connection, plan::Book::new(plan), lease, config.lease_ttl).await;
    let mut writer = rebuilt?;
    tracing::info!(fact.seq = writer.tail().fact_seq, "rebuilt from facts");
    if !is_ready {
        telemetry::announce_ready().map_err(WorkError::Ready)?;
    }
    while !*stop.borrow() {
        match writer.step(&mut connection).await? {
            Step::Posted { facts, transfers } => {
                let seq = writer.tail().fact_seq;
                tracing::info!(
                    batch.facts = facts,
                    batch.transfers = transfers,
                    fact.seq = seq,
                    "posted"
                );
            }
            Step::Idle => wait(&mut announcements, &mut stop).await?,
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

async fn deployed_plan(connection: &mut PgConnection) -> Result<plan::CompiledPlan, WorkError> {
    let deployment = deployment::find(connection)
        .await?
        .ok_or(WorkError::NotDeployed)?;
    let plan = plan::compile(&deployment.plan_text).map_err(|error| WorkError::Plan(Box::new(error)))?;
    if plan.hash() != deployment.plan_hash {
        return Err(WorkError::PlanHash);
    }
    plan.served().map_err(WorkError::NotServed)?;
    Ok(plan)
}
