//! Who may do what by the contract's events: as it was constructed, and every change since.

use std::collections::BTreeMap;

use abi::CustodyEvent;
use abi::operations::Operation;
use abi::roles::{ADMIN, FREEZER, GUARDIAN, SUBMITTER, TREASURER};
use alloy_primitives::{Address, B256};
use audit::checks::{Configuration, PAUSED};
use chain::{Constructed, Permission};

/// Every event that is about permissions, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Governance {
    events: Vec<CustodyEvent>,
}

/// Permissions by account, and whether the contract is paused, by its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    permissions: BTreeMap<(Permission, Address), bool>,
    is_paused: bool,
}

impl Governance {
    /// Keeps the next event if it is about permissions.
    pub(crate) fn take(&mut self, event: &CustodyEvent) {
        let is_about_permissions = matches!(
            event,
            CustodyEvent::RoleChanged(_)
                | CustodyEvent::SignerRevoked(_)
                | CustodyEvent::PauseChanged(_)
                | CustodyEvent::OperationExecuted(_)
        );
        if is_about_permissions {
            self.events.push(event.clone());
        }
    }

    /// What the contract was constructed with, and every change since.
    pub(crate) fn standing(&self, constructed: &Constructed) -> Standing {
        let mut standing = Standing::default();
        for (role, account) in &constructed.members {
            standing.set(Permission::Role(*role), *account, true);
        }
        standing.set(Permission::Sign, constructed.signer, true);
        standing.set(Permission::SignRoots, constructed.root_signer, true);
        for event in &self.events {
            standing.apply(event);
        }
        standing
    }
}

impl Standing {
    fn apply(&mut self, event: &CustodyEvent) {
        if let CustodyEvent::RoleChanged(event) = event {
            self.set(Permission::Role(event.role), event.account, event.granted);
        } else if let CustodyEvent::SignerRevoked(event) = event {
            // One call takes both kinds of signing from an account.
            self.set(Permission::Sign, event.signer, false);
            self.set(Permission::SignRoots, event.signer, false);
        } else if let CustodyEvent::PauseChanged(event) = event {
            self.is_paused = event.paused;
        } else if let CustodyEvent::OperationExecuted(event) = event
            && let Some(operation) = Operation::from_number(event.operation)
        {
            self.execute(operation, Address::from_word(event.argument));
        }
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

    /// Every permission of every account that ever had one.
    pub(crate) fn questions(&self) -> Vec<(Permission, Address)> {
        self.permissions.keys().copied().collect()
    }

    /// What the events say, with what operators expect beside it or instead of it.
    pub(crate) fn expected(&self, pinned: &Configuration) -> Configuration {
        let mut expected = describe(self.permissions.iter().map(|(key, granted)| (*key, *granted)));
        expected.insert(PAUSED.to_owned(), self.is_paused.to_string());
        expected.extend(pinned.iter().map(|(name, value)| (name.clone(), value.clone())));
        expected
    }
}

/// Permissions as named values: `submitter 0x… = yes`.
pub(crate) fn describe(permissions: impl Iterator<Item = ((Permission, Address), bool)>) -> Configuration {
    permissions
        .map(|((permission, account), granted)| {
            let name = match permission {
                Permission::Role(role) => role_name(role),
                Permission::Sign => "signer".to_owned(),
                Permission::SignRoots => "root_signer".to_owned(),
            };
            let granted = if granted { "yes" } else { "no" };
            (format!("{name} {account}"), granted.to_owned())
        })
        .collect()
}

fn role_name(role: B256) -> String {
    let known = [
        (ADMIN, "admin"),
        (GUARDIAN, "guardian"),
        (FREEZER, "freezer"),
        (TREASURER, "treasurer"),
        (SUBMITTER, "submitter"),
    ];
    known
        .iter()
        .find(|(known, _)| *known == role)
        .map_or_else(|| role.to_string(), |(_, name)| (*name).to_owned())
}
