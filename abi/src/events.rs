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
#[must_use]
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
mod tests {
    use super::*;
    use alloy::primitives::{Address, Bytes, IntoLogData, U256, keccak256};

    fn funded() -> LogData {
        ICustody::Funded {
            from: Address::repeat_byte(7),
            seq: U256::from(1),
            amount: U256::from(5),
        }
        .to_log_data()
    }

    #[test]
    fn library_topics_are_the_hashes_of_their_signatures() {
        for (topic, signature) in LIBRARY_EVENTS {
            assert_eq!(topic, keccak256(signature), "{signature}");
        }
    }

    #[test]
    fn an_event_of_the_interface_is_decoded() {
        let event = decode(&funded()).expect("well formed").expect("an own event");
        assert_eq!(seq_of(&event), Some(U256::from(1)));
        assert!(matches!(event, CustodyEvent::Funded(e) if e.amount == U256::from(5)));
    }

    #[test]
    fn an_event_of_a_library_is_no_news() {
        let log = LogData::new_unchecked(vec![LIBRARY_EVENTS[3].0], Bytes::from(vec![0; 32]));
        assert_eq!(decode(&log), Ok(None));
    }

    #[test]
    fn an_unknown_topic_is_an_error() {
        let topic = B256::repeat_byte(9);
        assert_eq!(
            decode(&LogData::new_unchecked(vec![topic], Bytes::new())),
            Err(EventError::Unknown { topic })
        );
        assert_eq!(decode(&LogData::default()), Err(EventError::NoTopics));
    }

    #[test]
    fn surplus_and_missing_bytes_and_dirty_padding_are_errors() {
        let good = funded();
        let topic = good.topics()[0];
        let mut longer = good.data.to_vec();
        longer.push(0);
        let shorter = good.data[..63].to_vec();
        let mut dirty = good.topics().to_vec();
        dirty[1].0[0] = 1;
        for log in [
            LogData::new_unchecked(good.topics().to_vec(), longer.into()),
            LogData::new_unchecked(good.topics().to_vec(), shorter.into()),
            LogData::new_unchecked(dirty, good.data.clone()),
            LogData::new_unchecked(vec![topic], good.data.clone()),
        ] {
            assert_eq!(decode(&log), Err(EventError::Malformed { topic }));
        }
    }
}
