//! The life of a worker of which one process at a time works: it waits for its lease, works on one connection after the other,
//! and takes its lease again on each.

use std::error::Error;
use std::time::Duration;

use service::{Backoff, ErrorChain};
use sqlx::PgConnection;
use store::lease::{Lease, LeaseName};
use store::{LeaseKeeper, StoreError, within};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// How long a process that stands by waits between two attempts to become the worker.
const STANDBY_WAIT: Duration = Duration::from_millis(100);

/// Why nobody knows whether this process is the worker.
#[derive(Debug, Error)]
pub enum SuccessionError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file that says that the process is ready cannot be written.
    #[error("cannot write the file that reports readiness")]
    Ready(#[source] std::io::Error),
}

/// What a process keeps of its lease from one connection to the next.
#[derive(Debug)]
pub(crate) struct Succession {
    name: LeaseName,
    keeper: LeaseKeeper,
    deadline: Duration,
    is_announced: bool,
    has_moved: bool,
}

impl Succession {
    /// Waits for nothing yet. `deadline` is for each question to the database.
    pub(crate) const fn new(name: LeaseName, holder: String, ttl: Duration, deadline: Duration) -> Self {
        Self {
            name,
            keeper: LeaseKeeper::new(name, holder, ttl),
            deadline,
            is_announced: false,
            has_moved: false,
        }
    }

    /// Waits until this process is the worker; `None` when it is to end before. `stands_by` is called while another one is.
    pub(crate) async fn lead(
        &mut self,
        connection: &mut PgConnection,
        stop: &CancellationToken,
        stands_by: impl Fn(),
    ) -> Result<Option<Lease>, SuccessionError> {
        let mut lease = within(self.deadline, self.keeper.hold_again(connection)).await?;
        while lease.is_none() && !stop.is_cancelled() {
            stands_by();
            if !self.is_announced {
                tracing::info!(
                    "another process has the lease for {}; standing by",
                    self.name.name()
                );
            }
            self.announce()?;
            let _ = tokio::time::timeout(STANDBY_WAIT, stop.cancelled()).await;
            lease = within(self.deadline, self.keeper.hold(connection)).await?;
        }
        Ok(lease)
    }

    /// Says once that the process is ready.
    pub(crate) fn announce(&mut self) -> Result<(), SuccessionError> {
        if !self.is_announced {
            service::announce_ready().map_err(SuccessionError::Ready)?;
            self.is_announced = true;
        }
        Ok(())
    }

    /// The present connection is good for something.
    pub(crate) const fn moved(&mut self) {
        self.has_moved = true;
    }
}

/// A worker on one connection after the other.
pub(crate) trait Successor {
    /// Why it does not go on.
    type Error: Error + From<StoreError> + 'static;

    /// What it keeps of its lease.
    fn succession(&mut self) -> &mut Succession;

    /// Whether another process has the lease: this one may stand by.
    fn is_lost_lease(error: &Self::Error) -> bool;

    /// The database is away for the moment.
    fn lacks_the_database(&self);

    /// A new connection.
    async fn connect(&self) -> Result<PgConnection, StoreError>;

    /// Works on this connection until `stop` is cancelled, or the connection or something else fails.
    async fn work(&mut self, connection: PgConnection, stop: &CancellationToken) -> Result<(), Self::Error>;
}

/// Works until `stop` is cancelled or something fails that another connection does not cure.
pub(crate) async fn work<S: Successor>(
    worker: &mut S,
    mut connection: PgConnection,
    stop: &CancellationToken,
) -> Result<(), S::Error> {
    let mut backoff = Backoff::DATABASE;
    while let Err(mut error) = worker.work(connection, stop).await {
        if std::mem::take(&mut worker.succession().has_moved) {
            backoff.reset();
        }
        connection = loop {
            let wait = backoff.after_failure();
            wait_out(worker, error, wait)?;
            let _ = tokio::time::timeout(wait, stop.cancelled()).await;
            if stop.is_cancelled() {
                return Ok(());
            }
            match worker.connect().await {
                Ok(connection) => break connection,
                Err(again) => error = again.into(),
            }
        };
    }
    Ok(())
}

/// Says that the database is gone for the moment, or the lease; returns a failure that is not for the moment.
fn wait_out<S: Successor>(worker: &mut S, error: S::Error, wait: Duration) -> Result<(), S::Error> {
    if S::is_lost_lease(&error) {
        let succession = worker.succession();
        tracing::warn!(error = %ErrorChain(&error), "another process has the lease for {}", succession.name.name());
        succession.keeper.lose();
        return Ok(());
    }
    if store::outage(&error).is_none() {
        return Err(error);
    }
    tracing::warn!(error = %ErrorChain(&error), retry_ms = wait.as_millis(), "the database is away");
    worker.lacks_the_database();
    Ok(())
}
