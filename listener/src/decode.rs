//! One event of the contract as the cause that it is for the ledger: every journal entry exactly one.
//!
//! Not responsible for what a cause does.

use abi::{CustodyEvent, ICustody};
use alloy_primitives::{Address, U256};
use money::Amount;
use plan::{Cause, Intake};

/// Why an event is no cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoCause {
    /// The event belongs to the journal entry that follows it.
    PartOfAnEntry(&'static str),
    /// The ledger has no meaning for it yet.
    Meaningless(&'static str),
    /// A number that the contract cannot emit.
    OutOfRange(&'static str),
}

impl NoCause {
    /// The event's name.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::PartOfAnEntry(event) | Self::Meaningless(event) | Self::OutOfRange(event) => event,
        }
    }
}

/// The cause that an event is.
pub(crate) fn cause_of(event: &CustodyEvent) -> Result<Cause, NoCause> {
    use NoCause::{Meaningless, PartOfAnEntry};
    match event {
        CustodyEvent::RegistrationAccepted(event) => registered(event),
        CustodyEvent::RetopupCompleted(event) => retopped_up(event),
        CustodyEvent::DepositRefunded(event) => Ok(Cause::Refunded {
            deposit_ref: event.r#ref,
            wallet: event.user,
            to: event.to,
            amount: amount(event.amount, "DepositRefunded")?,
        }),
        CustodyEvent::EscrowMatured(event) => Ok(Cause::EscrowMatured {
            through_day: number(event.throughDay, "EscrowMatured")?,
            amount: amount(event.amount, "EscrowMatured")?,
        }),
        CustodyEvent::Funded(event) => Ok(Cause::Funded {
            from: event.from,
            amount: amount(event.amount, "Funded")?,
        }),
        CustodyEvent::UserFrozen(event) => Ok(Cause::UserFrozen {
            wallet: event.user,
            until: number(event.until, "UserFrozen")?,
        }),
        CustodyEvent::UserUnfrozen(event) => Ok(Cause::UserUnfrozen { wallet: event.user }),
        CustodyEvent::RoleChanged(_) | CustodyEvent::PauseChanged(_) | CustodyEvent::SignerRevoked(_) => {
            Ok(Cause::Noted)
        }
        CustodyEvent::PayoutExecuted(_) => Err(PartOfAnEntry("PayoutExecuted")),
        CustodyEvent::PayoutCredited(_) => Err(PartOfAnEntry("PayoutCredited")),
        CustodyEvent::PayoutSkipped(_) => Err(PartOfAnEntry("PayoutSkipped")),
        CustodyEvent::BatchSettled(_) => Err(Meaningless("BatchSettled")),
        CustodyEvent::BatchCancelled(_) => Err(Meaningless("BatchCancelled")),
        CustodyEvent::RootPublished(_) => Err(Meaningless("RootPublished")),
        CustodyEvent::RootVetoed(_) => Err(Meaningless("RootVetoed")),
        CustodyEvent::Claimed(_) => Err(Meaningless("Claimed")),
        CustodyEvent::CreditWithdrawn(_) => Err(Meaningless("CreditWithdrawn")),
        CustodyEvent::OutflowCapLowered(_) => Err(Meaningless("OutflowCapLowered")),
        CustodyEvent::OperationScheduled(_) => Err(Meaningless("OperationScheduled")),
        CustodyEvent::OperationExecuted(_) => Err(Meaningless("OperationExecuted")),
        CustodyEvent::OperationCancelled(_) => Err(Meaningless("OperationCancelled")),
    }
}

fn registered(event: &ICustody::RegistrationAccepted) -> Result<Cause, NoCause> {
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

fn retopped_up(event: &ICustody::RetopupCompleted) -> Result<Cause, NoCause> {
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

fn amount(wei: U256, event: &'static str) -> Result<Amount, NoCause> {
    number(wei, event).map(Amount::new)
}

fn number<T: TryFrom<U256>>(word: U256, event: &'static str) -> Result<T, NoCause> {
    T::try_from(word).map_err(|_| NoCause::OutOfRange(event))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::*;

    fn registration(sponsor: Address, amount: U256) -> CustodyEvent {
        CustodyEvent::RegistrationAccepted(ICustody::RegistrationAccepted {
            r#ref: B256::repeat_byte(1),
            user: Address::repeat_byte(2),
            sponsor,
            seq: U256::from(1),
            amount,
            refundableUntil: U256::from(99),
            planHash: B256::repeat_byte(3),
            disclosureHash: B256::repeat_byte(4),
        })
    }

    fn intake(cause: Cause) -> Intake {
        let Cause::Registered(intake) = cause else {
            panic!("{cause:?}")
        };
        intake
    }

    #[test]
    fn every_field_of_a_registration_is_kept() {
        let sponsor = Address::repeat_byte(5);
        let intake = intake(cause_of(&registration(sponsor, U256::from(20))).unwrap());
        assert_eq!(
            intake,
            Intake {
                deposit_ref: B256::repeat_byte(1),
                wallet: Address::repeat_byte(2),
                sponsor: Some(sponsor),
                amount: Amount::new(20),
                refundable_until: 99,
                plan_hash: B256::repeat_byte(3),
                disclosure_hash: B256::repeat_byte(4),
            }
        );
    }

    #[test]
    fn a_zero_sponsor_is_none() {
        let intake = intake(cause_of(&registration(Address::ZERO, U256::from(20))).unwrap());
        assert_eq!(intake.sponsor, None);
    }

    #[test]
    fn an_amount_above_what_the_ledger_holds_is_refused_and_not_cut() {
        let above = U256::from(u128::MAX) + U256::from(1);
        assert_eq!(
            cause_of(&registration(Address::ZERO, above)),
            Err(NoCause::OutOfRange("RegistrationAccepted"))
        );
    }

    #[test]
    fn governance_is_noted_and_settlement_is_refused_until_the_ledger_knows_it() {
        let paused = CustodyEvent::PauseChanged(ICustody::PauseChanged {
            seq: U256::from(1),
            paused: true,
        });
        assert_eq!(cause_of(&paused), Ok(Cause::Noted));
        let claimed = CustodyEvent::Claimed(ICustody::Claimed {
            user: Address::ZERO,
            root: B256::ZERO,
            seq: U256::from(1),
            entitled: U256::from(1),
            amount: U256::from(1),
        });
        assert_eq!(cause_of(&claimed), Err(NoCause::Meaningless("Claimed")));
    }
}
