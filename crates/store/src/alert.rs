//! Alerts: stored with the finding in one transaction, and kept until delivered.
//!
//! One row is one alert, from the finding until the message about its end is delivered. A finding that comes back before
//! that is the same alert, so a finding that flaps, or a receiver that is down, makes one row and not thousands.
//! Not responsible for sending.

use std::time::Duration;

use audit::checks::{Finding, Severity};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::column::Db;
use crate::deployment::natural;

/// Messages per read. The next read finds graver ones that arrive meanwhile.
const DUE_MAX: i64 = 100;

/// Maximum length of the text of a failure.
const ERROR_CHARS_MAX: usize = 300;

names::names! {
    /// What a message says about its alert.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Event {
        /// Something is found, or is graver than was reported.
        Raised = "raised",
        /// It is still there.
        Reminded = "reminded",
        /// It has ended.
        Resolved = "resolved",
    }
}

/// When messages are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a finding must be absent before its end is reported. If it comes back earlier it never ended.
    pub quiet: Duration,
    /// Interval between reminders of a finding that persists.
    pub reminder: Duration,
}

/// A message that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Number of the alert.
    pub id: i64,
    /// What it says.
    pub event: Event,
    /// Severity of the finding.
    pub severity: String,
    /// The finding as it was last seen.
    pub content: Value,
    /// How often it came.
    pub occurrences: u64,
    /// Messages of the alert that were delivered.
    pub messages: i64,
    /// Seconds since 1970-01-01 UTC.
    pub raised_at: i64,
    /// Seconds since 1970-01-01 UTC.
    pub resolved_at: Option<i64>,
    /// Answers in a row with which the receiver rejected just this message.
    pub rejections: u32,
}

impl Message {
    /// Idempotency key: the same for every delivery attempt of one message, and for no other message.
    pub fn idempotency_key(&self) -> String {
        format!("alert-{}-{}-{}", self.id, self.event.name(), self.messages)
    }
}

/// Undelivered alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Alerts of which nothing, or not their present severity, was delivered.
    pub untold: u64,
    /// For how many seconds the oldest of them has been waiting.
    pub oldest_seconds: u64,
}

/// Opens an alert for a finding, or renews the open one. `at` says where it was seen, for people.
pub async fn raise(
    transaction: &mut PgTransaction<'_>,
    finding: &Finding,
    at: &Value,
) -> Result<(), StoreError> {
    let content = json!({
        "expected": finding.expected,
        "actual": finding.actual,
        "cause": finding.cause.name(),
        "detail": finding.detail,
        "meaning": finding.check.meaning(),
        "at": at,
    });
    sqlx::query!(
        "INSERT INTO alert (check_id, subject, severity, content) VALUES ($1, $2, $3, $4)
         ON CONFLICT (check_id, subject) WHERE closed_at IS NULL DO UPDATE
         SET severity = excluded.severity, content = excluded.content, resolved_at = NULL,
             occurrences = alert.occurrences + (alert.resolved_at IS NOT NULL)::integer",
        finding.check.id(),
        finding.subject,
        finding.severity.name(),
        content,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Whether a finding is reported by the run that sees it first; others must be seen twice.
pub const fn is_told_at_once(severity: Severity) -> bool {
    match severity {
        Severity::S1 => true,
        Severity::S2 | Severity::S3 => false,
    }
}

/// Notes that a finding was resolved.
pub async fn resolve(
    transaction: &mut PgTransaction<'_>,
    check: &str,
    subject: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE alert SET resolved_at = now()
         WHERE check_id = $1 AND subject = $2 AND closed_at IS NULL AND resolved_at IS NULL",
        check,
        subject,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Messages that are due, by severity and then by age.
pub async fn list_due(connection: &mut PgConnection, timing: Timing) -> Result<Vec<Message>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, check_id, subject, severity, content, occurrences AS "occurrences!: Db<u64>", messages,
                  rejections, event AS "event!",
                  extract(epoch FROM raised_at)::bigint AS "raised_at!",
                  extract(epoch FROM resolved_at)::bigint AS resolved_at FROM (
               SELECT *, CASE
                   WHEN told_severity IS NULL OR severity < told_severity THEN 'raised'
                   WHEN resolved_at <= now() - $1 * interval '1 second' THEN 'resolved'
                   WHEN resolved_at IS NULL AND told_at <= now() - $2 * interval '1 second' THEN 'reminded'
               END AS event
               FROM alert WHERE closed_at IS NULL AND next_try_at <= now()
           ) AS due
           WHERE event IS NOT NULL ORDER BY severity, raised_at, id LIMIT $3"#,
        timing.quiet.as_secs_f64(),
        timing.reminder.as_secs_f64(),
        DUE_MAX,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut content = row.content;
            content["check"] = json!(row.check_id);
            content["subject"] = json!(row.subject);
            Ok(Message {
                id: row.id,
                event: Event::by_name(&row.event).ok_or(StoreError::corrupt("alert.event"))?,
                severity: row.severity,
                content,
                occurrences: row.occurrences.0,
                messages: row.messages,
                raised_at: row.raised_at,
                resolved_at: row.resolved_at,
                rejections: u32::try_from(row.rejections)
                    .map_err(|_| StoreError::corrupt("alert.rejections"))?,
            })
        })
        .collect()
}

/// Notes that a message was delivered. Changes since it was read are reported by a further message.
pub async fn update_delivered(connection: &mut PgConnection, message: &Message) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE alert
         SET messages = messages + 1, told_at = now(), rejections = 0, next_try_at = now(), last_error = NULL,
             told_severity = CASE WHEN $3 AND resolved_at IS NULL THEN NULL ELSE $4 END,
             closed_at = CASE WHEN $3 AND resolved_at IS NOT NULL THEN now() END
         WHERE id = $1 AND messages = $2 AND closed_at IS NULL",
        message.id,
        message.messages,
        message.event == Event::Resolved,
        message.severity,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that the receiver rejected a message, and when it is tried again; without a wait, the receiver did not answer.
pub async fn update_failed(
    connection: &mut PgConnection,
    message: &Message,
    why: &str,
    rejected_for: Option<Duration>,
) -> Result<(), StoreError> {
    let why: String = why.chars().take(ERROR_CHARS_MAX).collect();
    sqlx::query!(
        "UPDATE alert
         SET last_error = $3, rejections = least(rejections::bigint + $4::integer, 1000)::integer,
             next_try_at = now() + $5 * interval '1 second'
         WHERE id = $1 AND messages = $2 AND closed_at IS NULL",
        message.id,
        message.messages,
        why,
        i32::from(rejected_for.is_some()),
        rejected_for.unwrap_or_default().as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes alerts that have ended, when there is no receiver.
pub async fn update_unheard(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("UPDATE alert SET closed_at = now() WHERE resolved_at IS NOT NULL AND closed_at IS NULL")
        .execute(connection)
        .await?;
    Ok(())
}

/// Alerts that wait for delivery.
pub async fn count_waiting(connection: &mut PgConnection) -> Result<Waiting, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "untold!: Db<u64>",
                  coalesce(extract(epoch FROM now() - min(raised_at)), 0)::bigint AS "oldest_seconds!"
           FROM alert WHERE closed_at IS NULL AND (told_severity IS NULL OR severity < told_severity)"#
    )
    .fetch_one(connection)
    .await?;
    Ok(Waiting {
        untold: row.untold.0,
        oldest_seconds: natural(row.oldest_seconds.max(0), "alert.raised_at")?,
    })
}
