//! What the reconciler reads and writes between its runs: active processes, their progress, gas costs.

use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256, FixedBytes};
use audit::checks::{Check, Finding, Severity};
use serde_json::Value;
use sqlx::{PgConnection, PgTransaction};

use super::findings::{Opened, stop, upsert};
use super::position::{Cursor, LOGS_AT_ONCE, list_logs};
use crate::chain_log::{StoredLog, signed};
use crate::column::Db;
use crate::deployment::{address, natural};
use crate::{DbAmount, StoreError, alert};

/// Who works, and how far everyone is. Ages are in seconds, by the database's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// By lease, seconds since it ran out; 0 while someone holds it.
    pub leases: Vec<(String, u64)>,
    /// The listener's checkpoint, once there is one.
    pub checkpoint: Option<CheckpointAge>,
    /// For how long the oldest entry of the inbox waits to be posted.
    pub unposted_seconds: Option<u64>,
}

/// The listener's checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointAge {
    /// Height of the newest block.
    pub head_number: u64,
    /// Height of the newest final block.
    pub final_number: u64,
    /// Its hash.
    pub final_hash: B256,
    /// The journal's sequence there.
    pub final_seq: u64,
    /// The journal's root there.
    pub final_root: FixedBytes<24>,
    /// Its time.
    pub final_timestamp: u64,
    /// Since it moved.
    pub unchanged_seconds: u64,
}

/// An attempt of ours that is final, with the fee that is booked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedFee {
    /// Who sent it.
    pub sender: Address,
    /// The transaction.
    pub transaction_hash: B256,
    /// The block that includes it.
    pub block_number: u64,
    /// Gas and wei for each unit, once a receipt said so.
    pub booked: Option<(u64, u128)>,
}

/// Reads who works and how far everyone is.
pub async fn find_standing(connection: &mut PgConnection) -> Result<Standing, StoreError> {
    let leases = sqlx::query!(
        r#"SELECT name,
                  greatest(0, extract(epoch FROM clock_timestamp() - expires_at))::bigint AS "expired!: Db<u64>"
           FROM lease"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let checkpoint = sqlx::query_as!(
        CheckpointAge,
        r#"SELECT head_number AS "head_number!: Db<u64>", final_number AS "final_number!: Db<u64>",
                  final_hash AS "final_hash!: Db<B256>", final_seq AS "final_seq!: Db<u64>",
                  final_root AS "final_root!: Db<FixedBytes<24>>",
                  final_timestamp AS "final_timestamp!: Db<u64>",
                  greatest(0, extract(epoch FROM clock_timestamp() - updated_at))::bigint
                      AS "unchanged_seconds!: Db<u64>"
           FROM checkpoint"#
    )
    .fetch_optional(&mut *connection)
    .await?;
    let unposted = sqlx::query_scalar!(
        r#"SELECT greatest(0, extract(epoch FROM clock_timestamp() - received_at))::bigint AS "age!"
           FROM inbox WHERE fact_seq IS NULL AND NOT quarantined ORDER BY id LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    Ok(Standing {
        leases: leases.into_iter().map(|row| (row.name, row.expired.0)).collect(),
        checkpoint,
        unposted_seconds: unposted
            .map(|age| natural(age, "inbox.received_at"))
            .transpose()?,
    })
}

/// Accounts that send our transactions.
pub async fn list_sending_accounts(connection: &mut PgConnection) -> Result<Vec<Address>, StoreError> {
    let rows = sqlx::query_scalar!("SELECT address FROM sender_account ORDER BY address")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|bytes| address(bytes, "sender_account.address"))
        .collect()
}

/// Attempts that blocks of these heights include, as far as it is known.
pub async fn list_booked_fees(
    connection: &mut PgConnection,
    heights: RangeInclusive<u64>,
) -> Result<Vec<BookedFee>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT s.sender AS "sender!: Db<Address>", a.transaction_hash AS "transaction_hash!: Db<B256>",
                  a.included_block AS "block!: Db<u64>",
                  a.gas_used AS "gas_used!: Db<Option<u64>>", a.gas_price AS "gas_price: DbAmount"
           FROM attempt AS a JOIN submission AS s ON s.id = a.submission_id
           WHERE a.included_block BETWEEN $1 AND $2 ORDER BY a.included_block, s.nonce"#,
        signed(*heights.start())?,
        signed(*heights.end())?,
    )
    .fetch_all(connection)
    .await?;
    let fees = rows.into_iter().map(|row| BookedFee {
        sender: row.sender.0,
        transaction_hash: row.transaction_hash.0,
        block_number: row.block.0,
        booked: (row.gas_used.0).zip(row.gas_price.map(|price| price.0.base_units())),
    });
    Ok(fees.collect())
}

/// Final logs of blocks of these heights.
pub async fn list_final_logs(
    transaction: &mut PgTransaction<'_>,
    heights: RangeInclusive<u64>,
) -> Result<Vec<StoredLog>, StoreError> {
    let mut after = Cursor {
        block_number: heights.start().saturating_sub(1),
        log_index: None,
    };
    let mut logs = Vec::new();
    loop {
        let page = list_logs(transaction, after, *heights.end()).await?;
        let is_last = page.len() < LOGS_AT_ONCE;
        logs.extend(page);
        match logs.last() {
            Some(last) if !is_last => {
                (after.block_number, after.log_index) = (last.block_number, Some(last.log_index));
            }
            Some(_) | None => return Ok(logs),
        }
    }
}

/// Stores what a round between runs found: what it no longer sees of a check has ended. What is grave stops settlement.
/// Returns findings that are new.
pub async fn insert_round(
    transaction: &mut PgTransaction<'_>,
    check: Check,
    findings: &[Finding],
    at: &Value,
) -> Result<Vec<Opened>, StoreError> {
    let mut raised = Vec::new();
    for finding in findings {
        let is_new = upsert(transaction, None, finding).await?;
        if !is_new || alert::is_told_at_once(finding.severity) {
            alert::raise(transaction, finding, at).await?;
        }
        if finding.severity == Severity::S1 {
            stop(transaction, finding).await?;
        }
        if is_new {
            raised.push(Opened {
                check: check.id().to_owned(),
                subject: finding.subject.clone(),
                severity: finding.severity.name().to_owned(),
            });
        }
    }
    Ok(raised)
}

/// Closes the open findings of a check except those about these subjects; returns what has ended.
pub async fn resolve_others(
    transaction: &mut PgTransaction<'_>,
    check: Check,
    still_open: &[String],
) -> Result<Vec<String>, StoreError> {
    let over = sqlx::query_scalar!(
        "UPDATE reconciliation_finding SET resolved_at = now()
         WHERE resolved_at IS NULL AND check_id = $1 AND NOT subject = ANY($2) RETURNING subject",
        check.id(),
        still_open,
    )
    .fetch_all(&mut **transaction)
    .await?;
    for subject in &over {
        alert::resolve(transaction, check.id(), subject).await?;
    }
    Ok(over)
}

/// Subjects of the open findings of a check.
pub async fn list_open_subjects(
    connection: &mut PgConnection,
    check: Check,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT subject FROM reconciliation_finding WHERE resolved_at IS NULL AND check_id = $1 ORDER BY id",
        check.id()
    )
    .fetch_all(connection)
    .await?)
}
