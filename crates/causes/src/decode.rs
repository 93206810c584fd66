//! Logs of one transaction after the other, and the causes that its journal entries are.

mod payouts;

use abi::events::{self, EventError};
use abi::operations::Operation;
use abi::{CustodyEvent, ICustody};
use alloy_primitives::{Address, B256, LogData, U256};
use money::Amount;
use plan::{Cause, Intake};
use thiserror::Error;

use payouts::OpenPayouts;
pub use payouts::PayoutsError;

/// Why events are no causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A number that the contract cannot emit.
    #[error("event {0} has a number that the contract cannot emit")]
    OutOfRange(&'static str),
    /// The events of a batch, or of leaves, are not those that the closing event commits to.
    #[error("the payouts of batch or root {id} do not match their closing event: {rule}")]
    Payouts {
        /// Which batch, or the root of the leaves.
        id: B256,
        /// What is not so.
        rule: PayoutsError,
    },
}

/// Why a log is no cause.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is not a log of the contract.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The contract cannot have emitted it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// The events of one transaction after the other.
#[derive(Debug, Default)]
pub struct Decoder {
    transaction: Option<B256>,
    payouts: OpenPayouts,
}

impl Decoder {
    /// What follows is of this transaction: when it is another one, all payouts of the one before must be closed.
    ///
    /// # Errors
    /// [`DecodeError::Payouts`].
    pub fn enter(&mut self, transaction: B256) -> Result<(), DecodeError> {
        if self.transaction != Some(transaction) {
            std::mem::take(self).finish()?;
            self.transaction = Some(transaction);
        }
        Ok(())
    }

    /// Takes the next log; its journal sequence and cause, when it is a journal entry.
    pub fn read(&mut self, log: &LogData) -> Result<Option<(U256, Cause)>, ReadError> {
        // An event of a library carries no news.
        let Some(event) = events::decode(log)? else {
            return Ok(None);
        };
        let cause = self.take(&event)?;
        Ok(events::seq_of(&event).zip(cause))
    }

    /// Takes the next event; the cause, when the event is a journal entry.
    pub fn take(&mut self, event: &CustodyEvent) -> Result<Option<Cause>, DecodeError> {
        if let CustodyEvent::BatchSettled(event) = event {
            return self.payouts.close_batch(event).map(Some);
        }
        if let CustodyEvent::LeavesSettled(event) = event {
            return self.payouts.close_leaves(event).map(Some);
        }
        let cause = entry(event)?;
        if cause.is_none() {
            self.payouts.add(event)?;
        }
        Ok(cause)
    }

    /// The transaction has ended: all payouts of it must be closed.
    ///
    /// # Errors
    /// [`DecodeError::Payouts`].
    pub fn finish(self) -> Result<(), DecodeError> {
        self.payouts.finish()
    }
}

/// The cause that a single event is; none for the events of payouts.
fn entry(event: &CustodyEvent) -> Result<Option<Cause>, DecodeError> {
    Ok(Some(match event {
        CustodyEvent::RegistrationAccepted(event) => registered(event)?,
        CustodyEvent::RetopupCompleted(event) => retopped_up(event)?,
        CustodyEvent::DepositRefunded(event) => Cause::Refunded {
            deposit_ref: event.r#ref,
            wallet: event.user,
            to: event.to,
            amount: amount(event.amount, "DepositRefunded")?,
        },
        CustodyEvent::EscrowMatured(event) => Cause::EscrowMatured {
            through_day: number(event.throughDay, "EscrowMatured")?,
            amount: amount(event.amount, "EscrowMatured")?,
        },
        CustodyEvent::Funded(event) => Cause::Funded {
            from: event.from,
            amount: amount(event.amount, "Funded")?,
        },
        CustodyEvent::UserFrozen(event) => Cause::UserFrozen {
            wallet: event.user,
            until: number(event.until, "UserFrozen")?,
        },
        CustodyEvent::UserUnfrozen(event) => Cause::UserUnfrozen { wallet: event.user },
        CustodyEvent::BatchCancelled(event) => Cause::BatchCancelled {
            batch_id: event.batchId,
        },
        CustodyEvent::RootPublished(event) => root_published(event)?,
        CustodyEvent::RootVetoed(event) => Cause::RootVetoed { root: event.root },
        CustodyEvent::Claimed(event) => claimed(event)?,
        CustodyEvent::CreditWithdrawn(event) => Cause::CreditWithdrawn {
            wallet: event.user,
            to: event.to,
            amount: amount(event.amount, "CreditWithdrawn")?,
        },
        CustodyEvent::OperationExecuted(event) => executed(event)?,
        CustodyEvent::UserEnrolled(_)
        | CustodyEvent::RoleChanged(_)
        | CustodyEvent::PauseChanged(_)
        | CustodyEvent::SignerRevoked(_)
        | CustodyEvent::OutflowCapLowered(_)
        | CustodyEvent::OperationScheduled(_)
        | CustodyEvent::OperationCancelled(_) => Cause::Noted,
        CustodyEvent::PayoutExecuted(_)
        | CustodyEvent::PayoutCredited(_)
        | CustodyEvent::PayoutSkipped(_)
        | CustodyEvent::LeafPaid(_)
        | CustodyEvent::LeafCredited(_)
        | CustodyEvent::LeafSkipped(_)
        | CustodyEvent::BatchSettled(_)
        | CustodyEvent::LeavesSettled(_) => return Ok(None),
    }))
}

fn registered(event: &ICustody::RegistrationAccepted) -> Result<Cause, DecodeError> {
    let name = "RegistrationAccepted";
    Ok(Cause::Registered(Intake {
        deposit_ref: event.r#ref,
        wallet: event.user,
        sponsor: (event.sponsor != Address::ZERO).then_some(event.sponsor),
        amount: amount(event.amount, name)?,
        refundable_until: number(event.refundableUntil, name)?,
        plan_hash: event.planHash,
        disclosure_hash: event.disclosureHash,
    }))
}

fn retopped_up(event: &ICustody::RetopupCompleted) -> Result<Cause, DecodeError> {
    let name = "RetopupCompleted";
    Ok(Cause::RetoppedUp(Intake {
        deposit_ref: event.r#ref,
        wallet: event.user,
        sponsor: None,
        amount: amount(event.amount, name)?,
        refundable_until: number(event.refundableUntil, name)?,
        plan_hash: event.planHash,
        disclosure_hash: event.disclosureHash,
    }))
}

fn claimed(event: &ICustody::Claimed) -> Result<Cause, DecodeError> {
    let name = "Claimed";
    Ok(Cause::Claimed {
        wallet: event.user,
        root: event.root,
        entitled: amount(event.entitled, name)?,
        amount: amount(event.amount, name)?,
    })
}

fn root_published(event: &ICustody::RootPublished) -> Result<Cause, DecodeError> {
    let name = "RootPublished";
    Ok(Cause::RootPublished {
        root: event.root,
        total: amount(event.total, name)?,
        as_of_seq: number(event.asOfSeq, name)?,
        claimable_from: number(event.claimableFrom, name)?,
    })
}

/// Only the treasury's operation moves money; any other one is about rights and limits.
fn executed(event: &ICustody::OperationExecuted) -> Result<Cause, DecodeError> {
    let name = "OperationExecuted";
    match Operation::from_number(event.operation).ok_or(DecodeError::OutOfRange(name))? {
        Operation::Treasury => Ok(Cause::TreasuryPaid {
            to: Address::from_word(event.argument),
            amount: amount(event.value, name)?,
        }),
        // To the ledger it is all one: nothing can be claimed against it any more.
        Operation::RetireRoot => Ok(Cause::RootVetoed { root: event.argument }),
        Operation::RaiseOutflowCap
        | Operation::AddSigner
        | Operation::AddRootSigner
        | Operation::AddSubmitter
        | Operation::AddFreezer
        | Operation::AddTreasurer
        | Operation::AddGuardian
        | Operation::RemoveGuardian
        | Operation::TransferAdmin => Ok(Cause::Noted),
    }
}

fn amount(wei: U256, event: &'static str) -> Result<Amount, DecodeError> {
    number(wei, event).map(Amount::new)
}

fn number<T: TryFrom<U256>>(word: U256, event: &'static str) -> Result<T, DecodeError> {
    T::try_from(word).map_err(|_| DecodeError::OutOfRange(event))
}

#[cfg(test)]
mod tests;
