//! Signing, submitting, retrying and cancelling a batch.

use alloy_primitives::B256;
use plan::BatchEnd;
use serde_json::{Value, json};
use settlement::state::{BatchState, CancelPlan, Retry};
use sqlx::{Connection, PgTransaction};
use store::payout_batch::{self, PayoutBatch};
use store::{audit_log, settlement_batch};

use super::build::rebuild;
use super::{PayoutError, gate, lock};
use crate::app::access::{Handling, Operator};
use crate::app::session::Caller;
use crate::app::{App, head, now};
use crate::settlement::AUTHORIZATION_SECONDS;

/// Asks the settlement worker to have an approved batch signed. Safe to repeat: a signed batch is answered as it is.
pub async fn sign(app: &App, caller: &Operator<Handling>, id: B256) -> Result<PayoutBatch, PayoutError> {
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    if batch.state == BatchState::Signed {
        return Ok(batch);
    }
    let deadline = batch
        .deadline
        .unwrap_or_else(|| time.saturating_add(AUTHORIZATION_SECONDS));
    let gate = gate(app, &mut transaction, time).await?;
    batch.lifecycle().ask_for_signature(deadline, time, gate)?;
    if !payout_batch::update_sign_requested(&mut transaction, id, caller.wallet).await? {
        return Ok(batch);
    }
    finish(transaction, caller, id, "payout_batch.sign_requested", &json!({})).await
}

/// Hands a signed batch over to the settlement worker.
pub async fn submit(app: &App, caller: &Operator<Handling>, id: B256) -> Result<PayoutBatch, PayoutError> {
    let time = head::head(app).await?.timestamp;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    let gate = gate(app, &mut transaction, time).await?;
    batch.lifecycle().submit(time, gate)?;
    payout_batch::update_submitting(&mut transaction, id, caller.wallet).await?;
    finish(transaction, caller, id, "payout_batch.submitted", &json!({})).await
}

/// Has the fee of a batch in flight raised; or replaces an expired batch, which answers the new one.
pub async fn retry(app: &App, caller: &Operator<Handling>, id: B256) -> Result<PayoutBatch, PayoutError> {
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    match batch.lifecycle().retry()? {
        Retry::BumpNow => {
            payout_batch::update_bump(&mut transaction, id).await?;
            finish(transaction, caller, id, "payout_batch.bump_requested", &json!({})).await
        }
        Retry::Rebuild => {
            // Expired is forever, so the row needs no lock any more.
            transaction.rollback().await?;
            drop(connection);
            rebuild(app, caller, &batch).await
        }
    }
}

/// Gives a batch up: at once before the signer was asked, else as soon as its authorization is proven dead.
pub async fn cancel(app: &App, caller: &Operator<Handling>, id: B256) -> Result<PayoutBatch, PayoutError> {
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    let (_, plan) = batch.lifecycle().cancel()?;
    payout_batch::update_cancelled(&mut transaction, id, caller.wallet).await?;
    let awaits_expiry = match plan {
        CancelPlan::ReleaseNow => {
            let accepted_at = u64::try_from(now()).unwrap_or_default();
            settlement_batch::insert_release(&mut transaction, id, BatchEnd::Cancelled, accepted_at).await?;
            false
        }
        CancelPlan::AwaitExpiry => true,
    };
    let detail = json!({ "state": batch.state.name(), "awaits_expiry": awaits_expiry });
    finish(transaction, caller, id, "payout_batch.cancel_requested", &detail).await
}

/// Notes who did what, and answers the batch as it is now.
pub(super) async fn finish(
    mut transaction: PgTransaction<'_>,
    caller: &Caller,
    id: B256,
    action: &str,
    detail: &Value,
) -> Result<PayoutBatch, PayoutError> {
    audit_log::insert(
        &mut transaction,
        caller.wallet,
        action,
        &format!("{id:#x}"),
        detail,
    )
    .await?;
    let batch = payout_batch::find(&mut transaction, id).await?;
    transaction.commit().await?;
    batch.ok_or(PayoutError::UnknownBatch)
}
