//! Decodes stored logs for the checks, independently of the listener.

use abi::events::EventError;
use abi::operations::Operation;
use abi::{CustodyEvent, ICustody};
use alloy_primitives::{U256, keccak256};
use audit::checks::{Entry, Event, Settled};
use money::Amount;
use store::chain_log::StoredLog;
use thiserror::Error;

/// Why a stored log is no event.
#[derive(Debug, Error)]
pub(crate) enum DecodeError {
    /// It is none of the contract's interface.
    #[error("log {index} of block {block}")]
    Event {
        /// Height of its block.
        block: u64,
        /// Its place.
        index: u32,
        /// What is wrong.
        #[source]
        source: EventError,
    },
    /// A number that the contract cannot emit.
    #[error("a number in log {index} of block {block} is out of range")]
    OutOfRange {
        /// Height of its block.
        block: u64,
        /// Its place.
        index: u32,
    },
}

/// A log that says something.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// What it says of money, users, batches and roots.
    pub(crate) event: Event,
    /// Its journal entry, if it is a main event.
    pub(crate) entry: Option<Entry>,
    /// All of it.
    pub(crate) full: CustodyEvent,
}

/// What a log says; `None` for events inherited from libraries, which carry no news.
pub(crate) fn decode(log: &StoredLog) -> Result<Option<Decoded>, DecodeError> {
    let (block, index) = (log.block_number, log.log_index);
    let decoded =
        abi::events::decode(&log.data).map_err(|source| DecodeError::Event { block, index, source })?;
    let Some(full) = decoded else { return Ok(None) };
    let event = event_of(&full).ok_or(DecodeError::OutOfRange { block, index })?;
    let is_part_of_payouts = matches!(
        event,
        Event::PayoutExecuted { .. } | Event::PayoutCredited { .. } | Event::PayoutSkipped { .. }
    );
    let entry = if is_part_of_payouts {
        None
    } else {
        Some(entry_of(log).ok_or(DecodeError::OutOfRange { block, index })?)
    };
    Ok(Some(Decoded { event, entry, full }))
}

/// The entry of a main event: its first data word is the number.
fn entry_of(log: &StoredLog) -> Option<Entry> {
    let mut content = Vec::with_capacity(log.data.topics().len() * 32 + log.data.data.len());
    for topic in log.data.topics() {
        content.extend_from_slice(topic.as_slice());
    }
    content.extend_from_slice(&log.data.data);
    let seq = U256::from_be_slice(log.data.data.get(..32)?);
    Some(Entry {
        seq: u64::try_from(seq).ok()?,
        content: keccak256(content),
    })
}

fn event_of(event: &CustodyEvent) -> Option<Event> {
    Some(match event {
        CustodyEvent::RegistrationAccepted(event) => Event::Registered {
            user: event.user,
            deposit_ref: event.r#ref,
            amount: amount(event.amount)?,
            refundable_until: small(event.refundableUntil)?,
        },
        CustodyEvent::RetopupCompleted(event) => Event::RetoppedUp {
            user: event.user,
            deposit_ref: event.r#ref,
            amount: amount(event.amount)?,
            refundable_until: small(event.refundableUntil)?,
        },
        CustodyEvent::DepositRefunded(event) => Event::Refunded {
            deposit_ref: event.r#ref,
            amount: amount(event.amount)?,
        },
        CustodyEvent::EscrowMatured(event) => Event::Matured {
            through_day: small(event.throughDay)?,
            amount: amount(event.amount)?,
        },
        CustodyEvent::PayoutExecuted(_)
        | CustodyEvent::PayoutCredited(_)
        | CustodyEvent::PayoutSkipped(_)
        | CustodyEvent::LeafPaid(_)
        | CustodyEvent::LeafCredited(_)
        | CustodyEvent::LeafSkipped(_)
        | CustodyEvent::BatchSettled(_)
        | CustodyEvent::BatchCancelled(_)
        | CustodyEvent::LeavesSettled(_) => payment_event_of(event)?,
        CustodyEvent::RootPublished(event) => Event::RootPublished {
            root: event.root,
            total: amount(event.total)?,
            as_of_seq: small(event.asOfSeq)?,
        },
        CustodyEvent::RootVetoed(event) => Event::RootVetoed { root: event.root },
        CustodyEvent::Claimed(event) => Event::Claimed {
            user: event.user,
            amount: amount(event.amount)?,
        },
        CustodyEvent::CreditWithdrawn(event) => Event::CreditWithdrawn {
            user: event.user,
            amount: amount(event.amount)?,
        },
        CustodyEvent::Funded(event) => Event::Funded {
            amount: amount(event.amount)?,
        },
        CustodyEvent::UserFrozen(event) => Event::UserFrozen {
            user: event.user,
            until: small(event.until)?,
        },
        CustodyEvent::UserUnfrozen(event) => Event::UserUnfrozen { user: event.user },
        CustodyEvent::OperationExecuted(event) => executed(event)?,
        CustodyEvent::UserEnrolled(_)
        | CustodyEvent::SignerRevoked(_)
        | CustodyEvent::OutflowCapLowered(_)
        | CustodyEvent::OperationScheduled(_)
        | CustodyEvent::OperationCancelled(_)
        | CustodyEvent::RoleChanged(_)
        | CustodyEvent::PauseChanged(_) => Event::Governance,
    })
}

/// An operation that moves money or roots; the others are governance.
fn executed(event: &ICustody::OperationExecuted) -> Option<Event> {
    if event.operation == Operation::Treasury.number() {
        let amount = amount(event.value)?;
        Some(Event::TreasuryPaid { amount })
    } else if event.operation == Operation::RetireRoot.number() {
        let root = event.argument;
        Some(Event::RootRetired { root })
    } else {
        Some(Event::Governance)
    }
}

/// Events of payments to many users: of batches, and of settled leaves.
fn payment_event_of(event: &CustodyEvent) -> Option<Event> {
    if let CustodyEvent::PayoutExecuted(event) = event {
        Some(Event::PayoutExecuted {
            batch: event.batchId,
            user: event.user,
            amount: amount(event.amount)?,
        })
    } else if let CustodyEvent::PayoutCredited(event) = event {
        Some(Event::PayoutCredited {
            batch: event.batchId,
            user: event.user,
            amount: amount(event.amount)?,
        })
    } else if let CustodyEvent::PayoutSkipped(event) = event {
        Some(Event::PayoutSkipped {
            batch: event.batchId,
            user: event.user,
        })
    } else if let CustodyEvent::LeafPaid(event) = event {
        Some(Event::PayoutExecuted {
            batch: event.root,
            user: event.user,
            amount: amount(event.amount)?,
        })
    } else if let CustodyEvent::LeafCredited(event) = event {
        Some(Event::PayoutCredited {
            batch: event.root,
            user: event.user,
            amount: amount(event.amount)?,
        })
    } else if let CustodyEvent::LeafSkipped(event) = event {
        Some(Event::PayoutSkipped {
            batch: event.root,
            user: event.user,
        })
    } else if let CustodyEvent::BatchSettled(event) = event {
        let settled = Settled {
            seq: small(event.seq)?,
            count: small(event.count)?,
            paid: amount(event.paid)?,
            credited: amount(event.credited)?,
            list_hash: event.listHash,
            outcome_hash: event.outcomeHash,
            manifest_hash: Some(event.manifestHash),
        };
        let batch = event.batchId;
        Some(Event::BatchSettled { batch, settled })
    } else if let CustodyEvent::LeavesSettled(event) = event {
        let settled = Settled {
            seq: small(event.seq)?,
            count: small(event.count)?,
            paid: amount(event.paid)?,
            credited: amount(event.credited)?,
            list_hash: event.listHash,
            outcome_hash: event.outcomeHash,
            manifest_hash: None,
        };
        let root = event.root;
        Some(Event::LeavesSettled { root, settled })
    } else if let CustodyEvent::BatchCancelled(event) = event {
        Some(Event::BatchCancelled { batch: event.batchId })
    } else {
        None
    }
}

fn amount(wei: U256) -> Option<Amount> {
    u128::try_from(wei).ok().map(Amount::new)
}

fn small(number: U256) -> Option<u64> {
    u64::try_from(number).ok()
}
