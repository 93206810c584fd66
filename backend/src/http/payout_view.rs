//! JSON views of payout batches.

use serde::Serialize;
use store::api::payouts::{Attempt, Event, Line, Submission};
use store::payout_batch::PayoutBatch;
use utoipa::ToSchema;

use super::schema::{
    BaseUnits, BatchStateName, FreeObject, Hash, PayoutRefusal, PayoutStateName, SubmissionStateName, Wallet,
};
use super::words;

/// A batch. Times are seconds since 1970-01-01 UTC; `valid_after` and `deadline` are of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// The replay key on the chain.
    id: Hash,
    /// `requested`, `held`, `sealed`, `approved`, `signed`, `submitting`, `executed`, `expired`, `cancelled` or
    /// `quarantined`.
    state: BatchStateName,
    builder: Wallet,
    requested_at: i64,
    /// The expired batch that it replaces.
    #[schema(required = true)]
    supersedes: Option<Hash>,
    /// What was requested, as it was written.
    asked: FreeObject,
    /// Payouts that hold something.
    count: i32,
    /// Base units.
    total: BaseUnits,
    /// What approvers approve; null before the batch is sealed.
    #[schema(required = true)]
    list_hash: Option<Hash>,
    #[schema(required = true)]
    manifest_hash: Option<Hash>,
    #[schema(required = true)]
    sealed_at: Option<i64>,
    #[schema(required = true)]
    approved_by: Option<Wallet>,
    #[schema(required = true)]
    approved_at: Option<i64>,
    #[schema(required = true)]
    sign_requested_by: Option<Wallet>,
    /// The only account that may submit it.
    #[schema(required = true)]
    submitter: Option<Wallet>,
    #[schema(required = true)]
    valid_after: Option<u64>,
    /// Last second at which the contract takes it.
    #[schema(required = true)]
    deadline: Option<u64>,
    #[schema(required = true)]
    signer: Option<Wallet>,
    #[schema(required = true)]
    signed_at: Option<i64>,
    #[schema(required = true)]
    submit_requested_by: Option<Wallet>,
    #[schema(required = true)]
    submit_requested_at: Option<i64>,
    #[schema(required = true)]
    bump_requested_at: Option<i64>,
    #[schema(required = true)]
    cancel_requested_by: Option<Wallet>,
    #[schema(required = true)]
    cancel_requested_at: Option<i64>,
}

/// A batch with its payouts and what was sent for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchAnswer {
    #[serde(flatten)]
    batch: BatchView,
    /// By wallet.
    lines: Vec<LineView>,
    /// Oldest first.
    submissions: Vec<SubmissionView>,
}

/// A payout.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    user_id: i32,
    wallet: Wallet,
    /// Base units.
    amount: BaseUnits,
    /// What is held back now.
    held: BaseUnits,
    /// What the chain will have paid to the user in all.
    #[schema(required = true)]
    target: Option<BaseUnits>,
    /// `held`, `refused`, `executed`, `credited`, `skipped` or `released`.
    state: PayoutStateName,
    /// `already_live`, `exceeds_available` or `target_too_large`.
    #[schema(required = true)]
    refused: Option<PayoutRefusal>,
    /// What the chain paid or credited.
    #[schema(required = true)]
    settled: Option<BaseUnits>,
}

/// An intent to land on the chain with one account nonce.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionView {
    id: i64,
    sender: Wallet,
    nonce: i64,
    /// `allocated`, `signed`, `sent`, `included`, `final_ok`, `final_reverted` or `dead`.
    state: SubmissionStateName,
    created_at: i64,
    #[schema(required = true)]
    closed_at: Option<i64>,
    attempts: Vec<AttemptView>,
    /// Newest first, 200 of all submissions at most.
    events: Vec<EventView>,
}

/// A signed transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    number: i32,
    /// Whether it only fills the nonce.
    noop: bool,
    transaction_hash: Hash,
    /// Wei per gas at most.
    max_fee: BaseUnits,
    /// Wei per gas at most for the block's producer.
    priority_fee: BaseUnits,
    sends: i32,
    /// The block that includes it, as far as it is known.
    #[schema(required = true)]
    included_block: Option<i64>,
    #[schema(required = true)]
    succeeded: Option<bool>,
    #[schema(required = true)]
    gas_used: Option<i64>,
}

/// One recorded event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    #[schema(required = true)]
    attempt: Option<i32>,
    event: String,
    /// In its own words.
    detail: FreeObject,
    at: i64,
}

impl BatchView {
    pub(super) fn of(batch: &PayoutBatch) -> Self {
        Self {
            id: batch.id.into(),
            state: batch.state.name().into(),
            builder: batch.builder.into(),
            requested_at: batch.requested_at_us.div_euclid(words::MICROS),
            supersedes: batch.supersedes.map(Hash::from),
            asked: FreeObject(batch.request["asked"].clone()),
            count: batch.count,
            total: batch.total.into(),
            list_hash: batch.list_hash.map(Hash::from),
            manifest_hash: batch.manifest_hash.map(Hash::from),
            sealed_at: batch.sealed_at,
            approved_by: batch.approved_by.map(Wallet::from),
            approved_at: batch.approved_at,
            sign_requested_by: batch.sign_requested_by.map(Wallet::from),
            submitter: batch.submitter.map(Wallet::from),
            valid_after: batch.valid_after,
            deadline: batch.deadline,
            signer: batch.signer.map(Wallet::from),
            signed_at: batch.signed_at,
            submit_requested_by: batch.submit_requested_by.map(Wallet::from),
            submit_requested_at: batch.submit_requested_at,
            bump_requested_at: batch.bump_requested_at,
            cancel_requested_by: batch.cancel_requested_by.map(Wallet::from),
            cancel_requested_at: batch.cancel_requested_at,
        }
    }
}

impl BatchAnswer {
    pub(super) fn of(
        batch: &PayoutBatch,
        lines: Vec<Line>,
        submissions: Vec<Submission>,
        attempts: &[Attempt],
        events: &[Event],
    ) -> Self {
        let submissions = submissions.into_iter().map(|submission| SubmissionView {
            attempts: attempts
                .iter()
                .filter(|attempt| attempt.submission_id == submission.id)
                .map(AttemptView::of)
                .collect(),
            events: events
                .iter()
                .filter(|event| event.submission_id == submission.id)
                .map(EventView::of)
                .collect(),
            id: submission.id,
            sender: submission.sender.into(),
            nonce: submission.nonce,
            state: submission.state.into(),
            created_at: submission.created_at,
            closed_at: submission.closed_at,
        });
        Self {
            batch: BatchView::of(batch),
            submissions: submissions.collect(),
            lines: lines.into_iter().map(LineView::of).collect(),
        }
    }
}

impl LineView {
    fn of(line: Line) -> Self {
        Self {
            user_id: line.user_id,
            wallet: line.wallet.into(),
            amount: line.amount.into(),
            held: line.held.into(),
            target: line.target.map(BaseUnits::from),
            state: line.state.into(),
            refused: line.refused.map(PayoutRefusal::from),
            settled: line.settled.map(BaseUnits::from),
        }
    }
}

impl AttemptView {
    fn of(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            noop: attempt.noop,
            transaction_hash: attempt.transaction_hash.into(),
            max_fee: attempt.max_fee.into(),
            priority_fee: attempt.priority_fee.into(),
            sends: attempt.sends,
            included_block: attempt.included_block,
            succeeded: attempt.succeeded,
            gas_used: attempt.gas_used,
        }
    }
}

impl EventView {
    fn of(event: &Event) -> Self {
        Self {
            attempt: event.attempt,
            event: event.event.clone(),
            detail: FreeObject(event.detail.clone()),
            at: event.at,
        }
    }
}
