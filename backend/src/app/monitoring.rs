//! Stopping intake and settlement, which one operator may, and resuming, which needs two.

use serde_json::json;
use sqlx::{Connection, PgConnection};
use store::approval::{self, Subject};
use store::stop::{self, Stop};
use store::{StoreError, audit_log};
use thiserror::Error;

use super::App;
use super::access::{Mending, Operator, Stopping};
use super::approve::{self, ApproveError, Signed, Verified, Wanted};
use super::head::{self, HeadError};
use crate::agreement;

/// Why settlement does not go on.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// Nothing is stopped.
    #[error("settlement is not stopped")]
    NotStopped,
    /// The first of two operators asked again.
    #[error("a second operator must approve")]
    SecondOperatorNeeded,
    /// The signature is not taken.
    #[error(transparent)]
    Approve(#[from] ApproveError),
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(ResumeError);

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resumption {
    /// The stops that were open.
    pub stops: Vec<Stop>,
    /// Whether settlement goes on.
    pub resumed: bool,
}

/// Keeps new payments out and new batches and roots from being built, signed and sent. What was sent goes on, and so do users' exits.
/// While an operator's stop is open that nobody has agreed to end, another one changes nothing. Returns the stops that are open.
pub async fn stop(app: &App, caller: &Operator<Stopping>, reason: &str) -> Result<Vec<Stop>, StoreError> {
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let opened = stop::insert_by_operator(&mut transaction, caller.wallet, reason).await?;
    if let Some(id) = opened {
        let detail = json!({ "reason": reason, "stop": id });
        audit_log::insert(
            &mut transaction,
            caller.wallet,
            "settlement.stop",
            "settlement",
            &detail,
        )
        .await?;
    }
    let open = stop::list_open(&mut transaction).await?;
    transaction.commit().await?;
    if let Some(id) = opened {
        tracing::warn!(stop.id = id, operator.wallet = %caller.wallet, reason, "an operator stopped intake and settlement");
    }
    Ok(open)
}

/// What operators sign to end all stops that are open.
pub async fn approval(app: &App, _: &Operator<Mending>) -> Result<Wanted, ResumeError> {
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let (open, _) = agreement::stops(&mut connection, &app.domain(), time).await?;
    drop(connection);
    let numbers: Vec<u64> = open
        .iter()
        .filter_map(|stop| u64::try_from(stop.id).ok())
        .collect();
    let first = numbers.first().copied().ok_or(ResumeError::NotStopped)?;
    let subject = Subject::Stop(first);
    Ok(approve::wanted(app, agreement::resume(&numbers), &subject).await?)
}

/// Takes an operator's signature that ends stops: noted of the first person, done by a second one. A stop that was opened
/// in between needs two again.
pub async fn resume(
    app: &App,
    caller: &Operator<Mending>,
    stops: &[u64],
    signed: &Signed,
) -> Result<Resumption, ResumeError> {
    let domain = app.domain();
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let (open, _) = agreement::stops(&mut connection, &domain, time).await?;
    drop(connection);
    let is_open = |stop: &u64| open.iter().any(|open| u64::try_from(open.id) == Ok(*stop));
    if stops.is_empty() || !stops.iter().all(is_open) {
        return Err(ResumeError::NotStopped);
    }
    let proposal = agreement::resume(stops);
    let subjects: Vec<Subject> = stops.iter().copied().map(Subject::Stop).collect();
    let verified = approve::verify(app, caller, &proposal, &Subject::Stop(stops[0]), signed).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let person = verified.person();
    let mut is_new = false;
    for subject in &subjects {
        is_new |= !has_signed(&mut transaction, subject, &verified, person.as_deref()).await?;
        approval::insert(&mut transaction, subject, &verified.approval, Some(stops)).await?;
    }
    if !is_new {
        return Err(ResumeError::SecondOperatorNeeded);
    }
    let causes: Vec<&str> = open.iter().map(|stop| stop.cause.as_str()).collect();
    let detail = json!({ "causes": causes, "stops": stops, "wallet": verified.approval.wallet });
    audit_log::insert(
        &mut transaction,
        caller.wallet,
        "settlement.resume",
        "settlement",
        &detail,
    )
    .await?;
    let (still_open, _) = agreement::stops(&mut transaction, &domain, time).await?;
    transaction.commit().await?;
    Ok(Resumption {
        stops: open,
        resumed: still_open.is_empty(),
    })
}

/// Whether a person signed already that a stop ends.
async fn has_signed(
    connection: &mut PgConnection,
    subject: &Subject,
    verified: &Verified,
    person: Option<&str>,
) -> Result<bool, StoreError> {
    let stored = approval::list(connection, subject).await?;
    Ok(stored.iter().any(|stored| {
        let votes = agreement::votes(
            &agreement::resume(&stored.stops),
            std::slice::from_ref(&stored.approval),
            &verified.domain,
            &[],
        );
        let of = |wallet| verified.people.owner(wallet).map(|owner| owner.id.as_str());
        (votes.iter()).any(|vote| vote.expires >= verified.time && of(vote.wallet) == person)
    }))
}
