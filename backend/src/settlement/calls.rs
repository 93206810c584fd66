//! Typed contract calls, as JSON in a submission, and their gas limits. Their bytes are made by the signer.

use alloy::primitives::B256;
use serde_json::Value;
use settlement::batch::{SealedPayout, seal};
use settlement::manifest::Manifest;
use signer_client::{Call, LiabilitiesRoot, Payout, PayoutBatch, SignedBy};
use store::settlement_batch::SignedBatch;
use store::settlement_root::WantedRoot;
use thiserror::Error;

/// Gas of a transaction that does nothing.
pub(super) const GAS_NOOP: u64 = 21_000;
/// What a batch costs besides its payouts, with a margin.
const GAS_BATCH_BASE: u64 = 200_000;
/// The worst case of one payout: an account that does not exist yet, or a recipient that burns all it is given.
const GAS_PER_PAYOUT: u64 = 43_000;
/// Twice what a publication was measured to cost.
const GAS_ROOT: u64 = 180_000;
/// What a claim costs besides its proof; its recipient may be a contract.
const GAS_CLAIM_BASE: u64 = 160_000;
/// A sibling in a proof, in calldata and hashing, with a margin.
const GAS_PER_SIBLING: u64 = 3_000;
/// What a sweep costs besides its days, with a margin.
const GAS_SWEEP_BASE: u64 = 120_000;
/// A day's bucket: read and cleared.
const GAS_PER_DAY: u64 = 12_000;

/// Why stored rows make no call.
#[derive(Debug, Error)]
pub enum CallsError {
    /// The stored JSON is none of a call.
    #[error("the stored call cannot be read")]
    Json(#[from] serde_json::Error),
    /// The manifest cannot be read, or is not the one that was signed.
    #[error("the stored manifest of batch {0} differs from the sealed one")]
    Manifest(B256),
    /// There is no authorization.
    #[error("the root {0} is not signed")]
    Unsigned(B256),
}

/// The call that pays a batch. Its list is that of the manifest, which must be the signed one.
///
/// # Errors
/// [`CallsError::Manifest`].
pub(super) fn execute_batch(batch: &SignedBatch) -> Result<Call, CallsError> {
    let broken = || CallsError::Manifest(batch.batch);
    let manifest: Manifest = batch.manifest.parse().map_err(|_| broken())?;
    let payouts: Vec<SealedPayout> = manifest.payouts.iter().map(|covered| covered.payout).collect();
    let sealed = seal(payouts).map_err(|_| broken())?;
    if manifest.hash() != batch.manifest_hash || sealed.list_hash != batch.list_hash {
        return Err(broken());
    }
    Ok(Call::ExecuteBatch {
        batch: PayoutBatch {
            batch_id: batch.batch,
            submitter: batch.submitter,
            max_total: batch.max_total,
            manifest_hash: batch.manifest_hash,
            valid_after: batch.valid_after,
            deadline: batch.deadline,
            payouts: (sealed.payouts.iter())
                .map(|payout| Payout {
                    wallet: payout.wallet,
                    target: payout.target,
                })
                .collect(),
        },
        authorization: SignedBy {
            signer: batch.signer,
            signature: batch.signature,
        },
    })
}

/// The call that publishes a root.
///
/// # Errors
/// [`CallsError::Unsigned`].
pub(super) fn publish_root(root: &WantedRoot) -> Result<Call, CallsError> {
    let (Some((valid_after, deadline)), Some((signer, signature))) = (root.window, root.authorization) else {
        return Err(CallsError::Unsigned(root.root));
    };
    Ok(Call::PublishRoot {
        root: LiabilitiesRoot {
            root: root.root,
            total: root.total,
            as_of_seq: root.as_of_seq,
            valid_after,
            deadline,
        },
        authorization: SignedBy { signer, signature },
    })
}

/// The last second at which the contract takes a call.
pub(super) const fn deadline(call: &Call) -> Option<u64> {
    match call {
        Call::ExecuteBatch { batch, .. } => Some(batch.deadline),
        Call::PublishRoot { root, .. } => Some(root.deadline),
        Call::Claim { .. } | Call::SweepMatured { .. } | Call::Noop {} => None,
    }
}

/// The gas that a call gets. It depends on nothing but the call, so every attempt gets the same.
pub(super) fn gas_limit(call: &Call) -> u64 {
    let times = |count: usize, gas: u64| u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(gas);
    match call {
        Call::ExecuteBatch { batch, .. } => {
            GAS_BATCH_BASE.saturating_add(times(batch.payouts.len(), GAS_PER_PAYOUT))
        }
        Call::PublishRoot { .. } => GAS_ROOT,
        Call::Claim { proof, .. } => GAS_CLAIM_BASE.saturating_add(times(proof.len(), GAS_PER_SIBLING)),
        Call::SweepMatured { max_days } => {
            GAS_SWEEP_BASE.saturating_add(max_days.saturating_mul(GAS_PER_DAY))
        }
        Call::Noop {} => GAS_NOOP,
    }
}

/// The call as JSON.
pub(super) fn to_json(call: &Call) -> Result<Value, CallsError> {
    Ok(serde_json::to_value(call)?)
}

/// The call of a JSON.
pub(super) fn from_json(json: Value) -> Result<Call, CallsError> {
    Ok(serde_json::from_value(json)?)
}

#[cfg(test)]
mod tests;
