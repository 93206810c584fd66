//! [`Writer`]: the plan's state in memory, and the step that moves it and the database forward together.

use std::time::{Duration, Instant};

use plan::{Book, Cause, Day, FACT_LEGS_MAX, Outcome};
use service::fault_point;
use sqlx::{Acquire, PgConnection};
use store::inbox::{Entry, Waiting, continue_fact, find_day_end, list_waiting};
use store::lease::{self, Lease, LeaseError};
use store::posting::{
    BATCH_FACTS_MAX, BATCH_LEGS_MAX, Batch, DepositIndex, Draft, PostingError, Tail, forget_plans, post,
};
use store::replay::find_last_batch;
use store::{Deadlines, StoreError, deadline, schedule};
use thiserror::Error;

use super::commands;
use super::proof::{self, ProofError};
use super::suspect::Suspect;

/// Facts that continue another, of one batch: about as many legs as a batch of other facts has.
const PARTS_AT_ONCE: u32 = 8;

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
    /// What the book has applied and the database may not have.
    pub(super) prepared: Option<Prepared>,
    /// Up to this id of the inbox, commands are posted one by one: one of them was refused.
    pub(super) one_by_one_through: i64,
    /// The last fact that was not replayed, because memory had been kept.
    pub(super) kept_through: u64,
}

/// A batch that is ready to be posted.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) batch: Batch,
    /// What it is made of.
    entries: Vec<Entry>,
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
    /// Commands that cannot be used are quarantined.
    SetAside {
        /// How many.
        commands: usize,
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
    /// The batch was refused, and not for a command's sake.
    #[error(transparent)]
    Posting(#[from] PostingError),
    /// The ledger does not take a batch with commands in it; see [`Writer::suspect`].
    #[error("the ledger rejected a command")]
    Refused {
        /// Which command it may be.
        suspect: Suspect,
        /// Why.
        #[source]
        source: PostingError,
    },
    /// The lease is gone.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(StepError);

/// A connection for a writer. A commit returns when it is on disk, and statements with large arrays are
/// planned once, not for each array.
///
/// # Errors
/// The URL is not valid, or the server rejects the connection.
pub async fn connect(url: &str) -> Result<PgConnection, StoreError> {
    connect_within(url, Deadlines::SERVICE).await
}

/// The same with other deadlines.
pub(super) async fn connect_within(url: &str, deadlines: Deadlines) -> Result<PgConnection, StoreError> {
    let options = deadlines.options(url, "trellis-posting")?.options([
        ("synchronous_commit", "on"),
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    deadline::connect_with(&options).await
}

impl Writer {
    /// The end of what is posted.
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The plan's state.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The last fact that was not replayed when this memory was made; 0 when all were.
    pub const fn kept_through(&self) -> u64 {
        self.kept_through
    }

    /// Whether something is applied that may not be posted.
    pub(super) const fn has_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    /// The lease under which it posts.
    pub const fn lease(&self) -> Lease {
        self.lease
    }

    /// Goes on under another lease, on another connection, and returns whether it can: whether the database ends with what this
    /// memory has. A batch whose commit nobody saw is either there or is posted next.
    pub async fn resume(&mut self, connection: &mut PgConnection, lease: Lease) -> Result<bool, StoreError> {
        let last = find_last_batch(connection).await?;
        let last = last.map_or_else(Tail::default, |last| last.tail);
        let is_committed = |prepared: &mut Prepared| prepared.batch.tail() == last;
        if self.prepared.take_if(is_committed).is_some() {
            self.tail = last;
        }
        self.lease = lease;
        self.renewed = Instant::now();
        Ok(self.tail == last)
    }

    /// Posts what waits, at most one batch.
    ///
    /// A step that is abandoned in the middle loses nothing: what was applied is posted by the next one, once
    /// [`Writer::resume`] has found out whether it is posted already.
    ///
    /// # Errors
    /// Whatever keeps the batch from being committed. Unless it was an outage of the database, the writer is of no use then:
    /// its memory is ahead.
    pub async fn step(&mut self, connection: &mut PgConnection) -> Result<Step, StepError> {
        self.keep_lease(connection).await?;
        if self.prepared.is_none()
            && let Some(step) = self.prepare(connection).await?
        {
            return Ok(step);
        }
        self.post_prepared(connection).await
    }

    /// Reads what waits and applies it; otherwise says what there was to do instead.
    async fn prepare(&mut self, connection: &mut PgConnection) -> Result<Option<Step>, StepError> {
        let mut waiting = self.find_next(connection).await?;
        if waiting.unusable.is_empty() {
            let plan = self.book.plan();
            waiting.unusable = commands::list_unproven(connection, plan, &waiting.entries).await?;
        }
        if !waiting.unusable.is_empty() {
            self.set_aside(connection, &waiting.unusable).await?;
            return Ok(Some(Step::SetAside {
                commands: waiting.unusable.len(),
            }));
        }
        let Some(first) = waiting.entries.first() else {
            return Ok(Some(Step::Idle));
        };
        if first.id <= self.one_by_one_through {
            waiting = waiting.up_to_a_command();
        }
        proof::prove(connection, &waiting.entries).await?;
        // Nothing is waited for between here and the end: what is applied is also prepared.
        self.prepared = Some(self.apply(waiting)?);
        Ok(None)
    }

    /// What continues the last fact, or else what waits.
    async fn find_next(&self, connection: &mut PgConnection) -> Result<Waiting, StoreError> {
        let Some(part) = self.book.next_part() else {
            return self.find_waiting(connection).await;
        };
        let end = part.saturating_add(self.book.parts_left().min(PARTS_AT_ONCE));
        // The first part is the continued fact itself.
        let continued = self
            .tail
            .fact_seq
            .saturating_sub(u64::from(part).saturating_sub(2));
        Ok(Waiting {
            entries: continue_fact(connection, continued, part..end).await?,
            ..Waiting::default()
        })
    }

    /// What is to be posted next, in a plan with days: what belongs to the day that is open, or else its end, when that is
    /// certain. Nothing of the chain passes the end of its day, in either direction.
    async fn find_waiting(&self, connection: &mut PgConnection) -> Result<Waiting, StoreError> {
        let Some((day, ends_at)) = self.find_open_day(connection).await? else {
            return list_waiting(connection, BATCH_FACTS_MAX).await;
        };
        // Asked first: what the chain said before the day ended is in sight afterwards.
        let ended = find_day_end(connection, day, ends_at).await?;
        let waiting = list_waiting(connection, BATCH_FACTS_MAX).await?.before(ends_at);
        Ok(if waiting.is_empty() { ended } else { waiting })
    }

    /// The day that is open, and the second at which it ends; `None` when the plan has no days, or before the calendar can
    /// begin.
    async fn find_open_day(&self, connection: &mut PgConnection) -> Result<Option<(Day, u64)>, StoreError> {
        let plan = self.book.plan();
        if !plan.has_days() {
            return Ok(None);
        }
        let day = match self.book.state().last_day() {
            Some(last) => Some(last.next()),
            None => {
                let deployed_at = schedule::find_deployment_time(connection).await?;
                deployed_at.map(|deployed_at| plan.first_day(deployed_at))
            }
        };
        Ok(day.map(|day| (day, plan.time_zone().end_of(day))))
    }

    /// Applies what waits, up to a fact that others must continue first, or as much as one batch may have.
    fn apply(&mut self, waiting: Waiting) -> Result<Prepared, StepError> {
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        for entry in &waiting.entries {
            if self.book.next_part().is_some() != matches!(entry.cause, Cause::Continued { .. }) {
                break;
            }
            self.book.apply(&entry.cause, &mut outcome);
            if let Err(error) = draft.add(&mut self.deposits, entry, &outcome) {
                return Err(refused(error, &waiting.entries));
            }
            if draft.transfer_count() >= BATCH_LEGS_MAX {
                break;
            }
        }
        fault_point("posting.after_apply");
        let Waiting {
            entries, completed, ..
        } = waiting.first(draft.len());
        let batch = draft.seal(completed);
        Ok(Prepared { batch, entries })
    }

    async fn post_prepared(&mut self, connection: &mut PgConnection) -> Result<Step, StepError> {
        let Some(Prepared { batch, entries }) = &self.prepared else {
            return Ok(Step::Idle);
        };
        let mut transaction = connection.begin().await?;
        if let Err(error) = post(&mut transaction, self.lease, batch).await {
            // At once, so that no lock outlives the failure.
            let _ = transaction.rollback().await;
            return Err(refused(error, entries));
        }
        fault_point("posting.before_commit");
        transaction.commit().await?;
        fault_point("posting.after_commit");
        let step = Step::Posted {
            facts: entries.len(),
            transfers: batch.transfers().len(),
        };
        let is_large = batch.transfers().len() >= FACT_LEGS_MAX;
        self.tail = batch.tail();
        self.prepared = None;
        if is_large {
            forget_plans(connection).await?;
        }
        Ok(step)
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

/// What a failure to post these causes means.
fn refused(error: PostingError, entries: &[Entry]) -> StepError {
    match Suspect::among(entries) {
        Some(suspect) if error.is_refusal() => StepError::Refused {
            suspect,
            source: error,
        },
        Some(_) | None => StepError::Posting(error),
    }
}
