//! Blocks and logs of the chain, as the listener saw them.
//!
//! Nothing is deleted: a block of an abandoned branch stops being canonical, and becomes so again when the chain
//! returns to it. Not responsible for what a log means.

use alloy_primitives::{B256, Bytes, FixedBytes, LogData};
use sqlx::{PgConnection, QueryBuilder};

use crate::StoreError;
use crate::column::Db;
use crate::deployment::{hash, natural};

/// Rows of one statement: with nine parameters each far below PostgreSQL's limit of 65,535 parameters.
const ROWS_MAX: usize = 4_000;

/// A block that the listener holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block below.
    pub parent_hash: B256,
    /// Seconds since 1970-01-01 UTC.
    pub timestamp: u64,
    /// The contract's journal sequence at its end.
    pub seq_end: u64,
    /// The contract's journal root at its end.
    pub root_end: FixedBytes<24>,
}

/// A log of the contract in a block that the listener holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLog {
    /// Height of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Place in its block.
    pub log_index: u32,
    /// Transaction that emitted it.
    pub transaction_hash: B256,
    /// Place of the transaction in its block.
    pub transaction_index: u32,
    /// Topics and data.
    pub data: LogData,
    /// Journal sequence, when it is the main event of its call.
    pub seq: Option<u64>,
}

/// A row of a log, as a statement reads it.
pub(crate) struct LogRow {
    pub(crate) block_number: u64,
    pub(crate) block_hash: B256,
    pub(crate) log_index: u32,
    pub(crate) transaction_hash: B256,
    pub(crate) transaction_index: u32,
    pub(crate) topics: Vec<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) seq: Option<u64>,
}

/// One list of columns for every statement that reads whole logs.
macro_rules! log_rows {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            LogRow,
            r#"SELECT l.block_number AS "block_number!: Db<u64>", l.block_hash AS "block_hash!: Db<B256>",
                      l.log_index AS "log_index!: Db<u32>", l.transaction_hash AS "transaction_hash!: Db<B256>",
                      l.transaction_index AS "transaction_index!: Db<u32>", l.topics, l.data,
                      l.seq AS "seq!: Db<Option<u64>>" "# + $tail
            $(, $argument)*
        )
    };
}
pub(crate) use log_rows;

impl LogRow {
    pub(crate) fn read(self) -> Result<StoredLog, StoreError> {
        let topics = self.topics.iter().map(|topic| hash(topic, "chain_log.topics"));
        let topics: Result<Vec<B256>, StoreError> = topics.collect();
        Ok(StoredLog {
            block_number: self.block_number,
            block_hash: self.block_hash,
            log_index: self.log_index,
            transaction_hash: self.transaction_hash,
            transaction_index: self.transaction_index,
            data: LogData::new_unchecked(topics?, Bytes::from(self.data)),
            seq: self.seq,
        })
    }
}

/// A journal entry of a block that is about to become final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number.
    pub seq: u64,
    /// Height of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Timestamp of its block, in seconds since 1970-01-01 UTC.
    pub timestamp: u64,
    /// Transaction that emitted it.
    pub transaction_hash: B256,
    /// Topics and data of the main event.
    pub data: LogData,
    /// The logs without a number that the same transaction emitted before it, and after the entry before.
    pub parts: Vec<LogData>,
}

/// Stores blocks as canonical and not final. One that was abandoned before becomes canonical again.
///
/// # Errors
/// [`StoreError`]; a second canonical block of one height is refused by the database.
pub async fn insert_blocks(connection: &mut PgConnection, blocks: &[StoredBlock]) -> Result<(), StoreError> {
    for rows in blocks.chunks(ROWS_MAX) {
        let mut numbers = Vec::with_capacity(rows.len());
        for block in rows {
            numbers.push((
                signed(block.number)?,
                signed(block.timestamp)?,
                signed(block.seq_end)?,
            ));
        }
        let mut statement = QueryBuilder::new(
            "INSERT INTO chain_block (hash, number, parent_hash, \"timestamp\", seq_end, root_end) ",
        );
        statement.push_values(rows.iter().zip(numbers), |mut row, (block, numbers)| {
            row.push_bind(block.hash.as_slice())
                .push_bind(numbers.0)
                .push_bind(block.parent_hash.as_slice())
                .push_bind(numbers.1)
                .push_bind(numbers.2)
                .push_bind(block.root_end.as_slice());
        });
        statement.push(" ON CONFLICT (hash) DO UPDATE SET canonical = true");
        statement.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Stores logs of stored blocks. Those that are stored already are left as they are.
pub async fn insert_logs(connection: &mut PgConnection, logs: &[StoredLog]) -> Result<(), StoreError> {
    for rows in logs.chunks(ROWS_MAX) {
        let mut numbers = Vec::with_capacity(rows.len());
        for log in rows {
            let seq = log.seq.map(signed).transpose()?;
            numbers.push((
                index(log.log_index)?,
                signed(log.block_number)?,
                index(log.transaction_index)?,
                seq,
            ));
        }
        let mut statement = QueryBuilder::new(
            "INSERT INTO chain_log (block_hash, log_index, block_number, transaction_hash, transaction_index, \
             topics, data, seq) ",
        );
        statement.push_values(rows.iter().zip(numbers), |mut row, (log, numbers)| {
            let topics: Vec<Vec<u8>> = log.data.topics().iter().map(|topic| topic.to_vec()).collect();
            row.push_bind(log.block_hash.as_slice())
                .push_bind(numbers.0)
                .push_bind(numbers.1)
                .push_bind(log.transaction_hash.as_slice())
                .push_bind(numbers.2)
                .push_bind(topics)
                .push_bind(log.data.data.as_ref())
                .push_bind(numbers.3);
        });
        statement.push(" ON CONFLICT (block_hash, log_index) DO NOTHING");
        statement.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Canonical blocks above this height, newest first.
pub async fn list_canonical_above(
    connection: &mut PgConnection,
    number: u64,
) -> Result<Vec<StoredBlock>, StoreError> {
    Ok(sqlx::query_as!(
        StoredBlock,
        r#"SELECT number AS "number!: Db<u64>", hash AS "hash!: Db<B256>",
                  parent_hash AS "parent_hash!: Db<B256>", "timestamp" AS "timestamp!: Db<u64>",
                  seq_end AS "seq_end!: Db<u64>", root_end AS "root_end!: Db<FixedBytes<24>>"
           FROM chain_block WHERE canonical AND number > $1 ORDER BY number DESC"#,
        signed(number)?
    )
    .fetch_all(connection)
    .await?)
}

/// Takes the canonical blocks above this height out of the chain. Returns how many logs of the contract they hold.
///
/// # Errors
/// [`StoreError`]; the database refuses it for final blocks.
pub async fn orphan_above(connection: &mut PgConnection, number: u64) -> Result<u32, StoreError> {
    let number = signed(number)?;
    let logs = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM chain_log
           JOIN chain_block ON chain_block.hash = chain_log.block_hash
           WHERE chain_block.canonical AND chain_block.number > $1"#,
        number
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE chain_block SET canonical = false WHERE canonical AND number > $1",
        number
    )
    .execute(connection)
    .await?;
    u32::try_from(logs).map_err(|_| StoreError::corrupt("more than 2^32 logs above finality"))
}

/// Makes the canonical blocks of these heights final and returns the journal entries in them, in the journal's order.
pub async fn finalize(
    connection: &mut PgConnection,
    above: u64,
    through: u64,
) -> Result<Vec<JournalEntry>, StoreError> {
    let (above, through) = (signed(above)?, signed(through)?);
    sqlx::query!(
        "UPDATE chain_block SET final = true WHERE canonical AND number > $1 AND number <= $2",
        above,
        through
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT chain_log.seq, chain_log.block_number AS "block_number!: Db<u64>",
                  chain_log.block_hash AS "block_hash!: Db<B256>",
                  chain_block."timestamp" AS "timestamp!: Db<u64>",
                  chain_log.transaction_hash AS "transaction_hash!: Db<B256>", chain_log.topics,
                  chain_log.data
           FROM chain_log JOIN chain_block ON chain_block.hash = chain_log.block_hash
           WHERE chain_block.canonical AND chain_block.number > $1 AND chain_block.number <= $2
           ORDER BY chain_log.block_number, chain_log.log_index"#,
        above,
        through
    )
    .fetch_all(connection)
    .await?;
    let mut entries = Vec::new();
    let (mut parts, mut parts_of) = (Vec::new(), B256::ZERO);
    for row in rows {
        let transaction_hash = row.transaction_hash.0;
        let topics: Result<Vec<B256>, StoreError> = row
            .topics
            .iter()
            .map(|topic| hash(topic, "chain_log.topics"))
            .collect();
        let data = LogData::new_unchecked(topics?, Bytes::from(row.data));
        if transaction_hash != parts_of {
            parts.clear();
            parts_of = transaction_hash;
        }
        let Some(seq) = row.seq else {
            parts.push(data);
            continue;
        };
        entries.push(JournalEntry {
            seq: natural(seq, "chain_log.seq")?,
            block_number: row.block_number.0,
            block_hash: row.block_hash.0,
            timestamp: row.timestamp.0,
            transaction_hash,
            data,
            parts: std::mem::take(&mut parts),
        });
    }
    Ok(entries)
}

/// A natural number for a column of 64 bits.
pub(crate) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::corrupt("a chain's number above 2^63"))
}

fn index(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| StoreError::corrupt("a log's index above 2^31"))
}
