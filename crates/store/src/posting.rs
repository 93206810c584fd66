//! Posting: a batch of facts with everything that follows from them, in one transaction of its writer.
//!
//! A [`Draft`] collects what the plan says about each fact, in memory; sealed, it is a [`Batch`] with a place
//! in the hash chain; [`post`] writes it. Every table is written by one statement per batch with arrays, and
//! every balance once. Not responsible for what facts mean: the outcomes come from `plan`.

mod changes;
mod deposits;
mod draft;
mod write_components;
mod write_continued;
mod write_due;
mod write_ledger;
mod write_projections;
mod write_records;
mod write_settlement;

use alloy_primitives::B256;
use ledger::FoldError;
use sqlx::{PgConnection, PgTransaction};
use thiserror::Error;

use crate::StoreError;
use crate::inbox::BlockRef;
use crate::lease::{self, Lease, LeaseError, LeaseName};

pub use deposits::DepositIndex;
pub use draft::{Batch, Draft};

/// Maximum number of facts of a batch: what TigerBeetle takes in one request. Larger batches gain nothing any more and make
/// readers of fresh rows wait.
pub const BATCH_FACTS_MAX: usize = 8_190;

/// A batch ends with the fact that brings it to so many legs.
pub const BATCH_LEGS_MAX: usize = 8 * plan::FACT_LEGS_MAX;

/// The end of what is posted, from which the next batch goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Number of the last batch; 0 before the first.
    pub batch_seq: u64,
    /// Number of the last fact; 0 before the first.
    pub fact_seq: u64,
    /// Hash of the last batch.
    pub hash: B256,
    /// Last block whose facts are all posted; zero before the first.
    pub block: BlockRef,
    /// Journal sequence of the last fact that came from the chain; 0 before the first.
    pub chain_seq: u64,
}

/// Why a batch was not posted. Nothing of it is stored then, and the writer's memory is ahead of the database:
/// it must be thrown away.
#[derive(Debug, Error)]
pub enum PostingError {
    /// Another process is the writer.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// A lease of another purpose was shown.
    #[error("a lease of `{}` does not permit posting", .0.name())]
    WrongLease(LeaseName),
    /// The outcome of a fact does not fold into balances.
    #[error("fact {fact_seq} cannot be applied to the balances")]
    Fold {
        /// The fact.
        fact_seq: u64,
        /// Why.
        #[source]
        source: FoldError,
    },
    /// The journal has a gap, or goes back.
    #[error("journal entry {found} follows {last}")]
    JournalGap {
        /// The last posted one.
        last: u64,
        /// The next one that waits.
        found: u64,
    },
    /// An effect speaks of a deposit that no fact took.
    #[error("fact {fact_seq} refers to an unknown deposit")]
    UnknownDeposit {
        /// The fact.
        fact_seq: u64,
    },
    /// A statement wrote another number of rows than the batch has: the database is not what memory says.
    #[error("{table} has {found} rows to change, the batch {expected}")]
    RowsDiffer {
        /// The table.
        table: &'static str,
        /// Rows of the batch.
        expected: u64,
        /// Rows written.
        found: u64,
    },
    /// The facts that continue one do not bring what it said.
    #[error("the facts that continue fact {fact_seq} do not bring what it said")]
    PartsDiffer {
        /// The fact that is continued.
        fact_seq: u64,
    },
    /// The database does not respond, or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tables that only the writer itself fills, in an order that is its own: what breaks their rules is no command's fault.
const OF_THE_WRITER: [&str; 6] = [
    "continued_fact_",
    "fact_",
    "inbox_",
    "lease_",
    "posting_batch_",
    "transfer_",
];

impl PostingError {
    /// Whether what was to be posted is at fault, and not the database, the lease or the writer.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Fold { .. } | Self::UnknownDeposit { .. } => true,
            Self::Lease(_)
            | Self::WrongLease(_)
            | Self::JournalGap { .. }
            | Self::RowsDiffer { .. }
            | Self::PartsDiffer { .. } => false,
            Self::Store(error) => match error.constraint() {
                Some(name) => !OF_THE_WRITER.iter().any(|table| name.starts_with(table)),
                None => error.is_of_the_data(),
            },
        }
    }
}

crate::from_sqlx!(PostingError);

/// Writes a batch. The caller commits; until then no other process can claim the lease.
///
/// # Errors
/// See [`PostingError`]; the transaction is to be rolled back.
pub async fn post(
    transaction: &mut PgTransaction<'_>,
    lease: Lease,
    batch: &Batch,
) -> Result<(), PostingError> {
    if lease.name != LeaseName::Posting {
        return Err(PostingError::WrongLease(lease.name));
    }
    lease::check(transaction, lease).await?;
    write_ledger::write(transaction, lease, batch).await?;
    write_projections::write(transaction, &batch.changes).await?;
    write_continued::write(transaction, batch).await?;
    write_due::write(transaction, batch).await
}

/// Has every statement planned anew: a plan that was made for a few rows takes them one by one, and a large batch may have made
/// many of them. The server does that by itself only when it has analysed the tables, minutes later.
pub async fn forget_plans(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("DISCARD PLANS").execute(connection).await?;
    Ok(())
}

/// Refuses a statement that wrote other rows than it was given.
fn all_written(table: &'static str, expected: usize, found: u64) -> Result<(), PostingError> {
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    if expected == found {
        Ok(())
    } else {
        Err(PostingError::RowsDiffer {
            table,
            expected,
            found,
        })
    }
}
