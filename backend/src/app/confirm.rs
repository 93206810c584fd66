//! What an operator confirms about a user: that an identity was checked, that a tax number is known. Nothing of what was seen is
//! stored: a confirmation is the operator's signed word, and becomes a fact.

use approval::{Confirmation, Confirmed};
use plan::{Cause, Report};
use serde_json::json;
use sqlx::Connection;
use store::inbox::{self, Command, InboxError, Stored};
use store::user::{self, User, UserStatus};
use store::{StoreError, audit_log};
use thiserror::Error;

use super::access::{Confirming, Operator};
use super::{App, now};

/// Why a confirmation is not taken.
#[derive(Debug, Error)]
pub enum ConfirmError {
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The registration was refunded.
    #[error("the registration was refunded")]
    Refunded,
    /// The plan makes nothing of it.
    #[error("the plan grants nothing when an identity was checked")]
    NothingGranted,
    /// The plan makes nothing of it.
    #[error("the plan withholds no tax")]
    NothingWithheld,
    /// The operator did not sign exactly this.
    #[error("the signature is not by the wallet over exactly this message")]
    BadSignature,
    /// The inbox refused.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(ConfirmError);

/// What the operator signs to confirm something about a user.
pub async fn message(
    app: &App,
    caller: &Operator<Confirming>,
    what: Confirmed,
    user: i32,
    key: &str,
) -> Result<Confirmation, ConfirmError> {
    let user = find_user(app, what, user).await?;
    Ok(Confirmation {
        what,
        wallet: user.wallet,
        operator: caller.wallet,
        nonce: approval::command_nonce(key),
    })
}

/// Accepts an operator's word about a user. It has effect when it is posted as a fact.
pub async fn confirm(
    app: &App,
    caller: &Operator<Confirming>,
    what: Confirmed,
    user: i32,
    key: &str,
    signature: Vec<u8>,
) -> Result<Stored, ConfirmError> {
    let confirmation = message(app, caller, what, user, key).await?;
    let signature = app.signed_by(caller.wallet, &confirmation.message(), signature);
    let signature = signature.ok_or(ConfirmError::BadSignature)?;
    let wallet = confirmation.wallet;
    let (report, action) = match what {
        Confirmed::Identity => (Report::UserVerified { wallet }, "user.identity_confirmed"),
        Confirmed::TaxId => (Report::TaxIdRecorded { wallet }, "user.tax_id_confirmed"),
    };
    let command = Command {
        actor: caller.wallet,
        idempotency_key: key,
        effective_at: u64::try_from(now()).unwrap_or_default(),
        cause: Cause::Reported(report),
    };
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let is_new = !inbox::any_command(&mut transaction, caller.wallet, key).await?;
    let stored = inbox::insert_signed(&mut transaction, &command, Some(&signature)).await?;
    if is_new {
        let detail = json!({ "user": user, "command": stored.inbox_id });
        audit_log::insert(
            &mut transaction,
            caller.wallet,
            action,
            &user.to_string(),
            &detail,
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(stored)
}

/// The user, if the plan makes something of what is confirmed.
async fn find_user(app: &App, what: Confirmed, id: i32) -> Result<User, ConfirmError> {
    let plan = &app.ledger.plan;
    match what {
        Confirmed::Identity if !plan.grants_when_verified() => return Err(ConfirmError::NothingGranted),
        Confirmed::TaxId if !plan.withholds() => return Err(ConfirmError::NothingWithheld),
        Confirmed::Identity | Confirmed::TaxId => {}
    }
    let found = user::find(&mut *app.connection().await?, id).await?;
    let found = found.ok_or(ConfirmError::UnknownUser)?;
    match found.status {
        UserStatus::Active => Ok(found),
        UserStatus::Refunded => Err(ConfirmError::Refunded),
    }
}
