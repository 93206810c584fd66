//! Approval of a batch: the builder signs the sealed list, then others sign their approval.

use alloy_primitives::B256;
use approval::{BatchProposal, Proposal};
use serde_json::json;
use settlement::state::Refused;
use sqlx::Connection;
use store::StoreError;
use store::approval::Subject;
use store::payout_batch::{self, PayoutBatch};

use super::step::finish;
use super::{PayoutError, lock};
use crate::app::App;
use crate::app::access::{Handling, Operator};
use crate::app::approve::{self, Signed, Wanted};
use crate::app::session::Caller;

/// What operators sign for a sealed batch.
pub async fn approval(app: &App, _: &Operator<Handling>, id: B256) -> Result<Wanted, PayoutError> {
    let batch = payout_batch::find(&mut *app.connection().await?, id).await?;
    let proposal = proposal(&batch.ok_or(PayoutError::UnknownBatch)?)?;
    Ok(approve::wanted(app, proposal, &Subject::Batch(id)).await?)
}

/// Takes an operator's signature over the list with this hash. The batch is approved as soon as enough people agree.
pub async fn approve(
    app: &App,
    caller: &Operator<Handling>,
    id: B256,
    list_hash: B256,
    signed: &Signed,
) -> Result<PayoutBatch, PayoutError> {
    let mut connection = app.connection().await?;
    let batch = payout_batch::find(&mut connection, id).await?;
    drop(connection);
    let batch = batch.ok_or(PayoutError::UnknownBatch)?;
    check_state(&batch, caller)?;
    if batch.list_hash != Some(list_hash) {
        return Err(PayoutError::ListChanged);
    }
    let (proposal, subject) = (proposal(&batch)?, Subject::Batch(id));
    let verified = approve::verify(app, caller, &proposal, &subject, signed).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    check_state(&batch, caller)?;
    let agreed = verified.store(&mut transaction, &proposal, &subject).await?;
    let action = match agreed {
        Some(approver) => {
            batch.lifecycle().approve(approver)?;
            payout_batch::update_approved(&mut transaction, id, approver).await?;
            "payout_batch.approved"
        }
        None => "payout_batch.signed_by_operator",
    };
    let detail = json!({ "list_hash": list_hash, "wallet": verified.approval.wallet });
    finish(transaction, caller, id, action, &detail).await
}

/// Whether the batch waits for signatures. Whether someone's counts is decided by the quorum.
fn check_state(batch: &PayoutBatch, caller: &Caller) -> Result<(), Refused> {
    match batch.lifecycle().approve(caller.wallet) {
        Ok(_) | Err(Refused::ApproverIsBuilder) => Ok(()),
        Err(refused) => Err(refused),
    }
}

/// The sealed batch, as it is signed.
fn proposal(batch: &PayoutBatch) -> Result<Proposal, PayoutError> {
    let (Some(list_hash), Some(manifest_hash)) = (batch.list_hash, batch.manifest_hash) else {
        return Err(Refused::WrongState(batch.state).into());
    };
    Ok(Proposal::Batch {
        batch: BatchProposal {
            batch_id: batch.id,
            list_hash,
            manifest_hash,
            total: batch.total,
            payouts: u32::try_from(batch.count).map_err(|_| StoreError::Corrupt {
                what: "payout_batch.count",
            })?,
        },
        proposer: batch.builder,
    })
}
