//! The posting worker's memory, kept between two runs, and what of the books it is compared with before it is used.
//!
//! Not responsible for what the bytes mean.

use std::ops::Range;

use alloy_primitives::{Address, B256, keccak256};
use ledger::{Account, UserId};
use money::Amount;
use plan::{DepositId, DepositKind};
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::hash;
use crate::posting::{DepositIndex, Tail};
use crate::{DbAmount, StoreError};

/// Bytes of one row: few statements, and far from PostgreSQL's largest value.
const CHUNK_BYTES: usize = 4 << 20;

/// Snapshots that are kept: one to read while the next is written.
const KEPT: i64 = 2;

/// A snapshot without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The last fact that it knows.
    pub fact_seq: u64,
    /// The batch that ends with it.
    pub batch_seq: u64,
    /// The hash of that batch.
    pub batch_hash: B256,
    /// Journal sequence of the last fact that came from the chain.
    pub chain_seq: u64,
    /// The plan in force.
    pub plan_hash: B256,
    /// How the bytes are to be read.
    pub format: u32,
}

/// A snapshot that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it is of.
    pub header: Header,
    /// keccak256 of its bytes.
    digest: B256,
    /// Whether this ledger has exactly that batch.
    pub is_of_this_ledger: bool,
}

impl Header {
    /// Of the memory at the end of what is posted.
    pub const fn of(tail: &Tail, plan_hash: B256, format: u32) -> Self {
        Self {
            fact_seq: tail.fact_seq,
            batch_seq: tail.batch_seq,
            batch_hash: tail.hash,
            chain_seq: tail.chain_seq,
            plan_hash,
            format,
        }
    }
}

/// Stores a snapshot, and removes those that are too old to be needed.
pub async fn insert(
    transaction: &mut PgTransaction<'_>,
    header: &Header,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let int =
        |number: usize| i32::try_from(number).map_err(|_| StoreError::corrupt("a snapshot of 2^31 chunks"));
    let digest = keccak256(bytes);
    sqlx::query!(
        "INSERT INTO posting_snapshot (fact_seq, batch_seq, batch_hash, chain_seq, plan_hash, format, digest, chunks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        signed(header.fact_seq)?,
        signed(header.batch_seq)?,
        header.batch_hash.as_slice(),
        signed(header.chain_seq)?,
        header.plan_hash.as_slice(),
        i32::try_from(header.format).map_err(|_| StoreError::corrupt("posting_snapshot.format"))?,
        digest.as_slice(),
        int(bytes.len().div_ceil(CHUNK_BYTES))?,
    )
    .execute(&mut **transaction)
    .await?;
    for (number, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
        sqlx::query!(
            "INSERT INTO posting_snapshot_chunk (fact_seq, number, bytes) VALUES ($1, $2, $3)",
            signed(header.fact_seq)?,
            int(number)?,
            chunk,
        )
        .execute(&mut **transaction)
        .await?;
    }
    sqlx::query!(
        "DELETE FROM posting_snapshot
         WHERE fact_seq NOT IN (SELECT fact_seq FROM posting_snapshot ORDER BY kept_at DESC, fact_seq DESC LIMIT $1)",
        KEPT
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// What is stored, newest first.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT s.fact_seq AS "fact_seq!: Db<u64>", s.batch_seq AS "batch_seq!: Db<u64>",
                  s.batch_hash AS "batch_hash!: Db<B256>", s.chain_seq AS "chain_seq!: Db<u64>",
                  s.plan_hash AS "plan_hash!: Db<B256>", s.format, s.digest AS "digest!: Db<B256>",
                  EXISTS (SELECT FROM posting_batch AS b WHERE b.seq = s.batch_seq AND b.hash = s.batch_hash
                      AND b.last_fact = s.fact_seq) AS "is_of_this_ledger!"
           FROM posting_snapshot AS s ORDER BY s.fact_seq DESC"#
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Stored {
                header: Header {
                    fact_seq: row.fact_seq.0,
                    batch_seq: row.batch_seq.0,
                    batch_hash: row.batch_hash.0,
                    chain_seq: row.chain_seq.0,
                    plan_hash: row.plan_hash.0,
                    format: u32::try_from(row.format)
                        .map_err(|_| StoreError::corrupt("posting_snapshot.format"))?,
                },
                digest: row.digest.0,
                is_of_this_ledger: row.is_of_this_ledger,
            })
        })
        .collect()
}

/// The bytes of a snapshot.
///
/// # Errors
/// They are not those that were stored.
pub async fn fetch_bytes(connection: &mut PgConnection, stored: &Stored) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    for number in 0.. {
        let chunk = sqlx::query_scalar!(
            "SELECT bytes FROM posting_snapshot_chunk WHERE fact_seq = $1 AND number = $2",
            signed(stored.header.fact_seq)?,
            number,
        )
        .fetch_optional(&mut *connection)
        .await?;
        match chunk {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => break,
        }
    }
    if keccak256(&bytes) != stored.digest {
        return Err(StoreError::corrupt("posting_snapshot_chunk.bytes"));
    }
    Ok(bytes)
}

/// Every deposit through a fact, as posting remembers them.
///
/// # Errors
/// They have a gap.
pub async fn list_deposits(
    connection: &mut PgConnection,
    through_fact: u64,
) -> Result<DepositIndex, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, user_id, fact_seq AS "fact_seq!: Db<u64>"
           FROM deposit WHERE fact_seq <= $1 ORDER BY id"#,
        signed(through_fact)?
    )
    .fetch_all(connection)
    .await?;
    let mut deposits = DepositIndex::default();
    for (row, expected) in rows.into_iter().zip(1i32..) {
        let kind = match row.kind.as_str() {
            "registration" => DepositKind::Registration,
            "retopup" => DepositKind::Retopup,
            _ => return Err(StoreError::corrupt("deposit.kind")),
        };
        if row.id != expected {
            return Err(StoreError::corrupt("deposit.id"));
        }
        let user = user_id(row.user_id)?;
        deposits.push(user, kind, row.fact_seq.0);
    }
    Ok(deposits)
}

/// A user of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedUser {
    /// The user.
    pub user: UserId,
    /// The wallet.
    pub wallet: Address,
    /// What the user has available, what batches hold back included.
    pub available: Amount,
}

/// Users of the books with these numbers.
pub async fn list_users(
    connection: &mut PgConnection,
    numbers: Range<i32>,
) -> Result<Vec<BookedUser>, StoreError> {
    let first = Account::Available(user_id(numbers.start)?).id().get();
    let rows = sqlx::query!(
        r#"SELECT u.id, u.wallet AS "wallet!: Db<Address>",
                  (SELECT b.credits_posted - b.debits_posted FROM balance AS b
                      WHERE b.account_id = $3::bigint + (u.id - $1)::bigint) AS "available: DbAmount"
           FROM users AS u WHERE u.id >= $1 AND u.id < $2 ORDER BY u.id"#,
        numbers.start,
        numbers.end,
        first,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(BookedUser {
                user: user_id(row.id)?,
                wallet: row.wallet.0,
                available: row.available.map_or(Amount::ZERO, |available| available.0),
            })
        })
        .collect()
}

/// Deposits of the books with these numbers, by their reference.
pub async fn list_references(
    connection: &mut PgConnection,
    numbers: Range<i32>,
) -> Result<Vec<(DepositId, B256)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT id, ref FROM deposit WHERE id >= $1 AND id < $2 ORDER BY id",
        numbers.start,
        numbers.end
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = u32::try_from(row.id).ok().and_then(DepositId::new);
            let id = id.ok_or(StoreError::corrupt("deposit.id"))?;
            Ok((id, hash(&row.r#ref, "deposit.deposit_ref")?))
        })
        .collect()
}

fn user_id(number: i32) -> Result<UserId, StoreError> {
    let user = u32::try_from(number).ok().and_then(UserId::new);
    user.ok_or(StoreError::corrupt("users.id"))
}
