//! Batches of payouts as operators handle them: from a proposal to the settlement worker.
//!
//! Every step locks the batch's row, asks `settlement::state` whether it may be taken, and writes what changed with an
//! entry of the audit log in the same transaction. Of two operators at once exactly one takes a step.

mod build;
mod sign;
mod step;

pub use build::{Ask, Built, Proposed, build, propose};
pub use sign::{AUTHORIZATION_SECONDS, sign};
pub use step::{approve, cancel, retry, submit};

use alloy_primitives::B256;
use settlement::manifest::ManifestError;
use settlement::state::{Gate, Refused};
use signer_client::SignerError;
use sqlx::{PgConnection, PgTransaction};
use store::inbox::InboxError;
use store::payout_batch::{self, PayoutBatch};
use store::{StoreError, stop};
use thiserror::Error;

use super::access::{AccessError, Role};
use super::head::HeadError;

/// Who may build.
const BUILDING: &[Role] = &[Role::Builder];
/// Who may approve.
const APPROVING: &[Role] = &[Role::Approver];
/// Who may do the rest: what can go wrong is decided before.
const HANDLING: &[Role] = &[Role::Builder, Role::Approver];

/// Why a step was not taken.
#[derive(Debug, Error)]
pub enum PayoutError {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is no such batch.
    #[error("there is no such batch")]
    UnknownBatch,
    /// The batch may not.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The approver saw another list.
    #[error("the list is not the one that was looked at")]
    ListChanged,
    /// Nobody would be paid.
    #[error("nobody would be paid")]
    NothingDue,
    /// The key was used for another batch.
    #[error("the idempotency key was used for another batch")]
    KeyReused,
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The stored manifest is none.
    #[error("the stored manifest of the batch is not one")]
    Manifest(#[source] ManifestError),
    /// The command was not stored.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PayoutError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

pub(super) async fn gate(connection: &mut PgConnection) -> Result<Gate, StoreError> {
    Ok(if stop::any_open(connection).await? {
        Gate::Stopped
    } else {
        Gate::Open
    })
}

async fn lock(transaction: &mut PgTransaction<'_>, id: B256) -> Result<PayoutBatch, PayoutError> {
    payout_batch::lock(transaction, id)
        .await?
        .ok_or(PayoutError::UnknownBatch)
}
