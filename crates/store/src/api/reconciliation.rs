//! Reconciliation findings, for people.

use alloy_primitives::B256;
use serde_json::Value;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// Runs among which the last look of a check is searched: more than a check can be skipped without an alert.
const RUNS_MAX: i64 = 500;

/// A run of all checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The block at which ledger and chain were compared.
    pub block_number: i64,
    /// Its hash.
    pub block_hash: B256,
    /// The last fact.
    pub fact_seq: i64,
    /// `clean`, `findings` or `skipped`.
    pub outcome: String,
    /// By check, as the reconciler says it.
    pub checks: Value,
    /// Seconds since 1970-01-01 UTC.
    pub started_at: i64,
    /// Seconds since 1970-01-01 UTC.
    pub finished_at: i64,
}

/// The last run that says something about a check.
#[derive(Clone, Debug, PartialEq)]
pub struct LastCheck {
    /// The check.
    pub check: String,
    /// What the run says.
    pub result: Value,
    /// The run.
    pub run: i64,
    /// Its block.
    pub block_number: i64,
    /// The block's hash.
    pub block_hash: B256,
    /// When it finished, seconds since 1970-01-01 UTC.
    pub finished_at: i64,
}

/// A discrepancy that the last runs saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number.
    pub id: i64,
    /// The check.
    pub check_id: String,
    /// `S1` stops settlement.
    pub severity: String,
    /// About what.
    pub subject: String,
    /// Why.
    pub cause: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub actual: String,
    /// For people.
    pub detail: String,
    /// The run that saw it first; `None` when it was seen between runs.
    pub first_run: Option<i64>,
    /// The run that saw it last.
    pub last_run: Option<i64>,
    /// Seconds since 1970-01-01 UTC.
    pub first_seen: i64,
    /// Seconds since 1970-01-01 UTC.
    pub last_seen: i64,
}

/// The last run, if there was one.
pub async fn find_last_run(connection: &mut PgConnection) -> Result<Option<Run>, StoreError> {
    Ok(sqlx::query_as!(
        Run,
        r#"SELECT id, block_number, block_hash AS "block_hash!: Db<B256>", fact_seq, outcome, checks,
                  extract(epoch FROM started_at)::bigint AS "started_at!",
                  extract(epoch FROM finished_at)::bigint AS "finished_at!"
           FROM reconciliation_run ORDER BY id DESC LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?)
}

/// By check, the last run that did not skip it; of a check that was always skipped, the last run.
pub async fn list_last_checks(connection: &mut PgConnection) -> Result<Vec<LastCheck>, StoreError> {
    Ok(sqlx::query_as!(
        LastCheck,
        r#"SELECT DISTINCT ON (c.key) c.key AS "check!", c.value AS "result!", r.id AS run, r.block_number,
                  r.block_hash AS "block_hash!: Db<B256>",
                  extract(epoch FROM r.finished_at)::bigint AS "finished_at!"
           FROM (SELECT * FROM reconciliation_run ORDER BY id DESC LIMIT $1) AS r
           CROSS JOIN LATERAL jsonb_each(
               CASE jsonb_typeof(r.checks) WHEN 'object' THEN r.checks ELSE '{}' END
           ) AS c
           ORDER BY c.key, (coalesce(c.value ->> 'state', '') = 'skipped'), r.id DESC"#,
        RUNS_MAX
    )
    .fetch_all(connection)
    .await?)
}

/// Findings that are not resolved, above a number, oldest first.
pub async fn list_open_findings(
    connection: &mut PgConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<Finding>, StoreError> {
    Ok(sqlx::query_as!(
        Finding,
        r#"SELECT id, check_id, severity, subject, cause, expected, actual, detail, first_run, last_run,
                  extract(epoch FROM first_seen)::bigint AS "first_seen!",
                  extract(epoch FROM last_seen)::bigint AS "last_seen!"
           FROM reconciliation_finding WHERE resolved_at IS NULL AND id > $1 ORDER BY id LIMIT $2"#,
        after,
        limit
    )
    .fetch_all(connection)
    .await?)
}
