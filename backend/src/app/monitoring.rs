//! What the reconciler found, and going on after a stop: by two operators.

use serde_json::json;
use sqlx::Connection;
use store::stop::{self, Stop};
use store::{StoreError, audit_log};
use thiserror::Error;

use super::App;
use super::access::{self, AccessError, Role};
use super::session::Caller;

/// Who may end a stop.
const RESUMING: &[Role] = &[Role::ConfigAdmin, Role::Approver];

/// Why settlement does not go on.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nothing is stopped.
    #[error("settlement is not stopped")]
    NotStopped,
    /// The first of two operators asked again.
    #[error("a second operator has to agree")]
    SecondOperatorNeeded,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ResumeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resumption {
    /// The stops that were open.
    pub stops: Vec<Stop>,
    /// Whether settlement goes on.
    pub resumed: bool,
}

/// Wants to end all open stops: noted of the first operator, done by a second one. A stop that was opened in between
/// needs two again.
///
/// # Errors
/// [`ResumeError`].
pub async fn resume(app: &App, caller: &Caller) -> Result<Resumption, ResumeError> {
    access::require(app, caller, RESUMING).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let stops = stop::lock_open(&mut transaction).await?;
    if stops.is_empty() {
        return Err(ResumeError::NotStopped);
    }
    let of = |wanted: fn(&Stop, &Caller) -> bool| -> Vec<i64> {
        let chosen = stops.iter().filter(|stop| wanted(stop, caller));
        chosen.map(|stop| stop.id).collect()
    };
    let fresh = of(|stop, _| stop.first_resume_by.is_none());
    let agreed = of(|stop, caller| stop.first_resume_by.is_some_and(|first| first != caller.wallet));
    if fresh.is_empty() && agreed.is_empty() {
        return Err(ResumeError::SecondOperatorNeeded);
    }
    stop::update_first(&mut transaction, &fresh, caller.wallet).await?;
    stop::update_resumed(&mut transaction, &agreed, caller.wallet).await?;
    let causes: Vec<&str> = stops.iter().map(|stop| stop.cause.as_str()).collect();
    let detail = json!({ "causes": causes, "first": fresh, "resumed": agreed });
    audit_log::insert(
        &mut transaction,
        caller.wallet,
        "settlement.resume",
        "settlement",
        &detail,
    )
    .await?;
    let still_open = stop::any_open(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Resumption {
        stops,
        resumed: !still_open,
    })
}
