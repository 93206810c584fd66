//! How batches of payouts are shown.

use serde::Serialize;
use serde_json::Value;
use store::api::payouts::{Attempt, Event, Line, Submission};
use store::payout_batch::PayoutBatch;
use utoipa::ToSchema;

use super::words::shown;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

/// A batch. Times are seconds since 1970-01-01 UTC; `valid_after` and `deadline` are of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// The replay key on the chain.
    id: String,
    /// `requested`, `held`, `sealed`, `approved`, `signed`, `submitting`, `executed`, `expired`, `cancelled` or
    /// `quarantined`.
    state: &'static str,
    builder: String,
    requested_at: i64,
    /// The expired batch that it replaces.
    supersedes: Option<String>,
    /// What was asked for, as it was written.
    #[schema(value_type = Object)]
    asked: Value,
    /// Payouts that hold something.
    count: i32,
    /// Base units.
    total: String,
    /// What approvers approve; null before the batch is sealed.
    list_hash: Option<String>,
    manifest_hash: Option<String>,
    sealed_at: Option<i64>,
    approved_by: Option<String>,
    approved_at: Option<i64>,
    sign_requested_by: Option<String>,
    /// The only account that may submit it.
    submitter: Option<String>,
    valid_after: Option<u64>,
    /// Last second at which the contract takes it.
    deadline: Option<u64>,
    signer: Option<String>,
    signed_at: Option<i64>,
    submit_requested_by: Option<String>,
    submit_requested_at: Option<i64>,
    bump_requested_at: Option<i64>,
    cancel_requested_by: Option<String>,
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
    wallet: String,
    /// Base units.
    amount: String,
    /// What is held back now.
    held: String,
    /// What the chain will have paid to the user in all.
    target: Option<String>,
    /// `held`, `refused`, `executed`, `credited`, `skipped` or `released`.
    state: String,
    /// `already_live`, `exceeds_available` or `target_too_large`.
    refused: Option<String>,
    /// What the chain paid or credited.
    settled: Option<String>,
}

/// An intent to land on the chain with one account nonce.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionView {
    id: i64,
    sender: String,
    nonce: i64,
    /// `allocated`, `signed`, `sent`, `included`, `final_ok`, `final_reverted` or `dead`.
    state: String,
    created_at: i64,
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
    transaction_hash: String,
    /// Wei per gas at most.
    max_fee: String,
    /// Wei per gas at most for the block's producer.
    priority_fee: String,
    sends: i32,
    /// The block that includes it, as far as it is known.
    included_block: Option<i64>,
    succeeded: Option<bool>,
    gas_used: Option<i64>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    attempt: Option<i32>,
    event: String,
    /// In its own words.
    #[schema(value_type = Object)]
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
