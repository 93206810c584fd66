//! Rebuilds a writer's state from the facts in PostgreSQL.

use std::time::{Duration, Instant};

use plan::{Book, Outcome};
use sqlx::PgConnection;
use store::StoreError;
use store::lease::{self, Lease, LeaseError};
use store::posting::{DepositIndex, Draft, PostingError, Tail};
use store::replay::{LastBatch, find_last_batch, list_facts};
use thiserror::Error;

use super::Writer;
use super::snapshot::{self, Start};

/// Facts read at once: a few megabytes.
const CHUNK_FACTS: usize = 10_000;

/// Why memory could not be rebuilt.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// The numbers of facts have a gap.
    #[error("gap in facts: {last} is followed by {found}")]
    FactGap {
        /// The last one before the gap.
        last: u64,
        /// The next one.
        found: u64,
    },
    /// The facts of the last batch give another hash than was posted: the plan or this program does something
    /// else than the one that posted it, or the database was changed.
    #[error(
        "batch {batch_seq} has a hash that does not match its facts; run `trellis ledger verify` for details"
    )]
    HashDiffers {
        /// The last batch.
        batch_seq: u64,
    },
    /// The facts do not end where the last batch ends.
    #[error("the last batch ends at fact {expected}, but the facts end at {found}")]
    EndDiffers {
        /// Of the batch.
        expected: u64,
        /// Of the facts.
        found: u64,
    },
    /// What was replayed from the beginning is not what the books say.
    #[error("the state in memory differs from the books")]
    NotOfTheBooks,
    /// The lease was lost meanwhile.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// A posted fact would not be posted again.
    #[error(transparent)]
    Posting(#[from] PostingError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Writer {
    /// Replays every fact, or those after the newest memory that was kept and fits, on `empty`, a book with the plan and the
    /// versions that may follow it, and checks that the last batch's hash comes out.
    pub async fn rebuild(
        connection: &mut PgConnection,
        empty: Book,
        lease: Lease,
        lease_ttl: Duration,
    ) -> Result<Self, RebuildError> {
        lease::renew(connection, lease, lease_ttl).await?;
        if let Some(start) = Start::find(connection, &empty).await? {
            let kept = start.fact_seq;
            match Self::replay(connection, start, lease, lease_ttl).await {
                Ok(Some(writer)) => return Ok(writer),
                Ok(None) => tracing::error!(fact.seq = kept, "a snapshot differs from the books"),
                Err(error) if store::outage(&error).is_some() => return Err(error),
                Err(error) => {
                    let error = service::ErrorChain(&error).to_string();
                    tracing::error!(
                        fact.seq = kept,
                        error,
                        "a snapshot produces a different final state"
                    );
                }
            }
        }
        let start = Start::at_the_beginning(empty);
        let replayed = Self::replay(connection, start, lease, lease_ttl).await?;
        // Nothing is compared that was not kept.
        replayed.ok_or(RebuildError::NotOfTheBooks)
    }

    /// Replays what came later; `None` when kept memory is then not what the books say.
    async fn replay(
        connection: &mut PgConnection,
        start: Start,
        lease: Lease,
        lease_ttl: Duration,
    ) -> Result<Option<Self>, RebuildError> {
        let last = find_last_batch(connection).await?;
        let (is_kept, kept_through) = (start.is_kept, start.fact_seq);
        let mut replay = Replay::new(start, last);
        loop {
            lease::renew(connection, lease, lease_ttl).await?;
            let facts = list_facts(connection, replay.fact_seq, CHUNK_FACTS).await?;
            if facts.is_empty() {
                break;
            }
            for fact in &facts {
                replay.apply(fact)?;
            }
        }
        let renewed = Instant::now();
        lease::renew(connection, lease, lease_ttl).await?;
        let (book, deposits, tail) = replay.finish()?;
        if is_kept && !snapshot::is_of_the_books(connection, &book).await? {
            return Ok(None);
        }
        lease::renew(connection, lease, lease_ttl).await?;
        Ok(Some(Self {
            book,
            deposits,
            tail,
            lease,
            lease_ttl,
            renewed,
            prepared: None,
            one_by_one_through: 0,
            kept_through,
        }))
    }
}

/// Facts applied so far.
struct Replay {
    book: Book,
    deposits: DepositIndex,
    fact_seq: u64,
    chain_seq: u64,
    last: Option<LastBatch>,
    /// The last batch, made again.
    draft: Option<Draft>,
    outcome: Outcome,
}

impl Replay {
    fn new(start: Start, last: Option<LastBatch>) -> Self {
        let Start {
            book,
            deposits,
            fact_seq,
            chain_seq,
            is_kept: _,
        } = start;
        Self {
            book,
            deposits,
            fact_seq,
            chain_seq,
            last,
            draft: None,
            outcome: Outcome::default(),
        }
    }

    fn apply(&mut self, fact: &store::replay::NumberedFact) -> Result<(), RebuildError> {
        if fact.seq != self.fact_seq + 1 {
            return Err(RebuildError::FactGap {
                last: self.fact_seq,
                found: fact.seq,
            });
        }
        self.book.apply(&fact.entry.cause, &mut self.outcome);
        match self.last.filter(|last| fact.seq >= last.first_fact) {
            Some(last) => {
                let draft = self
                    .draft
                    .get_or_insert_with(|| Draft::new(&before(&last, self.chain_seq)));
                draft.add(&mut self.deposits, &fact.entry, &self.outcome)?;
            }
            None => self.deposits.learn(fact.seq, &self.outcome),
        }
        if let Some((seq, _)) = fact.entry.chain {
            self.chain_seq = seq;
        }
        self.fact_seq = fact.seq;
        Ok(())
    }

    fn finish(self) -> Result<(Book, DepositIndex, Tail), RebuildError> {
        let tail = self.last.map_or_else(Tail::default, |last| last.tail);
        if tail.fact_seq != self.fact_seq {
            return Err(RebuildError::EndDiffers {
                expected: tail.fact_seq,
                found: self.fact_seq,
            });
        }
        if let Some(draft) = self.draft {
            let again = draft.seal(Some(tail.block)).tail();
            if again != tail {
                return Err(RebuildError::HashDiffers {
                    batch_seq: tail.batch_seq,
                });
            }
        }
        Ok((self.book, self.deposits, tail))
    }
}

/// Where the last batch started.
fn before(last: &LastBatch, chain_seq: u64) -> Tail {
    Tail {
        batch_seq: last.tail.batch_seq.saturating_sub(1),
        fact_seq: last.first_fact.saturating_sub(1),
        hash: last.prev_hash,
        block: last.tail.block,
        chain_seq,
    }
}
