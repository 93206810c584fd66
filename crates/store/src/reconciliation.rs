//! What the reconciler reads and writes: the books at one moment, the logs that became final since, and its findings.
//!
//! Everything of a run is read in one transaction that sees the database of one moment and writes nothing. Not
//! responsible for what any of it ought to be; `audit::checks` says.

mod books;
mod findings;
mod payouts;
mod position;
pub mod vigil;

use audit::checks::{Batch, Ledger, Position};
use sqlx::{Acquire, PgConnection};

use crate::StoreError;
use crate::chain_log::StoredLog;
use crate::deployment::natural;

pub use findings::{Opened, RunRecord, Stored, insert_run, list_open};
pub use position::Cursor;

/// How much of what only grows is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What came after this fact; of roots the leaves of none.
    Since {
        /// The last fact of the run before.
        fact_seq: u64,
    },
    /// All of it, and the sums of all transfers.
    Full,
}

/// What a run looks at.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The moment.
    pub position: Position,
    /// The books; batches that were closed before [`Extent::Since`] are not in it.
    pub books: Ledger,
    /// Final logs after the cursor up to the position's block, in the chain's order.
    pub logs: Vec<StoredLog>,
}

/// Number of the last posting batch, if there is one.
///
/// # Errors
/// The database does not answer.
pub async fn find_last_batch(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let seq = sqlx::query_scalar!("SELECT seq FROM posting_batch ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    seq.map(|seq| natural(seq, "posting_batch.seq")).transpose()
}

/// Reads a run's books and logs; `None` when nothing is posted yet.
///
/// # Errors
/// A value that no program of ours writes.
pub async fn read(
    connection: &mut PgConnection,
    cursor: Cursor,
    extent: Extent,
) -> Result<Option<Reading>, StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *transaction)
        .await?;
    let Some(position) = position::find(&mut transaction).await? else {
        return Ok(None);
    };
    let logs = position::list_logs(&mut transaction, cursor, position.block_number).await?;
    let since = match extent {
        Extent::Since { fact_seq } => Some(fact_seq),
        Extent::Full => None,
    };
    let batches: Vec<Batch> = payouts::list_batches(&mut transaction, since.unwrap_or(0)).await?;
    let books = Ledger {
        balances: books::list_balances(&mut transaction).await?,
        entries: match extent {
            Extent::Full => Some(books::sum_transfers(&mut transaction).await?),
            Extent::Since { .. } => None,
        },
        users: books::list_users(&mut transaction).await?,
        deposits: books::list_deposits(&mut transaction).await?,
        first_tier: books::list_first_tier(&mut transaction).await?,
        splits: books::list_splits(&mut transaction, since.unwrap_or(0)).await?,
        batches,
        senders: payouts::list_senders(&mut transaction, since.is_some()).await?,
        roots: payouts::list_roots(&mut transaction, since.is_none()).await?,
    };
    transaction.commit().await?;
    Ok(Some(Reading {
        position,
        books,
        logs,
    }))
}
