//! Having a batch signed: what is asked for is stored first, so that a repeat asks for the same.

use alloy_primitives::B256;
use serde_json::json;
use settlement::authorization::VALID_BEFORE_HEAD;
use settlement::manifest::Manifest;
use settlement::state::BatchState;
use signer_client::{BatchTerms, Payout, PayoutBatch as Terms};
use sqlx::Connection;
use store::StoreError;
use store::payout_batch::{self, PayoutBatch, Window};

use super::step::finish;
use super::{HANDLING, PayoutError, gate, lock};
use crate::app::session::Caller;
use crate::app::{App, access, head};

/// Life of a batch's authorization in seconds of the chain's time: long enough for a congested chain and some raised fees,
/// and half of what the contract takes.
pub const AUTHORIZATION_SECONDS: u64 = 30 * 60;

/// Has an approved batch signed. Safe to repeat: a signed batch is answered as it is, and an answer of the signer that
/// was lost is asked for again under the same terms.
///
/// # Errors
/// [`PayoutError`].
pub async fn sign(app: &App, caller: &Caller, id: B256) -> Result<PayoutBatch, PayoutError> {
    access::require(app, caller, HANDLING).await?;
    let time = head::head(app).await?.timestamp;
    let batch = match intend(app, caller, id, time).await? {
        Intent::Signed(batch) => return Ok(batch),
        Intent::Ask(batch) => batch,
    };
    let terms = terms(app, &batch).await?;
    let answer = app.signer.authorize_batch(&terms).await;
    let outcome = if answer.is_ok() { "signed" } else { "refused" };
    metrics::counter!("trellis_backend_authorizations_total", "kind" => "batch", "outcome" => outcome)
        .increment(1);
    let authorization = answer?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let stored = payout_batch::update_signed(
        &mut transaction,
        id,
        authorization.signer,
        &authorization.signature,
    );
    if !stored.await? {
        // Another request stored the same signature, or the batch ended meanwhile.
        transaction.rollback().await?;
        let batch = payout_batch::find(&mut connection, id).await?;
        return batch.ok_or(PayoutError::UnknownBatch);
    }
    let detail = json!({ "signer": authorization.signer, "digest": authorization.digest });
    finish(transaction, caller, id, "payout_batch.signed", &detail).await
}

enum Intent {
    /// There is a signature already.
    Signed(PayoutBatch),
    /// The signer is to be asked for what is stored.
    Ask(PayoutBatch),
}

/// Stores what the signer is going to be asked for, unless that is stored already.
async fn intend(app: &App, caller: &Caller, id: B256, time: u64) -> Result<Intent, PayoutError> {
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let batch = lock(&mut transaction, id).await?;
    if batch.state == BatchState::Signed {
        return Ok(Intent::Signed(batch));
    }
    let deadline = batch
        .deadline
        .unwrap_or_else(|| time.saturating_add(AUTHORIZATION_SECONDS));
    let gate = gate(&mut transaction).await?;
    batch.lifecycle().ask_for_signature(deadline, time, gate)?;
    if batch.deadline.is_some() {
        return Ok(Intent::Ask(batch));
    }
    let window = Window {
        operator: caller.wallet,
        submitter: app.submitter,
        valid_after: time.saturating_sub(VALID_BEFORE_HEAD),
        deadline,
    };
    payout_batch::update_window(&mut transaction, id, &window).await?;
    let detail = json!({ "submitter": window.submitter, "deadline": deadline });
    let batch = finish(transaction, caller, id, "payout_batch.sign_requested", &detail).await?;
    Ok(Intent::Ask(batch))
}

/// The terms as they are stored. The list comes from the manifest, which was fixed with its hash.
async fn terms(app: &App, batch: &PayoutBatch) -> Result<BatchTerms, PayoutError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let text = payout_batch::find_manifest(&mut *app.connection().await?, batch.id).await?;
    let text = text.ok_or(corrupt("a sealed batch without a manifest"))?;
    let manifest: Manifest = text.parse().map_err(PayoutError::Manifest)?;
    let payouts = manifest.payouts.iter().map(|covered| Payout {
        wallet: covered.payout.wallet,
        target: covered.payout.target,
    });
    Ok(BatchTerms {
        chain_id: app.ledger.chain_id,
        contract: app.ledger.contract,
        plan_hash: app.ledger.plan.hash(),
        batch: Terms {
            batch_id: batch.id,
            submitter: batch.submitter.ok_or(corrupt("payout_batch.submitter"))?,
            max_total: batch.total,
            manifest_hash: batch.manifest_hash.ok_or(corrupt("payout_batch.manifest_hash"))?,
            valid_after: batch.valid_after.ok_or(corrupt("payout_batch.valid_after"))?,
            deadline: batch.deadline.ok_or(corrupt("payout_batch.deadline"))?,
            payouts: payouts.collect(),
        },
    })
}
