//! What a wallet did on the chain that is not in the ledger yet, as `GET /users/me` shows it.

use abi::CustodyEvent;
use serde::Serialize;
use store::api::pending::Pending;
use utoipa::ToSchema;

/// Something on the chain that does not count yet: it becomes final within seconds, or a fork drops it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingView {
    /// `registration`, `retopup` or `refund`.
    kind: &'static str,
    /// The contract's `ref`.
    #[serde(rename = "ref")]
    reference: String,
    /// Base units.
    amount: String,
    block_number: i64,
    transaction_hash: String,
    /// Whether the block is final, so that it only waits to be posted.
    is_final: bool,
}

impl PendingView {
    /// The view of a payment or refund; `None` for any other event.
    pub(super) fn of(pending: &Pending) -> Option<Self> {
        let event = abi::events::decode(&pending.log).ok().flatten()?;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "other events are no payments of a user"
        )]
        let (kind, reference, amount) = match event {
            CustodyEvent::RegistrationAccepted(event) => ("registration", event.r#ref, event.amount),
            CustodyEvent::RetopupCompleted(event) => ("retopup", event.r#ref, event.amount),
            CustodyEvent::DepositRefunded(event) => ("refund", event.r#ref, event.amount),
            _ => return None,
        };
        Some(Self {
            kind,
            reference: reference.to_string(),
            amount: amount.to_string(),
            block_number: pending.block_number,
            transaction_hash: pending.transaction_hash.to_string(),
            is_final: pending.is_final,
        })
    }
}
