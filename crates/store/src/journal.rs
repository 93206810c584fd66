//! The final part of the contract's journal, as the listener stored it: what a cause of the chain has to be.
//!
//! Not responsible for what a log means.

use alloy_primitives::{B256, Bytes, LogData};
use sqlx::PgConnection;

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::{hash, natural};

/// A block that is canonical and final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalBlock {
    /// Its hash.
    pub hash: B256,
    /// Its height.
    pub number: u64,
    /// Its timestamp, in seconds since 1970-01-01 UTC.
    pub timestamp: u64,
}

/// A log of the contract, in whatever block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Journal sequence, when it is the main event of its call.
    pub seq: Option<u64>,
    /// Hash of its block.
    pub block_hash: B256,
    /// Transaction that emitted it.
    pub transaction_hash: B256,
    /// Topics and data.
    pub data: LogData,
}

struct Row {
    seq: Option<i64>,
    block_hash: Vec<u8>,
    transaction_hash: Vec<u8>,
    topics: Vec<Vec<u8>>,
    data: Vec<u8>,
}

impl Row {
    fn read(self) -> Result<Log, StoreError> {
        let topics = self.topics.iter().map(|topic| hash(topic, "chain_log.topics"));
        let topics = topics.collect::<Result<Vec<_>, _>>()?;
        Ok(Log {
            seq: self.seq.map(|seq| natural(seq, "chain_log.seq")).transpose()?,
            block_hash: hash(&self.block_hash, "chain_log.block_hash")?,
            transaction_hash: hash(&self.transaction_hash, "chain_log.transaction_hash")?,
            data: LogData::new_unchecked(topics, Bytes::from(self.data)),
        })
    }
}

/// The logs with these journal numbers, those of abandoned branches included. A scan of one range of one index, and no join:
/// every posted entry passes here.
pub async fn list_entries(
    connection: &mut PgConnection,
    first: u64,
    last: u64,
) -> Result<Vec<Log>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT seq, block_hash, transaction_hash, topics, data FROM chain_log WHERE seq BETWEEN $1 AND $2",
        signed(first)?,
        signed(last)?
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Which of these blocks are canonical and final.
pub async fn list_final_blocks(
    connection: &mut PgConnection,
    blocks: &[B256],
) -> Result<Vec<FinalBlock>, StoreError> {
    let blocks: Vec<&[u8]> = blocks.iter().map(B256::as_slice).collect();
    Ok(sqlx::query_as!(
        FinalBlock,
        r#"SELECT hash AS "hash!: Db<B256>", number AS "number!: Db<u64>", "timestamp" AS "timestamp!: Db<u64>"
           FROM chain_block WHERE hash = ANY($1) AND canonical AND final"#,
        &blocks as &[&[u8]]
    )
    .fetch_all(connection)
    .await?)
}

/// All logs of these transactions in final blocks, in the chain's order.
pub async fn list_transactions(
    connection: &mut PgConnection,
    transactions: &[B256],
) -> Result<Vec<Log>, StoreError> {
    let transactions: Vec<&[u8]> = transactions.iter().map(B256::as_slice).collect();
    let rows = sqlx::query_as!(
        Row,
        "SELECT l.seq, l.block_hash, l.transaction_hash, l.topics, l.data
         FROM chain_log AS l
         JOIN chain_block AS b ON b.hash = l.block_hash AND b.canonical AND b.final
         WHERE l.transaction_hash = ANY($1)
         ORDER BY b.number, l.log_index",
        &transactions as &[&[u8]]
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::read).collect()
}
