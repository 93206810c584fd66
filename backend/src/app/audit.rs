//! The audit log for those who check what operators did: listed, exported, and compared with its hash chain.

use alloy_primitives::B256;
use audit::trail::{Break, Broken, Seal};
use serde_json::{Value, json};
use sqlx::PgConnection;
use store::api::audit::{self as listed, Filter, Found, Position};
use store::audit_seal::{self, Checked, Place};
use store::{StoreError, audit_log};
use thiserror::Error;

use super::App;
use super::access::{Auditing, Operator};

/// Rows that one export looks through at most.
pub const EXPORTED_MAX: i64 = 100_000;

/// Why nothing is exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The export would look through too many rows.
    #[error("the range has more than {0} rows; narrow it")]
    RangeTooLarge(i64),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(ExportError);

/// What a comparison of a part found.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The part.
    pub checked: Checked,
    /// The newest link.
    pub head: Option<Seal>,
    /// For how many seconds the oldest row waits that is not sealed.
    pub unsealed_seconds: Option<u64>,
}

/// A link that somebody noted outside the database.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its place.
    pub seq: u64,
    /// Its hash.
    pub hash: B256,
}

/// Entries of a filter below a place, newest first.
pub async fn list(
    app: &App,
    _: &Operator<Auditing>,
    filter: &Filter,
    below: Position,
    limit: i64,
) -> Result<Found, StoreError> {
    listed::list(&mut *app.connection().await?, filter, below, limit).await
}

/// Notes that somebody takes a copy of these entries away, unless there are too many.
///
/// # Errors
/// See [`ExportError`].
pub async fn begin_export(
    app: &App,
    caller: &Operator<Auditing>,
    filter: &Filter,
    format: &str,
) -> Result<(), ExportError> {
    let mut connection = app.connection().await?;
    let scanned = listed::count_scanned(&mut connection, filter, EXPORTED_MAX + 1).await?;
    if scanned > EXPORTED_MAX {
        return Err(ExportError::RangeTooLarge(EXPORTED_MAX));
    }
    let detail = json!({
        "format": format, "actor": filter.actor, "action": filter.action, "subject": filter.subject,
        "from_us": filter.from_us, "to_us": filter.to_us,
    });
    note_export(
        &mut connection,
        caller.wallet,
        "audit.exported",
        "audit_log",
        &detail,
    )
    .await
}

/// Notes that somebody takes data away.
pub(super) async fn note_export(
    connection: &mut PgConnection,
    wallet: alloy_primitives::Address,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), ExportError> {
    Ok(audit_log::insert(connection, wallet, action, subject, detail).await?)
}

/// Compares a part of the log with its chain, and the chain with a link that the caller noted before.
pub async fn verify(
    app: &App,
    _: &Operator<Auditing>,
    after: Place,
    known: Option<Known>,
) -> Result<Verification, StoreError> {
    let mut connection = app.connection().await?;
    let mut checked = audit_seal::check_part(&mut connection, after).await?;
    if let Some(known) = known {
        let found = audit_seal::find(&mut connection, known.seq).await?;
        if found.is_none_or(|found| found.hash != known.hash) {
            checked.broken.push(Break {
                how: Broken::Rewritten,
                seq: Some(known.seq),
                audit_id: None,
            });
        }
    }
    Ok(Verification {
        checked,
        head: audit_seal::find_head(&mut connection).await?,
        unsealed_seconds: audit_seal::find_unsealed_seconds(&mut connection).await?,
    })
}
