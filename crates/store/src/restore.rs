//! A copy of a ledger brought back to an earlier fact: the copy itself, what is emptied before facts are posted again, and what
//! is put back afterwards.
//!
//! Nothing here touches the database that is copied. Not responsible for posting again, nor for which entries are true.

use alloy_primitives::B256;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgTransaction};

use crate::StoreError;
use crate::cause_json;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::natural;
use crate::inbox::{BlockRef, ChainEntry};

/// Longest name of a database in PostgreSQL.
const NAME_BYTES_MAX: usize = 63;

/// Tables whose rows all follow from facts: emptied, and posted again.
const DERIVED: [&str; 34] = [
    "account",
    "accrual",
    "balance",
    "binary_pair",
    "claim",
    "component_effect",
    "continued_fact",
    "deposit",
    "discrepancy",
    "due",
    "fact",
    "figure_count",
    "figures",
    "funded_start",
    "kind_total",
    "member_record",
    "paid_total",
    "participant_figures",
    "payout",
    "pending_resolution",
    "pool_node",
    "pool_tree",
    "posting_batch",
    "posting_snapshot",
    "posting_snapshot_chunk",
    "record_start",
    "reserve_choice",
    "reward",
    "reward_forfeited",
    "transfer",
    "user_income",
    "users",
    "withholding_record",
    "withholding_year",
];

/// Tables that say what people, the chain and other processes did. What of them follows from facts is put back to what it was
/// without (`payout_batch`, `liabilities_root`, `inbox`), the rest stays as it is.
const KEPT: [&str; 40] = [
    "_sqlx_migrations",
    "alert",
    "allowed_transition",
    "approval",
    "attempt",
    "attestation",
    "audit_log",
    "audit_seal",
    "authorization_request",
    "chain_block",
    "chain_log",
    "checkpoint",
    "deployment",
    "disclosure",
    "inbox",
    "inbox_quarantine",
    "lease",
    "liabilities_leaf",
    "liabilities_node",
    "liabilities_request",
    "liabilities_root",
    "login_nonce",
    "operator",
    "operator_before",
    "payout_batch",
    "proposal",
    "reconciliation_finding",
    "reconciliation_run",
    "relay",
    "relay_attempt",
    "relayer",
    "reorganization",
    "replay_request",
    "sender_account",
    "session",
    "session_family",
    "settlement_stop",
    "sign_request",
    "submission",
    "submission_event",
];

/// Kept, except rows of users that the facts no longer have.
const KEPT_FOR_USERS: &str = "withdrawal_request";

/// A posting batch as it was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostedBatch {
    /// Its number.
    pub seq: u64,
    /// Its first fact.
    pub first_fact: u64,
    /// Its last fact.
    pub last_fact: u64,
    /// The last block whose facts were all posted.
    pub block: BlockRef,
    /// Its place in the hash chain.
    pub hash: B256,
}

/// Whether a text is a name of a database that needs no quotes.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(plain)
}

/// Copies a database that nobody is connected to.
///
/// # Errors
/// Someone is connected to it, the name is taken, or the role may not create databases.
///
/// # Panics
/// Names that are not [`is_plain_name`].
pub async fn copy_database(maintenance: &mut PgConnection, from: &str, into: &str) -> Result<(), StoreError> {
    assert!(is_plain_name(from) && is_plain_name(into), "{from}, {into}");
    execute(maintenance, &format!("CREATE DATABASE {into} TEMPLATE {from}")).await
}

/// Drops a copy that is of no use.
///
/// # Errors
/// The database does not respond.
///
/// # Panics
/// A name that is not [`is_plain_name`].
pub async fn drop_database(maintenance: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    assert!(is_plain_name(name), "{name}");
    execute(
        maintenance,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await
}

async fn execute(connection: &mut PgConnection, statement: &str) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Who uses the database: leases that are held, and how many others are connected.
pub async fn list_occupants(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT 'the lease ' || name || ' is held by ' || holder AS "user!" FROM lease
           WHERE expires_at > clock_timestamp()
           UNION ALL
           SELECT coalesce(usename::text, 'somebody') || ' is connected' FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"#
    )
    .fetch_all(connection)
    .await?)
}

/// Tables of which this program does not say what a restoration does with them.
pub async fn list_unknown_tables(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let known: Vec<String> = DERIVED
        .iter()
        .chain(&KEPT)
        .chain([&KEPT_FOR_USERS])
        .map(|name| (*name).to_owned())
        .collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT relname::text AS "name!" FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relname = ANY($1)
           ORDER BY relname"#,
        &known
    )
    .fetch_all(connection)
    .await?)
}

/// The posting batches that have a fact up to this one, in order.
pub async fn list_batches(
    connection: &mut PgConnection,
    to_fact: u64,
) -> Result<Vec<PostedBatch>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!: Db<u64>", first_fact AS "first_fact!: Db<u64>",
                  last_fact AS "last_fact!: Db<u64>", block_number AS "block_number!: Db<u64>",
                  block_hash AS "block_hash!: Db<B256>", hash AS "hash!: Db<B256>"
           FROM posting_batch
         WHERE first_fact <= $1 ORDER BY seq"#,
        signed(to_fact)?
    )
    .fetch_all(connection)
    .await?;
    let batches = rows.into_iter().map(|row| PostedBatch {
        seq: row.seq.0,
        first_fact: row.first_fact.0,
        last_fact: row.last_fact.0,
        block: BlockRef {
            number: row.block_number.0,
            hash: row.block_hash.0,
        },
        hash: row.hash.0,
    });
    Ok(batches.collect())
}

/// What was taken out of the way, to be put back by [`put_back`].
#[derive(Debug)]
pub struct Emptied {
    foreign_keys: Vec<(String, String, String)>,
}

/// Empties everything that follows from facts; every cause waits.
pub async fn empty(transaction: &mut PgTransaction<'_>) -> Result<Emptied, StoreError> {
    let derived: Vec<String> = DERIVED.iter().map(|name| (*name).to_owned()).collect();
    let foreign_keys = sqlx::query!(
        r#"SELECT format('%I', t.relname) AS "table!", format('%I', c.conname) AS "name!",
                  pg_get_constraintdef(c.oid) AS "definition!"
           FROM pg_constraint AS c
           JOIN pg_class AS t ON t.oid = c.conrelid
           JOIN pg_class AS r ON r.oid = c.confrelid
           WHERE c.contype = 'f' AND r.relname = ANY($1) AND NOT t.relname = ANY($1)"#,
        &derived
    )
    .fetch_all(&mut **transaction)
    .await?;
    let foreign_keys: Vec<_> = foreign_keys
        .into_iter()
        .map(|row| (row.table, row.name, row.definition))
        .collect();
    for (table, name, _) in &foreign_keys {
        execute(
            transaction,
            &format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
        )
        .await?;
    }
    execute(transaction, &format!("TRUNCATE {}", DERIVED.join(", "))).await?;
    // What a batch was sealed with is another number than what was held for it, when a claim came in between.
    execute(
        transaction,
        "CREATE TEMPORARY TABLE sealed ON COMMIT DROP AS
         SELECT batch_id, count, total FROM payout_batch WHERE list_hash IS NOT NULL;
         UPDATE inbox SET fact_seq = NULL WHERE fact_seq IS NOT NULL;
         UPDATE payout_batch AS b
         SET held_fact = NULL, closed_fact = NULL,
             count = CASE WHEN list_hash IS NOT NULL THEN count END,
             total = CASE WHEN list_hash IS NOT NULL THEN total END,
             state = CASE
                 WHEN state = 'held' THEN 'requested'
                 WHEN closed_fact IS NULL THEN state
                 WHEN EXISTS (SELECT FROM submission AS s WHERE s.kind = 'batch' AND s.subject = b.batch_id)
                     AND signature IS NOT NULL THEN 'submitting'
                 WHEN signature IS NOT NULL THEN 'signed'
                 WHEN approved_by IS NOT NULL AND list_hash IS NOT NULL THEN 'approved'
                 WHEN list_hash IS NOT NULL THEN 'sealed'
                 ELSE 'requested'
             END;
         UPDATE liabilities_root
         SET claimable_from = NULL, published_fact = NULL, vetoed_fact = NULL,
             state = CASE
                 WHEN state NOT IN ('published', 'vetoed') THEN state
                 WHEN signature IS NOT NULL THEN 'signed'
                 WHEN approved_by IS NOT NULL THEN 'approved'
                 ELSE 'built'
             END",
    )
    .await?;
    Ok(Emptied { foreign_keys })
}

/// Restores what is not posted again. Returns how many rows were dropped because the facts no longer have their user.
///
/// # Errors
/// A row that refers to what is no longer there.
pub async fn put_back(transaction: &mut PgTransaction<'_>, emptied: &Emptied) -> Result<u64, StoreError> {
    execute(
        transaction,
        "UPDATE payout_batch AS b SET count = s.count, total = s.total FROM sealed AS s WHERE s.batch_id = b.batch_id",
    )
    .await?;
    let gone = sqlx::query!(
        "DELETE FROM withdrawal_request WHERE NOT EXISTS (SELECT FROM users WHERE users.id = withdrawal_request.user_id)"
    )
    .execute(&mut **transaction)
    .await?;
    for (table, name, definition) in &emptied.foreign_keys {
        let statement = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}");
        execute(transaction, &statement).await?;
    }
    Ok(gone.rows_affected())
}

/// A journal entry that waits.
#[derive(Clone, Debug)]
pub struct WaitingEntry {
    /// Its number.
    pub seq: u64,
    /// The entry, if it can be read and has the fingerprint of its cause.
    pub entry: Option<ChainEntry>,
}

/// At most `limit` journal entries above `seq` that wait, in the order of their numbers.
pub async fn list_waiting_entries(
    connection: &mut PgConnection,
    seq: u64,
    limit: usize,
) -> Result<Vec<WaitingEntry>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT payload::text AS "payload!", fingerprint, effective_at, chain_seq AS "chain_seq!: Db<u64>",
                  block_number AS "block_number!", block_hash AS "block_hash!",
                  transaction_hash AS "transaction_hash!"
           FROM inbox WHERE fact_seq IS NULL AND chain_seq > $1 ORDER BY chain_seq LIMIT $2"#,
        signed(seq)?,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let seq = row.chain_seq.0;
            let cause = cause_json::read(&row.payload).ok();
            let cause =
                cause.filter(|cause| cause_json::write(cause).fingerprint == row.fingerprint.as_slice());
            let place = (
                u64::try_from(row.block_number).ok(),
                B256::try_from(row.block_hash.as_slice()).ok(),
                B256::try_from(row.transaction_hash.as_slice()).ok(),
                u64::try_from(row.effective_at).ok(),
            );
            let entry = match (place, cause) {
                ((Some(number), Some(hash), Some(transaction_hash), Some(effective_at)), Some(cause)) => {
                    Some(ChainEntry {
                        seq,
                        block: BlockRef { number, hash },
                        transaction_hash,
                        effective_at,
                        cause,
                    })
                }
                _ => None,
            };
            Ok(WaitingEntry { seq, entry })
        })
        .collect()
}

/// Removes the waiting journal entries above `seq`, with their logs, and returns the entries as they were.
pub async fn delete_entries(transaction: &mut PgTransaction<'_>, seq: u64) -> Result<Vec<Value>, StoreError> {
    let removed = sqlx::query_scalar!(
        r#"WITH removed AS (DELETE FROM inbox WHERE fact_seq IS NULL AND chain_seq > $1 RETURNING *)
           SELECT to_jsonb(removed) AS "row!" FROM removed ORDER BY chain_seq"#,
        signed(seq)?
    )
    .fetch_all(&mut **transaction)
    .await?;
    sqlx::query!("DELETE FROM chain_log WHERE seq > $1", signed(seq)?)
        .execute(&mut **transaction)
        .await?;
    Ok(removed)
}

/// Takes the record of the chain back to the last final block that ends at or before journal entry `seq`: the listener reads
/// everything above it again, also what it holds above finality. Returns that block's number; 0 when nothing is left and the
/// listener begins anew.
pub async fn rewind_record(transaction: &mut PgTransaction<'_>, seq: u64) -> Result<u64, StoreError> {
    let last = sqlx::query!(
        r#"SELECT b.number, b.hash FROM chain_block AS b JOIN checkpoint AS c ON b.number <= c.final_number
           WHERE b.canonical AND b.final AND b.seq_end <= $1 ORDER BY b.number DESC LIMIT 1"#,
        signed(seq)?
    )
    .fetch_optional(&mut **transaction)
    .await?;
    let number = last.as_ref().map_or(-1, |last| last.number);
    sqlx::query!(
        "DELETE FROM chain_log WHERE block_hash IN (SELECT hash FROM chain_block WHERE number > $1)",
        number
    )
    .execute(&mut **transaction)
    .await?;
    sqlx::query!("DELETE FROM chain_block WHERE number > $1", number)
        .execute(&mut **transaction)
        .await?;
    let Some(last) = last else {
        sqlx::query!("DELETE FROM checkpoint")
            .execute(&mut **transaction)
            .await?;
        return Ok(0);
    };
    sqlx::query!(
        r#"UPDATE checkpoint AS c
           SET head_number = b.number, head_hash = b.hash, final_number = b.number, final_hash = b.hash,
               final_timestamp = b."timestamp", final_seq = b.seq_end, final_root = b.root_end, updated_at = now()
           FROM chain_block AS b WHERE b.hash = $1"#,
        last.hash
    )
    .execute(&mut **transaction)
    .await?;
    natural(last.number, "chain_block.number")
}

/// The ends of what people and chain wrote: the same at two moments when nobody wrote in between.
pub async fn fetch_ends(connection: &mut PgConnection) -> Result<(i64, i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"SELECT coalesce((SELECT max(id) FROM inbox), 0) AS "inbox!",
                  coalesce((SELECT max(seq) FROM fact), 0) AS "fact!",
                  coalesce((SELECT max(id) FROM audit_log), 0) AS "audit!""#
    )
    .fetch_one(connection)
    .await?;
    Ok((row.inbox, row.fact, row.audit))
}

/// Notes in the copy that it was restored, and what is not in it any more.
pub async fn insert_audit(
    transaction: &mut PgTransaction<'_>,
    to_fact: u64,
    detail: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (actor, action, subject, detail) VALUES (current_user, 'ledger.restored', $1, $2)",
        to_fact.to_string(),
        detail
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
