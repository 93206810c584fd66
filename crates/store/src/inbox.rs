//! Causes, as they arrive: stored under a natural key, so that a repeat changes nothing.
//!
//! Not responsible for their order as facts; the posting worker numbers them.

mod commands;
mod continuation;
mod waiting;

use alloy_primitives::{Address, B256};
use plan::{Cause, Report};
use sqlx::PgTransaction;
use thiserror::Error;

pub use commands::{any_command, check_key, find_command, insert_command, insert_proposed, insert_signed};

use crate::StoreError;
pub use crate::announcement::CHANNEL;
use crate::announcement::announce;
use crate::cause_json::{self, CauseText};
use crate::deployment::{hash, natural};
pub use continuation::continue_fact;
pub use waiting::{Waiting, find_day_end, list_waiting};

/// Length of the longest idempotency key: enough for any scheme of a client, too short to be abused as storage.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// A block by number and hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockRef {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// A finalized journal entry of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEntry {
    /// Journal sequence, from 1.
    pub seq: u64,
    /// The block that contains it.
    pub block: BlockRef,
    /// The transaction that caused it.
    pub transaction_hash: B256,
    /// Timestamp of the block, seconds since 1970-01-01 UTC.
    pub effective_at: u64,
    /// What happened.
    pub cause: Cause,
}

/// A user's or an operator's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Who commands.
    pub actor: Address,
    /// The actor's own name for this command; a repeat is the same command.
    pub idempotency_key: &'a str,
    /// When it was accepted, seconds since 1970-01-01 UTC.
    pub effective_at: u64,
    /// What is to happen.
    pub cause: Cause,
}

/// Where a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id in the inbox.
    pub inbox_id: i64,
    /// Its number as a fact, once it is posted.
    pub fact_seq: Option<u64>,
}

/// Why a cause was not stored.
#[derive(Debug, Error)]
pub enum InboxError {
    /// A journal sequence came again with another content or in another block.
    #[error("the journal entry {seq} is already stored with different content")]
    JournalContradicts {
        /// Which.
        seq: u64,
    },
    /// An idempotency key came again with another content.
    #[error("the idempotency key was already used for a different command")]
    KeyReused,
    /// An idempotency key that is empty, too long or not printable ASCII.
    #[error("an idempotency key has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable ASCII characters")]
    KeyMalformed,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

crate::from_sqlx!(InboxError);

/// Stores journal entries in the order of their sequence and returns how many of them are new.
///
/// # Errors
/// [`InboxError::JournalContradicts`] when one was stored before with another content or from another block.
pub async fn insert(transaction: &mut PgTransaction<'_>, entries: &[ChainEntry]) -> Result<u64, InboxError> {
    if entries.is_empty() {
        return Ok(0);
    }
    let columns = ChainColumns::of(entries)?;
    let inserted = columns.insert(transaction).await?;
    if inserted < entries.len() as u64 {
        columns.refuse_contradictions(transaction).await?;
    }
    if inserted > 0 {
        announce(transaction).await?;
    }
    Ok(inserted)
}

/// Entries, column by column.
#[derive(Default)]
struct ChainColumns<'a> {
    keys: Vec<String>,
    payloads: Vec<String>,
    fingerprints: Vec<B256>,
    effective_at: Vec<i64>,
    seqs: Vec<i64>,
    block_numbers: Vec<i64>,
    block_hashes: Vec<&'a [u8]>,
    transaction_hashes: Vec<&'a [u8]>,
}

impl<'a> ChainColumns<'a> {
    fn of(entries: &'a [ChainEntry]) -> Result<Self, StoreError> {
        let number =
            |number: u64| i64::try_from(number).map_err(|_| StoreError::corrupt("a chain number above 2^63"));
        let mut columns = Self::default();
        for entry in entries {
            let CauseText { text, fingerprint } = cause_json::write(&entry.cause);
            columns.keys.push(entry.seq.to_string());
            columns.payloads.push(text);
            columns.fingerprints.push(fingerprint);
            columns.effective_at.push(number(entry.effective_at)?);
            columns.seqs.push(number(entry.seq)?);
            columns.block_numbers.push(number(entry.block.number)?);
            columns.block_hashes.push(entry.block.hash.as_slice());
            columns.transaction_hashes.push(entry.transaction_hash.as_slice());
        }
        Ok(columns)
    }

    fn fingerprints(&self) -> Vec<&[u8]> {
        self.fingerprints.iter().map(B256::as_slice).collect()
    }

    async fn insert(&self, transaction: &mut PgTransaction<'_>) -> Result<u64, StoreError> {
        let inserted = sqlx::query!(
            "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at,
                 chain_seq, block_number, block_hash, transaction_hash)
             SELECT 'chain', e.natural_key, e.payload::jsonb, e.fingerprint, e.effective_at,
                 e.chain_seq, e.block_number, e.block_hash, e.transaction_hash
             FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[],
                 $7::bytea[], $8::bytea[])
                 AS e (natural_key, payload, fingerprint, effective_at, chain_seq, block_number, block_hash,
                     transaction_hash)
             ORDER BY e.chain_seq
             ON CONFLICT (source, natural_key) DO NOTHING",
            &self.keys,
            &self.payloads,
            &self.fingerprints() as &[&[u8]],
            &self.effective_at,
            &self.seqs,
            &self.block_numbers,
            &self.block_hashes as &[&[u8]],
            &self.transaction_hashes as &[&[u8]],
        )
        .execute(&mut **transaction)
        .await?;
        Ok(inserted.rows_affected())
    }

    async fn refuse_contradictions(&self, transaction: &mut PgTransaction<'_>) -> Result<(), InboxError> {
        let contradiction = sqlx::query_scalar!(
            "SELECT i.chain_seq AS \"seq!\"
             FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS e (chain_seq, fingerprint, block_hash)
             JOIN inbox AS i ON i.chain_seq = e.chain_seq
             WHERE i.fingerprint <> e.fingerprint OR i.block_hash <> e.block_hash
             ORDER BY i.chain_seq
             LIMIT 1",
            &self.seqs,
            &self.fingerprints() as &[&[u8]],
            &self.block_hashes as &[&[u8]],
        )
        .fetch_optional(&mut **transaction)
        .await?;
        match contradiction {
            Some(seq) => Err(InboxError::JournalContradicts {
                seq: natural(seq, "inbox.chain_seq")?,
            }),
            None => Ok(()),
        }
    }
}

/// A cause that has, or is about to get, a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id in the inbox.
    pub id: i64,
    /// What happened.
    pub cause: Cause,
    /// Its fingerprint, as stored.
    pub fingerprint: B256,
    /// Seconds since 1970-01-01 UTC.
    pub effective_at: u64,
    /// Journal sequence and block, if it is of the chain.
    pub chain: Option<(u64, BlockRef)>,
    /// The transaction that caused it, if it is of the chain.
    pub transaction_hash: Option<B256>,
}

impl Entry {
    /// The block of which it is, if it is of the chain.
    pub fn block(&self) -> Option<BlockRef> {
        self.chain.map(|(_, block)| block)
    }

    /// Whether a person or a process commands it. The end of a day is no command: it is as certain as the chain's clock. Nor
    /// is what follows from the fact before.
    pub const fn is_command(&self) -> bool {
        self.chain.is_none()
            && !matches!(
                self.cause,
                Cause::Reported(Report::DayEnded { .. }) | Cause::Continued { .. }
            )
    }
}

/// The chain's part of a stored cause: all of it or nothing, as a constraint of the table says.
pub(crate) fn chain_of(
    seq: Option<i64>,
    block_number: Option<i64>,
    block_hash: Option<&[u8]>,
) -> Result<Option<(u64, BlockRef)>, StoreError> {
    let (Some(seq), Some(number), Some(block_hash)) = (seq, block_number, block_hash) else {
        return Ok(None);
    };
    let block = BlockRef {
        number: natural(number, "inbox.block_number")?,
        hash: hash(block_hash, "inbox.block_hash")?,
    };
    Ok(Some((natural(seq, "inbox.chain_seq")?, block)))
}

/// The stored transaction of a cause, if it is of the chain.
pub(crate) fn transaction_of(stored: Option<&[u8]>) -> Result<Option<B256>, StoreError> {
    stored
        .map(|bytes| hash(bytes, "inbox.transaction_hash"))
        .transpose()
}
