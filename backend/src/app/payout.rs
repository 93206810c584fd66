//! Payout batches from the operators' side: from a proposal to the settlement worker.
//!
//! Every step locks the batch's row, asks `settlement::state` whether it may be taken, and writes what changed with an
//! entry of the audit log in the same transaction. Of two operators at once exactly one takes a step.

mod approve;
mod build;
mod ids;
mod step;

pub use approve::{approval, approve};
pub use build::{BatchRequest, Built, Proposed, build, first_in_line, propose};
pub use ids::BatchIds;
pub use step::{cancel, retry, sign, submit};

use alloy_primitives::B256;
use settlement::state::{Gate, Refused};
use sqlx::{PgConnection, PgTransaction};
use store::StoreError;
use store::inbox::InboxError;
use store::payout_batch::{self, PayoutBatch};
use thiserror::Error;

use super::App;
use super::access::AccessError;
use super::approve::ApproveError;
use super::head::HeadError;
use crate::agreement;

/// Why a step was not taken.
#[derive(Debug, Error)]
pub enum PayoutError {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Batch not found.
    #[error("there is no such batch")]
    UnknownBatch,
    /// The batch may not.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The approver saw another list.
    #[error("the list has changed since it was reviewed")]
    ListChanged,
    /// Nobody would be paid.
    #[error("the batch would pay nobody")]
    NothingDue,
    /// The key was used for another batch.
    #[error("the idempotency key was used for another batch")]
    KeyReused,
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The signature is not taken.
    #[error(transparent)]
    Approve(#[from] ApproveError),
    /// The command was not stored.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(PayoutError);

/// Whether settlement is stopped, at this time of the chain: unless two people signed that each stop ends.
pub(super) async fn gate(app: &App, connection: &mut PgConnection, time: u64) -> Result<Gate, StoreError> {
    let (open, _) = agreement::stops(connection, &app.domain(), time).await?;
    Ok(if open.is_empty() {
        Gate::Open
    } else {
        Gate::Stopped
    })
}

async fn lock(transaction: &mut PgTransaction<'_>, id: B256) -> Result<PayoutBatch, PayoutError> {
    payout_batch::lock(transaction, id)
        .await?
        .ok_or(PayoutError::UnknownBatch)
}
