//! What a thief finds in the ledger's database with the settlement worker's password: true words of people and of the
//! attestor, about what they agreed to.

use alloy::primitives::B256;
use anvil_tests::{Batch, PayoutWorld};
use approval::Approval;
use signer_client::{BatchTerms, SignedMoment};
use store::approval::Subject;
use store::attestation::Kind;

use super::{forged, stolen};

/// An attestation that is used must be younger than this, in seconds.
const FRESH: u64 = 60;

/// The attestor's own word, as the settlement worker's password reads it.
pub(super) async fn attestation(payouts: &PayoutWorld, kind: Kind, subject: B256) -> SignedMoment {
    payouts
        .wait_until("an attestation", async |payouts| {
            let oldest = forged::time(payouts).await - FRESH;
            let mut settler = stolen(payouts, "trellis_settler").await;
            let found = store::attestation::find(&mut settler, kind, subject)
                .await
                .ok()??;
            (found.moment.attested_at >= oldest).then_some(SignedMoment {
                moment: found.moment,
                signature: found.signature,
            })
        })
        .await
}

/// What people signed for a batch, as the settlement worker's password reads it.
pub(super) async fn approvals(payouts: &PayoutWorld, batch: B256) -> Vec<Approval> {
    let mut settler = stolen(payouts, "trellis_settler").await;
    let stored = store::approval::list(&mut settler, &Subject::Batch(batch)).await;
    let stored = stored.unwrap().into_iter();
    stored.map(|stored| stored.approval).collect()
}

/// A batch of people's, as the settlement worker would request it; nothing was paid before.
pub(super) async fn terms(payouts: &PayoutWorld, batch: &Batch) -> BatchTerms {
    let mut terms = forged::batch(payouts, batch.id, &batch.lines).await;
    let manifest = "SELECT manifest_hash FROM payout_batch WHERE batch_id = $1";
    let manifest: Vec<u8> = sqlx::query_scalar(manifest)
        .bind(batch.id.as_slice())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap();
    terms.batch.manifest_hash = B256::from_slice(&manifest);
    let list_hash = forged::sealed(&terms.batch.payouts).list_hash;
    assert_eq!(list_hash.to_string(), batch.list_hash);
    terms
}
