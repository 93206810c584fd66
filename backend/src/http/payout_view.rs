//! JSON views of payout batches.

use serde::Serialize;
use store::api::payouts::{Attempt, Event, Line, Submission};
use store::payout_batch::PayoutBatch;
use utoipa::ToSchema;

use super::parse;
use super::schema::{
    BaseUnits, BatchStateName, FreeObject, Hash, PayoutRefusal, PayoutStateName, SubmissionStateName, Wallet,
};
use super::view::view;

view! {
    /// A batch. Times are seconds since 1970-01-01 UTC; `valid_after` and `deadline` are of the chain.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct BatchView from batch: &PayoutBatch {
        /// The replay key on the chain.
        id: Hash = batch.id.into(),
        /// `requested`, `held`, `sealed`, `approved`, `signed`, `submitting`, `executed`, `expired`, `cancelled` or
        /// `quarantined`.
        state: BatchStateName = batch.state.name().into(),
        builder: Wallet = batch.builder.into(),
        requested_at: i64 = batch.requested_at_us.div_euclid(parse::MICROS),
        /// The expired batch that it replaces.
        #[schema(required = true)]
        supersedes: Option<Hash> = batch.supersedes.map(Hash::from),
        /// What was requested, as it was written.
        asked: FreeObject = FreeObject(batch.request["asked"].clone()),
        /// Payouts that hold something.
        count: i32 = batch.count,
        /// Base units.
        total: BaseUnits = batch.total.into(),
        /// What approvers approve; null before the batch is sealed.
        #[schema(required = true)]
        list_hash: Option<Hash> = batch.list_hash.map(Hash::from),
        #[schema(required = true)]
        manifest_hash: Option<Hash> = batch.manifest_hash.map(Hash::from),
        #[schema(required = true)]
        sealed_at: Option<i64> = batch.sealed_at,
        #[schema(required = true)]
        approved_by: Option<Wallet> = batch.approved_by.map(Wallet::from),
        #[schema(required = true)]
        approved_at: Option<i64> = batch.approved_at,
        #[schema(required = true)]
        sign_requested_by: Option<Wallet> = batch.sign_requested_by.map(Wallet::from),
        /// The only account that may submit it.
        #[schema(required = true)]
        submitter: Option<Wallet> = batch.submitter.map(Wallet::from),
        #[schema(required = true)]
        valid_after: Option<u64> = batch.valid_after,
        /// Last second at which the contract takes it.
        #[schema(required = true)]
        deadline: Option<u64> = batch.deadline,
        #[schema(required = true)]
        signer: Option<Wallet> = batch.signer.map(Wallet::from),
        #[schema(required = true)]
        signed_at: Option<i64> = batch.signed_at,
        #[schema(required = true)]
        submit_requested_by: Option<Wallet> = batch.submit_requested_by.map(Wallet::from),
        #[schema(required = true)]
        submit_requested_at: Option<i64> = batch.submit_requested_at,
        #[schema(required = true)]
        bump_requested_at: Option<i64> = batch.bump_requested_at,
        #[schema(required = true)]
        cancel_requested_by: Option<Wallet> = batch.cancel_requested_by.map(Wallet::from),
        #[schema(required = true)]
        cancel_requested_at: Option<i64> = batch.cancel_requested_at,
    }
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

view! {
    /// A payout.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct LineView from line: Line {
        user_id: i32 = line.user_id,
        wallet: Wallet = line.wallet.into(),
        /// Base units.
        amount: BaseUnits = line.amount.into(),
        /// What is held back now.
        held: BaseUnits = line.held.into(),
        /// What the chain will have paid to the user in all.
        #[schema(required = true)]
        target: Option<BaseUnits> = line.target.map(BaseUnits::from),
        /// `held`, `refused`, `executed`, `credited`, `skipped` or `released`.
        state: PayoutStateName = line.state.into(),
        /// `already_live`, `exceeds_available` or `target_too_large`.
        #[schema(required = true)]
        refused: Option<PayoutRefusal> = line.refused.map(PayoutRefusal::from),
        /// What the chain paid or credited.
        #[schema(required = true)]
        settled: Option<BaseUnits> = line.settled.map(BaseUnits::from),
    }
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

view! {
    /// A signed transaction.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct AttemptView from attempt: &Attempt {
        number: i32 = attempt.number,
        /// Whether it only fills the nonce.
        noop: bool = attempt.noop,
        transaction_hash: Hash = attempt.transaction_hash.into(),
        /// Wei per gas at most.
        max_fee: BaseUnits = attempt.max_fee.into(),
        /// Wei per gas at most for the block's producer.
        priority_fee: BaseUnits = attempt.priority_fee.into(),
        sends: i32 = attempt.sends,
        /// The block that includes it, as far as it is known.
        #[schema(required = true)]
        included_block: Option<i64> = attempt.included_block,
        #[schema(required = true)]
        succeeded: Option<bool> = attempt.succeeded,
        #[schema(required = true)]
        gas_used: Option<i64> = attempt.gas_used,
    }
}

view! {
    /// One recorded event.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct EventView from event: &Event {
        #[schema(required = true)]
        attempt: Option<i32> = event.attempt,
        event: String = event.event.clone(),
        /// In its own words.
        detail: FreeObject = FreeObject(event.detail.clone()),
        at: i64 = event.at,
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
                .map(AttemptView::from)
                .collect(),
            events: events
                .iter()
                .filter(|event| event.submission_id == submission.id)
                .map(EventView::from)
                .collect(),
            id: submission.id,
            sender: submission.sender.into(),
            nonce: submission.nonce,
            state: submission.state.into(),
            created_at: submission.created_at,
            closed_at: submission.closed_at,
        });
        Self {
            batch: BatchView::from(batch),
            submissions: submissions.collect(),
            lines: lines.into_iter().map(LineView::from).collect(),
        }
    }
}
