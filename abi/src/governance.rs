//! Who may do what, and what is about to change, as a pure fold of the contract's events over what it was constructed with.
//!
//! Not responsible for where events come from or whether all of them are there ([`crate::journal`]).

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};

use crate::bindings::ICustody;
use crate::events::CustodyEvent;
use crate::operations::Operation;
use crate::roles::{ADMIN, FREEZER, GUARDIAN, SUBMITTER, TREASURER};

/// A permission that an account may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// A role.
    Role(B256),
    /// Signing intakes and batches.
    Sign,
    /// Signing roots.
    SignRoots,
}

impl Permission {
    /// Every permission with its name, in the order of the constructor.
    pub const NAMED: [(Self, &'static str); 7] = [
        (Self::Role(ADMIN), "admin"),
        (Self::Role(GUARDIAN), "guardian"),
        (Self::Role(FREEZER), "freezer"),
        (Self::Role(TREASURER), "treasurer"),
        (Self::Role(SUBMITTER), "submitter"),
        (Self::Sign, "signer"),
        (Self::SignRoots, "root_signer"),
    ];

    /// Its name; the identifier of a role that the contract does not have.
    pub fn name(self) -> String {
        let named = Self::NAMED.iter().find(|(known, _)| *known == self);
        match (named, self) {
            (Some((_, name)), _) => (*name).to_owned(),
            (None, Self::Role(role)) => role.to_string(),
            (None, Self::Sign | Self::SignRoots) => "signer".to_owned(),
        }
    }
}

/// An operation that was announced, and neither executed nor cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its number; see [`Operation`].
    pub operation: u8,
    /// Its argument.
    pub argument: B256,
    /// Its value.
    pub value: U256,
    /// From when on it can be executed, in Unix seconds.
    pub eta: U256,
}

/// How things stand after some events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    permissions: BTreeMap<(Permission, Address), bool>,
    pending: BTreeMap<B256, Pending>,
    is_paused: bool,
}

impl Standing {
    /// As the contract was constructed: these permissions, nothing pending, not paused.
    pub fn constructed(granted: impl IntoIterator<Item = (Permission, Address)>) -> Self {
        Self {
            permissions: granted.into_iter().map(|key| (key, true)).collect(),
            ..Self::default()
        }
    }

    /// Every permission of every account that ever had one, and whether it has it now.
    pub const fn permissions(&self) -> &BTreeMap<(Permission, Address), bool> {
        &self.permissions
    }

    /// Announced operations by their identity.
    pub const fn pending(&self) -> &BTreeMap<B256, Pending> {
        &self.pending
    }

    /// Whether the contract is paused.
    pub const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether an event is about permissions, operations or the pause; others change nothing here.
    pub const fn concerns(event: &CustodyEvent) -> bool {
        matches!(
            event,
            CustodyEvent::RoleChanged(_)
                | CustodyEvent::SignerRevoked(_)
                | CustodyEvent::PauseChanged(_)
                | CustodyEvent::OperationScheduled(_)
                | CustodyEvent::OperationCancelled(_)
                | CustodyEvent::OperationExecuted(_)
        )
    }

    /// Takes the next event.
    pub fn apply(&mut self, event: &CustodyEvent) {
        if let CustodyEvent::RoleChanged(event) = event {
            self.set(Permission::Role(event.role), event.account, event.granted);
        } else if let CustodyEvent::SignerRevoked(event) = event {
            // One call takes both kinds of signing from an account.
            self.set(Permission::Sign, event.signer, false);
            self.set(Permission::SignRoots, event.signer, false);
        } else if let CustodyEvent::PauseChanged(event) = event {
            self.is_paused = event.paused;
        } else if let CustodyEvent::OperationScheduled(event) = event {
            self.announce(event);
        } else if let CustodyEvent::OperationCancelled(event) = event {
            self.pending.remove(&event.id);
        } else if let CustodyEvent::OperationExecuted(event) = event {
            self.pending.remove(&event.id);
            if let Some(operation) = Operation::from_number(event.operation) {
                self.execute(operation, Address::from_word(event.argument));
            }
        }
    }

    fn announce(&mut self, event: &ICustody::OperationScheduled) {
        let pending = Pending {
            operation: event.operation,
            argument: event.argument,
            value: event.value,
            eta: event.eta,
        };
        self.pending.insert(event.id, pending);
    }

    fn execute(&mut self, operation: Operation, account: Address) {
        match operation {
            Operation::AddSigner => self.set(Permission::Sign, account, true),
            Operation::AddRootSigner => self.set(Permission::SignRoots, account, true),
            Operation::AddSubmitter => self.set(Permission::Role(SUBMITTER), account, true),
            Operation::AddFreezer => self.set(Permission::Role(FREEZER), account, true),
            Operation::AddTreasurer => self.set(Permission::Role(TREASURER), account, true),
            Operation::AddGuardian => self.set(Permission::Role(GUARDIAN), account, true),
            Operation::RemoveGuardian => self.set(Permission::Role(GUARDIAN), account, false),
            Operation::TransferAdmin => {
                for ((permission, _), granted) in &mut self.permissions {
                    if *permission == Permission::Role(ADMIN) {
                        *granted = false;
                    }
                }
                self.set(Permission::Role(ADMIN), account, true);
            }
            Operation::Treasury | Operation::RaiseOutflowCap | Operation::RetireRoot => {}
        }
    }

    fn set(&mut self, permission: Permission, account: Address, granted: bool) {
        self.permissions.insert((permission, account), granted);
    }
}

#[cfg(test)]
mod tests;
