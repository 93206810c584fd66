//! [`Writer`]: the plan's state in memory, and the step that moves it and the database forward together.

use std::time::{Duration, Instant};

use plan::{Book, Outcome};
use service::fault_point;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Acquire, ConnectOptions, PgConnection};
use store::StoreError;
use store::inbox::list_waiting;
use store::lease::{self, Lease, LeaseError};
use store::posting::{BATCH_FACTS_MAX, DepositIndex, Draft, PostingError, Tail, post};
use thiserror::Error;

use super::proof::{self, ProofError};

/// A lease is renewed this many times before it would expire.
const RENEWALS_PER_TTL: u32 = 4;

/// Whoever holds the lease, with everything it must remember.
#[derive(Debug)]
pub struct Writer {
    pub(super) book: Book,
    pub(super) deposits: DepositIndex,
    pub(super) tail: Tail,
    pub(super) lease: Lease,
    pub(super) lease_ttl: Duration,
    pub(super) renewed: Instant,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A batch is committed.
    Posted {
        /// Facts of it.
        facts: usize,
        /// Transfers of it.
        transfers: usize,
    },
    /// Nothing waits.
    Idle,
}

/// Why a step failed. The writer must not be used any more.
#[derive(Debug, Error)]
pub enum StepError {
    /// A cause of the chain is not what the chain's log says.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The batch was refused.
    #[error(transparent)]
    Posting(#[from] PostingError),
    /// The lease is gone.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A connection for a writer. A commit returns when it is on disk, and statements with large arrays are
/// planned once, not for each array.
///
/// # Errors
/// The URL is none, or the server does not let us in.
pub async fn connect(url: &str) -> Result<PgConnection, StoreError> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.application_name("trellis-posting").options([
        ("synchronous_commit", "on"),
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    Ok(options.connect().await?)
}

impl Writer {
    /// The end of what is posted.
    #[must_use]
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The plan's state.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Posts what waits, at most one batch.
    ///
    /// # Errors
    /// Whatever keeps the batch from being committed. The writer is of no use then: its memory may be ahead.
    pub async fn step(&mut self, connection: &mut PgConnection) -> Result<Step, StepError> {
        self.keep_lease(connection).await?;
        let waiting = list_waiting(connection, BATCH_FACTS_MAX).await?;
        if waiting.entries.is_empty() {
            return Ok(Step::Idle);
        }
        proof::prove(connection, &waiting.entries).await?;
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        for entry in &waiting.entries {
            self.book.apply(&entry.cause, &mut outcome);
            draft.add(&mut self.deposits, entry, &outcome)?;
        }
        let facts = draft.len();
        let batch = draft.seal(waiting.completed);
        fault_point("posting.after_apply");
        let mut transaction = connection.begin().await?;
        if let Err(error) = post(&mut transaction, self.lease, &batch).await {
            // At once, so that no lock outlives the failure.
            let _ = transaction.rollback().await;
            return Err(error.into());
        }
        fault_point("posting.before_commit");
        transaction.commit().await?;
        fault_point("posting.after_commit");
        self.tail = batch.tail();
        Ok(Step::Posted {
            facts,
            transfers: batch.transfers().len(),
        })
    }

    /// Renews the lease when it is time to.
    async fn keep_lease(&mut self, connection: &mut PgConnection) -> Result<(), LeaseError> {
        if self.renewed.elapsed() * RENEWALS_PER_TTL >= self.lease_ttl {
            lease::renew(connection, self.lease, self.lease_ttl).await?;
            self.renewed = Instant::now();
        }
        Ok(())
    }
}
