//! A wallet's on-chain activity that is not in the ledger yet, as shown by `GET /users/me`.

use abi::CustodyEvent;
use alloy_primitives::{Address, B256};
use serde::Serialize;
use store::api::pending::Pending;
use utoipa::ToSchema;

use super::schema::{BaseUnits, Hash, PendingKind};

/// Something on the chain that does not count yet: it becomes final within seconds, or a fork drops it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingView {
    /// `registration`, `retopup`, `refund`, `payout`, `payout_credited`, `claim`, `claim_credited` or
    /// `credit_withdrawal`.
    kind: PendingKind,
    /// Of what the user paid in: the contract's `ref`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    reference: Option<Hash>,
    /// Of payouts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    batch_id: Option<Hash>,
    /// Of claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    root: Option<Hash>,
    /// Base units.
    amount: BaseUnits,
    block_number: i64,
    transaction_hash: Hash,
    /// Whether the block is final, so that it only waits to be posted.
    is_final: bool,
}

/// What an event names.
enum About {
    Deposit(B256),
    Batch(B256),
    Root(B256),
    Credit,
}

impl PendingView {
    /// The view of what concerns this user's money; `None` for any other event.
    pub(super) fn of(pending: &Pending, wallet: Address) -> Option<Self> {
        let event = abi::events::decode(&pending.log).ok().flatten()?;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "other events do not move a user's money"
        )]
        let (kind, user, about, amount) = match event {
            CustodyEvent::RegistrationAccepted(e) => {
                ("registration", e.user, About::Deposit(e.r#ref), e.amount)
            }
            CustodyEvent::RetopupCompleted(e) => ("retopup", e.user, About::Deposit(e.r#ref), e.amount),
            CustodyEvent::DepositRefunded(e) => ("refund", e.user, About::Deposit(e.r#ref), e.amount),
            // What a root entitles to is a claim, whoever sends it.
            CustodyEvent::PayoutExecuted(e) if pending.names_root => {
                ("claim", e.user, About::Root(e.batchId), e.amount)
            }
            CustodyEvent::PayoutCredited(e) if pending.names_root => {
                ("claim_credited", e.user, About::Root(e.batchId), e.amount)
            }
            CustodyEvent::PayoutExecuted(e) => ("payout", e.user, About::Batch(e.batchId), e.amount),
            CustodyEvent::PayoutCredited(e) => ("payout_credited", e.user, About::Batch(e.batchId), e.amount),
            CustodyEvent::Claimed(e) => ("claim", e.user, About::Root(e.root), e.amount),
            CustodyEvent::CreditWithdrawn(e) => ("credit_withdrawal", e.user, About::Credit, e.amount),
            _ => return None,
        };
        let (reference, batch_id, root) = match about {
            About::Deposit(reference) => (Some(reference), None, None),
            About::Batch(batch) => (None, Some(batch), None),
            About::Root(root) => (None, None, Some(root)),
            About::Credit => (None, None, None),
        };
        (user == wallet).then(|| Self {
            kind: kind.into(),
            reference: reference.map(Hash::from),
            batch_id: batch_id.map(Hash::from),
            root: root.map(Hash::from),
            amount: amount.to_string().into(),
            block_number: pending.block_number,
            transaction_hash: pending.transaction_hash.into(),
            is_final: pending.is_final,
        })
    }
}
