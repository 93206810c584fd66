//! One log of the contract as a typed event, exactly or not at all.
//!
//! Not responsible for where logs come from or for their order ([`crate::journal`]).

use alloy::primitives::{B256, LogData, b256};
use alloy::sol_types::SolEventInterface;
use thiserror::Error;

use crate::bindings::ICustody;

/// Every event that the interface declares. Amounts are wei, times are Unix seconds.
pub use ICustody::ICustodyEvents as CustodyEvent;

/// Events that the contract inherits from libraries. They repeat what an own event says and are never journaled.
const LIBRARY_EVENTS: [(B256, &str); 6] = [
    (
        b256!("2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d"),
        "RoleGranted(bytes32,address,address)",
    ),
    (
        b256!("f6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b"),
        "RoleRevoked(bytes32,address,address)",
    ),
    (
        b256!("bd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff"),
        "RoleAdminChanged(bytes32,bytes32,bytes32)",
    ),
    (
        b256!("62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258"),
        "Paused(address)",
    ),
    (
        b256!("5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa"),
        "Unpaused(address)",
    ),
    (
        b256!("0a6387c9ea3628b88a633bb4f3b151770f70085117a15f9bf3787cda53f13d31"),
        "EIP712DomainChanged()",
    ),
];

/// Why a log is not an event of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventError {
    /// Anonymous log: the contract emits none.
    #[error("a log without topics")]
    NoTopics,
    /// Neither the interface nor a known library declares it.
    #[error("unknown event {topic}")]
    Unknown {
        /// First topic of the log.
        topic: B256,
    },
    /// Declared, but topics or data are not what the contract would have encoded.
    #[error("malformed event {topic}")]
    Malformed {
        /// First topic of the log.
        topic: B256,
    },
}

/// Decodes one log; `None` for an event inherited from a library, which carries no news.
///
/// # Errors
/// [`EventError`] when the log is anonymous, unknown, or not the canonical encoding of its event.
pub fn decode(log: &LogData) -> Result<Option<CustodyEvent>, EventError> {
    let topic = *log.topics().first().ok_or(EventError::NoTopics)?;
    if LIBRARY_EVENTS.iter().any(|(known, _)| *known == topic) {
        return Ok(None);
    }
    if !CustodyEvent::SELECTORS.contains(&topic.0) {
        return Err(EventError::Unknown { topic });
    }
    let event =
        CustodyEvent::decode_raw_log(log.topics(), &log.data).map_err(|_| EventError::Malformed { topic })?;
    // Decoding is lenient about padding and surplus bytes; the journal hashes every byte.
    if alloy::primitives::IntoLogData::to_log_data(&event) != *log {
        return Err(EventError::Malformed { topic });
    }
    Ok(Some(event))
}

/// Number of the journal entry that this event is; `None` for the per-user events of a batch or of leaves.
pub fn seq_of(event: &CustodyEvent) -> Option<alloy::primitives::U256> {
    match event {
        CustodyEvent::PayoutExecuted(_)
        | CustodyEvent::PayoutCredited(_)
        | CustodyEvent::PayoutSkipped(_)
        | CustodyEvent::LeafPaid(_)
        | CustodyEvent::LeafCredited(_)
        | CustodyEvent::LeafSkipped(_) => None,
        CustodyEvent::BatchCancelled(e) => Some(e.seq),
        CustodyEvent::BatchSettled(e) => Some(e.seq),
        CustodyEvent::Claimed(e) => Some(e.seq),
        CustodyEvent::CreditWithdrawn(e) => Some(e.seq),
        CustodyEvent::DepositRefunded(e) => Some(e.seq),
        CustodyEvent::EscrowMatured(e) => Some(e.seq),
        CustodyEvent::Funded(e) => Some(e.seq),
        CustodyEvent::LeavesSettled(e) => Some(e.seq),
        CustodyEvent::OperationCancelled(e) => Some(e.seq),
        CustodyEvent::OperationExecuted(e) => Some(e.seq),
        CustodyEvent::OperationScheduled(e) => Some(e.seq),
        CustodyEvent::OutflowCapLowered(e) => Some(e.seq),
        CustodyEvent::PauseChanged(e) => Some(e.seq),
        CustodyEvent::RegistrationAccepted(e) => Some(e.seq),
        CustodyEvent::RetopupCompleted(e) => Some(e.seq),
        CustodyEvent::RoleChanged(e) => Some(e.seq),
        CustodyEvent::RootPublished(e) => Some(e.seq),
        CustodyEvent::RootVetoed(e) => Some(e.seq),
        CustodyEvent::SignerRevoked(e) => Some(e.seq),
        CustodyEvent::UserEnrolled(e) => Some(e.seq),
        CustodyEvent::UserFrozen(e) => Some(e.seq),
        CustodyEvent::UserUnfrozen(e) => Some(e.seq),
    }
}

#[cfg(test)]
mod tests;
