//! Runs and findings: which are open, new or resolved; and the stop opened by a severe one.

use alloy_primitives::B256;
use audit::checks::{Finding, Severity};
use serde_json::json;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::{StoreError, alert};

/// A finding by its identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opened {
    /// Id of the check.
    pub check: String,
    /// What it is about.
    pub subject: String,
    /// Its severity.
    pub severity: String,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct RunRecord<'a> {
    /// The block that it looked at.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// The last fact that it looked at.
    pub fact_seq: u64,
    /// `clean`, `findings` or `skipped`.
    pub outcome: &'static str,
    /// By check id, as JSON.
    pub checks: serde_json::Value,
    /// When it started, in seconds since 1970-01-01 UTC.
    pub started_at: f64,
    /// What it found.
    pub findings: Vec<&'a Finding>,
    /// Ids of the checks that saw everything there is to see: what they did not find has ended.
    pub complete: Vec<&'static str>,
}

/// What storing a run changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Findings that were not open before.
    pub raised: Vec<Opened>,
    /// Findings that are open no longer.
    pub resolved: Vec<Opened>,
    /// Whether settlement was stopped by this run.
    pub stopped: bool,
}

/// Findings that are open.
pub async fn list_open(connection: &mut PgConnection) -> Result<Vec<Opened>, StoreError> {
    Ok(sqlx::query_as!(
        Opened,
        "SELECT check_id AS check, subject, severity FROM reconciliation_finding WHERE resolved_at IS NULL ORDER BY id"
    )
    .fetch_all(connection)
    .await?)
}

/// Stores a run, opens and closes findings, and stops settlement for every grave one that is new.
pub async fn insert_run(
    transaction: &mut PgTransaction<'_>,
    run: &RunRecord<'_>,
) -> Result<Stored, StoreError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO reconciliation_run (block_number, block_hash, fact_seq, outcome, checks, started_at)
         VALUES ($1, $2, $3, $4, $5, to_timestamp($6)) RETURNING id",
        signed(run.block_number)?,
        run.block_hash.as_slice(),
        signed(run.fact_seq)?,
        run.outcome,
        run.checks,
        run.started_at,
    )
    .fetch_one(&mut **transaction)
    .await?;
    let mut stored = Stored::default();
    let at = json!({
        "block_number": run.block_number,
        "block_hash": run.block_hash.to_string(),
        "fact_seq": run.fact_seq,
    });
    for finding in &run.findings {
        let is_new = upsert(transaction, Some(id), finding).await?;
        if !is_new || alert::is_told_at_once(finding.severity) {
            alert::raise(transaction, finding, &at).await?;
        }
        if is_new {
            stored.raised.push(Opened {
                check: finding.check.id().to_owned(),
                subject: finding.subject.clone(),
                severity: finding.severity.name().to_owned(),
            });
            if finding.severity == Severity::S1 {
                stored.stopped |= stop(transaction, finding).await?;
            }
        }
    }
    stored.resolved = resolve(transaction, id, &run.complete).await?;
    for opened in &stored.resolved {
        alert::resolve(transaction, &opened.check, &opened.subject).await?;
    }
    Ok(stored)
}

/// Opens a finding, or keeps it open. Whether it is new.
pub(super) async fn upsert(
    transaction: &mut PgTransaction<'_>,
    run: Option<i64>,
    finding: &Finding,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO reconciliation_finding
               (check_id, severity, subject, cause, expected, actual, detail, first_run, last_run)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
           ON CONFLICT (check_id, subject) WHERE resolved_at IS NULL DO UPDATE
           SET last_run = excluded.last_run, last_seen = now(), severity = excluded.severity,
               cause = excluded.cause, expected = excluded.expected, actual = excluded.actual,
               detail = excluded.detail
           RETURNING xmax = 0 AS "is_new!""#,
        finding.check.id(),
        finding.severity.name(),
        finding.subject,
        finding.cause.name(),
        finding.expected,
        finding.actual,
        finding.detail,
        run,
    )
    .fetch_one(&mut **transaction)
    .await?)
}

/// Stops settlement. Whether it was not stopped for this before.
pub(super) async fn stop(transaction: &mut PgTransaction<'_>, finding: &Finding) -> Result<bool, StoreError> {
    let cause = format!("{} {}", finding.check.id(), finding.subject);
    let stopped = sqlx::query!(
        "INSERT INTO settlement_stop (cause) VALUES ($1) ON CONFLICT (cause, turn) WHERE resumed_by IS NULL DO NOTHING",
        cause
    )
    .execute(&mut **transaction)
    .await?;
    Ok(stopped.rows_affected() == 1)
}

/// Closes the findings of these checks that this run did not see.
async fn resolve(
    transaction: &mut PgTransaction<'_>,
    run: i64,
    complete: &[&'static str],
) -> Result<Vec<Opened>, StoreError> {
    let complete: Vec<String> = complete.iter().map(|check| (*check).to_owned()).collect();
    Ok(sqlx::query_as!(
        Opened,
        "UPDATE reconciliation_finding SET resolved_at = now()
         WHERE resolved_at IS NULL AND last_run IS DISTINCT FROM $1 AND check_id = ANY($2)
         RETURNING check_id AS check, subject, severity",
        run,
        &complete,
    )
    .fetch_all(&mut **transaction)
    .await?)
}
