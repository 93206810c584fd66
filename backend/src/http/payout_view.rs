//! JSON views of payout batches.

use serde::Serialize;
use serde_json::Value;
use store::api::payouts::{Attempt, Event, Line, Submission};
use store::payout_batch::PayoutBatch;
use utoipa::ToSchema;

use super::schema::{
    BaseUnits, BatchStateName, FreeObject, Hash, PayoutRefusal, PayoutStateName, SubmissionStateName, Wallet,
};
use super::words::shown;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

/// A batch. Times are seconds since 1970-01-01 UTC; `valid_after` and `deadline` are of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// The replay key on the chain.
    #[schema(value_type = Hash)]
    id: String,
    /// `requested`, `held`, `sealed`, `approved`, `signed`, `submitting`, `executed`, `expired`, `cancelled` or
    /// `quarantined`.
    #[schema(value_type = BatchStateName)]
    state: &'static str,
    #[schema(value_type = Wallet)]
    builder: String,
    requested_at: i64,
    /// The expired batch that it replaces.
    #[schema(value_type = Option<Hash>, required = true)]
    supersedes: Option<String>,
    /// What was requested, as it was written.
    #[schema(value_type = FreeObject)]
    asked: Value,
    /// Payouts that hold something.
    count: i32,
    /// Base units.
    #[schema(value_type = BaseUnits)]
    total: String,
    /// What approvers approve; null before the batch is sealed.
    #[schema(value_type = Option<Hash>, required = true)]
    list_hash: Option<String>,
    #[schema(value_type = Option<Hash>, required = true)]
    manifest_hash: Option<String>,
    #[schema(required = true)]
    sealed_at: Option<i64>,
    #[schema(value_type = Option<Wallet>, required = true)]
    approved_by: Option<String>,
    #[schema(required = true)]
    approved_at: Option<i64>,
    #[schema(value_type = Option<Wallet>, required = true)]
    sign_requested_by: Option<String>,
    /// The only account that may submit it.
    #[schema(value_type = Option<Wallet>, required = true)]
    submitter: Option<String>,
    #[schema(required = true)]
    valid_after: Option<u64>,
    /// Last second at which the contract takes it.
    #[schema(required = true)]
    deadline: Option<u64>,
    #[schema(value_type = Option<Wallet>, required = true)]
    signer: Option<String>,
    #[schema(required = true)]
    signed_at: Option<i64>,
    #[schema(value_type = Option<Wallet>, required = true)]
    submit_requested_by: Option<String>,
    #[schema(required = true)]
    submit_requested_at: Option<i64>,
    #[schema(required = true)]
    bump_requested_at: Option<i64>,
    #[schema(value_type = Option<Wallet>, required = true)]
    cancel_requested_by: Option<String>,
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
    #[schema(value_type = Wallet)]
    wallet: String,
    /// Base units.
    #[schema(value_type = BaseUnits)]
    amount: String,
    /// What is held back now.
    #[schema(value_type = BaseUnits)]
    held: String,
    /// What the chain will have paid to the user in all.
    #[schema(value_type = Option<BaseUnits>, required = true)]
    target: Option<String>,
    /// `held`, `refused`, `executed`, `credited`, `skipped` or `released`.
    #[schema(value_type = PayoutStateName)]
    state: String,
    /// `already_live`, `exceeds_available` or `target_too_large`.
    #[schema(value_type = Option<PayoutRefusal>, required = true)]
    refused: Option<String>,
    /// What the chain paid or credited.
    #[schema(value_type = Option<BaseUnits>, required = true)]
    settled: Option<String>,
}

/// An intent to land on the chain with one account nonce.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionView {
    id: i64,
    #[schema(value_type = Wallet)]
    sender: String,
    nonce: i64,
    /// `allocated`, `signed`, `sent`, `included`, `final_ok`, `final_reverted` or `dead`.
    #[schema(value_type = SubmissionStateName)]
    state: String,
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
    #[schema(value_type = Hash)]
    transaction_hash: String,
    /// Wei per gas at most.
    #[schema(value_type = BaseUnits)]
    max_fee: String,
    /// Wei per gas at most for the block's producer.
    #[schema(value_type = BaseUnits)]
    priority_fee: String,
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
    #[schema(value_type = FreeObject)]
    detail: Value,
    at: i64,
}

impl BatchView {
    pub(super) fn of(batch: &PayoutBatch) -> Self {
        Self {
            id: batch.id.to_string(),
            state: batch.state.name(),
            builder: shown(batch.builder),
            requested_at: batch.requested_at_us.div_euclid(MICROS),
            supersedes: batch.supersedes.map(|id| id.to_string()),
            asked: batch.request["asked"].clone(),
            count: batch.count,
            total: batch.total.to_string(),
            list_hash: batch.list_hash.map(|hash| hash.to_string()),
            manifest_hash: batch.manifest_hash.map(|hash| hash.to_string()),
            sealed_at: batch.sealed_at,
            approved_by: batch.approved_by.map(shown),
            approved_at: batch.approved_at,
            sign_requested_by: batch.sign_requested_by.map(shown),
            submitter: batch.submitter.map(shown),
            valid_after: batch.valid_after,
            deadline: batch.deadline,
            signer: batch.signer.map(shown),
            signed_at: batch.signed_at,
            submit_requested_by: batch.submit_requested_by.map(shown),
            submit_requested_at: batch.submit_requested_at,
            bump_requested_at: batch.bump_requested_at,
            cancel_requested_by: batch.cancel_requested_by.map(shown),
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
            sender: shown(submission.sender),
            nonce: submission.nonce,
            state: submission.state,
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
            wallet: shown(line.wallet),
            amount: line.amount.to_string(),
            held: line.held.to_string(),
            target: line.target.map(|target| target.to_string()),
            state: line.state,
            refused: line.refused,
            settled: line.settled.map(|settled| settled.to_string()),
        }
    }
}

impl AttemptView {
    fn of(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            noop: attempt.noop,
            transaction_hash: attempt.transaction_hash.to_string(),
            max_fee: attempt.max_fee.to_string(),
            priority_fee: attempt.priority_fee.to_string(),
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
            detail: event.detail.clone(),
            at: event.at,
        }
    }
}
