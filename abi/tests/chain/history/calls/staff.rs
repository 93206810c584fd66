//! Calls of those who have a role.

use abi::bindings::deployable::Custody;
use abi::operations::Operation;
use abi::{ICustody, development, roles};
use alloy::primitives::{Address, B256, U256};

use super::super::book::{Scheduled, other_admin};
use super::{Call, Making};

/// A thousandth of a BNB.
const FINNEY: u128 = 1_000_000_000_000_000;
/// Shorter than the longest freeze.
const FREEZE: u64 = 10 * 3_600;

impl Making<'_> {
    pub(super) fn cancel_batch(&mut self) -> Call {
        let batch = self.fresh();
        Call::of(self.guard(), &ICustody::cancelBatchCall { batchId: batch })
    }

    pub(super) fn veto_root(&mut self) -> Option<Call> {
        let root = self.book.roots.last()?.hash;
        Some(Call::of(
            development::GUARDIAN.address,
            &ICustody::vetoRootCall { root },
        ))
    }

    pub(super) fn freeze(&mut self) -> Option<Call> {
        let place = self.somebody(|person| person.frozen_until == 0)?;
        let call = ICustody::freezeCall {
            user: self.book.people[place].address,
            until: U256::from(self.now + FREEZE),
            reason: self.fresh(),
        };
        Some(Call::of(development::FREEZER.address, &call))
    }

    pub(super) fn unfreeze(&mut self) -> Option<Call> {
        let now = self.now;
        let place = self.somebody(|person| person.frozen_until > now)?;
        let user = self.book.people[place].address;
        Some(Call::of(
            development::FREEZER.address,
            &ICustody::unfreezeCall { user },
        ))
    }

    pub(super) fn schedule(&mut self) -> Call {
        let operation = Operation::ALL[self.dice.below(Operation::ALL.len())];
        let fresh = Address::from_word(self.fresh());
        let (argument, value) = match operation {
            Operation::Treasury => (fresh.into_word(), U256::from(self.dice.up_to(9) * FINNEY)),
            Operation::RaiseOutflowCap => (
                B256::ZERO,
                self.book.cap + U256::from(self.dice.up_to(9) * FINNEY),
            ),
            Operation::AddSigner
            | Operation::AddRootSigner
            | Operation::AddSubmitter
            | Operation::AddFreezer
            | Operation::AddTreasurer
            | Operation::AddGuardian => (fresh.into_word(), U256::ZERO),
            Operation::RemoveGuardian => {
                let guardian = self.member(roles::GUARDIAN).unwrap_or(fresh);
                (guardian.into_word(), U256::ZERO)
            }
            Operation::RetireRoot => {
                let oldest = self.book.roots.first();
                (oldest.map_or(fresh.into_word(), |root| root.hash), U256::ZERO)
            }
            Operation::TransferAdmin => {
                let there = self.book.admin == development::ADMIN.address;
                let to = if there {
                    other_admin()
                } else {
                    development::ADMIN.address
                };
                (to.into_word(), U256::ZERO)
            }
        };
        let call = ICustody::scheduleCall {
            operation: operation.number(),
            argument,
            value,
        };
        Call::of(self.owner(operation), &call)
    }

    pub(super) fn execute(&mut self) -> Option<Call> {
        let now = self.now;
        let all: Vec<Scheduled> = self.book.scheduled.values().copied().collect();
        let ripe: Vec<Scheduled> = all.iter().filter(|known| known.eta <= now).copied().collect();
        // Now and then too early.
        let early = self.dice.below(10) == 0;
        let chosen = *self.dice.pick(if early { &all } else { &ripe })?;
        let call = ICustody::executeCall {
            operation: chosen.operation.number(),
            argument: chosen.argument,
            value: chosen.value,
        };
        let from = if chosen.operation == Operation::TransferAdmin {
            Address::from_word(chosen.argument)
        } else {
            self.owner(chosen.operation)
        };
        Some(Call::of(from, &call))
    }

    pub(super) fn cancel(&mut self) -> Option<Call> {
        let all: Vec<Scheduled> = self.book.scheduled.values().copied().collect();
        let chosen = *self.dice.pick(&all)?;
        let call = ICustody::cancelCall {
            operation: chosen.operation.number(),
            argument: chosen.argument,
            value: chosen.value,
        };
        Some(Call::of(development::GUARDIAN.address, &call))
    }

    pub(super) fn revoke_signer(&mut self) -> Call {
        let stranger = Address::from_word(self.fresh());
        let signer = self.dice.pick(&self.book.signers).copied().unwrap_or(stranger);
        Call::of(self.guard(), &ICustody::revokeSignerCall { signer })
    }

    pub(super) fn lower_cap(&mut self) -> Call {
        let cap = self.book.cap - U256::from(self.dice.up_to(9) * FINNEY);
        Call::of(self.guard(), &ICustody::lowerOutflowCapCall { cap })
    }

    pub(super) fn pause(&mut self) -> Call {
        Call::of(self.guard(), &ICustody::pauseCall {})
    }

    pub(super) fn unpause(&mut self) -> Call {
        Call::of(self.book.admin, &ICustody::unpauseCall {})
    }

    pub(super) fn revoke_role(&mut self) -> Option<Call> {
        let (role, account) = *self.dice.pick(&self.book.members)?;
        Some(Call::of(
            self.book.admin,
            &Custody::revokeRoleCall { role, account },
        ))
    }

    pub(super) fn renounce_role(&mut self) -> Option<Call> {
        let (role, account) = *self.dice.pick(&self.book.members)?;
        let call = Custody::renounceRoleCall {
            role,
            callerConfirmation: account,
        };
        Some(Call::of(account, &call))
    }

    pub(super) fn grant_role(&mut self) -> Call {
        let account = Address::from_word(self.fresh());
        let role = roles::FREEZER;
        Call::of(self.book.admin, &Custody::grantRoleCall { role, _1: account })
    }

    /// Guardian or admin.
    fn guard(&mut self) -> Address {
        if self.dice.below(2) == 0 {
            development::GUARDIAN.address
        } else {
            self.book.admin
        }
    }

    fn owner(&self, operation: Operation) -> Address {
        if operation == Operation::Treasury {
            development::TREASURER.address
        } else {
            self.book.admin
        }
    }

    fn member(&mut self, role: B256) -> Option<Address> {
        let members: Vec<Address> = self
            .book
            .members
            .iter()
            .filter(|(had, _)| *had == role)
            .map(|(_, who)| *who)
            .collect();
        self.dice.pick(&members).copied()
    }
}
