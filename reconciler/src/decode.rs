//! A stored log as what the checks fold: apart from the causes that the listener makes of it.

use abi::events::{self, EventError};
use abi::journal::content_hash;
use abi::operations::Operation;
use abi::payouts::{PayoutEffect, PayoutOutcome};
use abi::{CustodyEvent, ICustody};
use alloy_primitives::U256;
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
    let decoded = events::decode(&log.data).map_err(|source| DecodeError::Event { block, index, source })?;
    let Some(full) = decoded else { return Ok(None) };
    let event = event_of(&full).ok_or(DecodeError::OutOfRange { block, index })?;
    let entry = match events::seq_of(&full) {
        Some(seq) => Some(Entry {
            seq: small(seq).ok_or(DecodeError::OutOfRange { block, index })?,
            content: content_hash(log.data.topics(), &log.data.data),
        }),
        None => None,
    };
    Ok(Some(Decoded { event, entry, full }))
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
        | CustodyEvent::LeafSkipped(_) => paid(event)?,
        CustodyEvent::BatchSettled(event) => Event::BatchSettled {
            batch: event.batchId,
            settled: batch_settled(event)?,
        },
        CustodyEvent::LeavesSettled(event) => Event::LeavesSettled {
            root: event.root,
            settled: leaves_settled(event)?,
        },
        CustodyEvent::BatchCancelled(event) => Event::BatchCancelled { batch: event.batchId },
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

fn batch_settled(event: &ICustody::BatchSettled) -> Option<Settled> {
    Some(Settled {
        seq: small(event.seq)?,
        count: small(event.count)?,
        paid: amount(event.paid)?,
        credited: amount(event.credited)?,
        list_hash: event.listHash,
        outcome_hash: event.outcomeHash,
        manifest_hash: Some(event.manifestHash),
    })
}

fn leaves_settled(event: &ICustody::LeavesSettled) -> Option<Settled> {
    Some(Settled {
        seq: small(event.seq)?,
        count: small(event.count)?,
        paid: amount(event.paid)?,
        credited: amount(event.credited)?,
        list_hash: event.listHash,
        outcome_hash: event.outcomeHash,
        manifest_hash: None,
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

/// What a batch, or a call that settles leaves, did for one user.
fn paid(event: &CustodyEvent) -> Option<Event> {
    let (batch, PayoutOutcome { user, effect }) = PayoutOutcome::from_event(event)?;
    Some(match effect {
        PayoutEffect::Sent(amount) => Event::PayoutExecuted {
            batch,
            user,
            amount: Amount::new(amount),
        },
        PayoutEffect::Credited(amount) => Event::PayoutCredited {
            batch,
            user,
            amount: Amount::new(amount),
        },
        PayoutEffect::Skipped => Event::PayoutSkipped { batch, user },
    })
}

fn amount(wei: U256) -> Option<Amount> {
    u128::try_from(wei).ok().map(Amount::new)
}

fn small(number: U256) -> Option<u64> {
    u64::try_from(number).ok()
}
