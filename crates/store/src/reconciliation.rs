//! What the reconciler reads and writes: the books at one moment, the logs that became final since, and its findings.
//!
//! Everything of a run is read in one transaction that sees the database of one moment and writes nothing: what is new
//! since the run before, and one slice of what is old. Not responsible for what any of it ought to be; `audit::checks` says.

mod books;
mod findings;
mod payouts;
mod position;
mod rows;
pub mod vigil;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use alloy_primitives::Address;
use audit::checks::{Batch, Counters, Deposit, Node, Position, Root, Sender, Split, User};
use sqlx::{Acquire, PgConnection, PgTransaction};

use crate::StoreError;
use crate::chain_log::StoredLog;
use crate::deployment::natural;

pub use findings::{Opened, RunRecord, Stored, insert_run, list_open};
pub use position::{Cursor, LOGS_AT_ONCE};

/// What is known of the books: everything up to here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The last fact.
    pub fact_seq: u64,
    /// The number of the last deposit.
    pub deposit: u32,
    /// The last place of tier 1: its tree and index.
    pub place: (u32, u32),
}

/// Rows of the books.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Balances of accounts.
    pub balances: Vec<Counters>,
    /// Users by id.
    pub users: BTreeMap<u32, User>,
    /// Deposits.
    pub deposits: Vec<Deposit>,
    /// Places of tier 1, by tree and index.
    pub first_tier: BTreeMap<(u32, u32), Node>,
    /// How the payments of the deposits were divided.
    pub splits: Vec<Split>,
}

/// What batches, senders and roots there are.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Batches that are open, or were closed since.
    pub batches: Vec<Batch>,
    /// Accounts that send.
    pub senders: Vec<Sender>,
    /// Trees of liabilities.
    pub roots: Vec<Root>,
}

/// The database as it is at one moment.
#[derive(Debug)]
pub struct Moment<'c> {
    transaction: PgTransaction<'c>,
    position: Position,
    last_user: u32,
    last: Known,
}

/// Number of the last posting batch, if there is one.
pub async fn find_last_batch(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let seq = sqlx::query_scalar!("SELECT seq FROM posting_batch ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    seq.map(|seq| natural(seq, "posting_batch.seq")).transpose()
}

impl<'c> Moment<'c> {
    /// The database as it is now; `None` when nothing has been posted yet.
    ///
    /// # Errors
    /// As all of this: the database does not respond, or has a value that no program of ours writes.
    pub async fn now(connection: &'c mut PgConnection) -> Result<Option<Self>, StoreError> {
        let mut transaction = connection.begin().await?;
        sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        let Some(position) = position::find(&mut transaction).await? else {
            return Ok(None);
        };
        let (last_user, last) = books::find_last(&mut transaction, position.fact_seq).await?;
        Ok(Some(Self {
            transaction,
            position,
            last_user,
            last,
        }))
    }

    /// Whether the books are in the middle of a fact: what it decided is posted only in part.
    pub async fn is_amid_a_fact(&mut self) -> Result<bool, StoreError> {
        position::is_amid_a_fact(&mut self.transaction).await
    }

    /// Where the books stand.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The highest number of a user.
    pub const fn last_user(&self) -> u32 {
        self.last_user
    }

    /// How far everything goes.
    pub const fn last(&self) -> Known {
        self.last
    }

    /// Final logs after the cursor up to the position's block, in the chain's order: at most [`LOGS_AT_ONCE`].
    pub async fn logs(&mut self, after: Cursor) -> Result<Vec<StoredLog>, StoreError> {
        position::list_logs(&mut self.transaction, after, self.position.block_number).await
    }

    /// The rows that facts after what is known wrote, and those of users with these wallets.
    pub async fn news(&mut self, known: &Known, wallets: &[Address]) -> Result<Rows, StoreError> {
        books::list_new(&mut self.transaction, known, wallets).await
    }

    /// The rows about users with these numbers, and of accounts that belong to them or to trees with these numbers;
    /// without splits.
    pub async fn slice(&mut self, subjects: &RangeInclusive<u32>) -> Result<Rows, StoreError> {
        books::list_slice(&mut self.transaction, subjects).await
    }

    /// The counters of the accounts with these numbers, summed from all transfers.
    pub async fn recount(&mut self, subjects: &RangeInclusive<u32>) -> Result<Vec<Counters>, StoreError> {
        books::sum_transfers(&mut self.transaction, subjects).await
    }

    /// How the payments of users with these numbers were divided.
    pub async fn splits(&mut self, subjects: &RangeInclusive<u32>) -> Result<Vec<Split>, StoreError> {
        books::list_splits(&mut self.transaction, subjects).await
    }

    /// Batches that are open or were closed after a fact, senders, and roots; with `whole` every submission, and the
    /// leaves of the newest root.
    pub async fn settlement(&mut self, after: u64, whole: bool) -> Result<Settlement, StoreError> {
        let transaction = &mut self.transaction;
        Ok(Settlement {
            batches: payouts::list_batches(transaction, after).await?,
            senders: payouts::list_senders(transaction, !whole).await?,
            roots: payouts::list_roots(transaction, whole).await?,
        })
    }

    /// Lets go of the moment.
    pub async fn end(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}
