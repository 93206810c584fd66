//! The contract's roles according to its events: from construction and every change since.

use abi::CustodyEvent;
use abi::governance::{Permission, Standing};
use alloy_primitives::Address;
use audit::checks::{Configuration, PAUSED};
use chain::Constructed;

/// Every event that is about permissions, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Governance {
    events: Vec<CustodyEvent>,
}

impl Governance {
    /// Keeps the next event if it is about permissions.
    pub(crate) fn take(&mut self, event: &CustodyEvent) {
        if Standing::concerns(event) {
            self.events.push(event.clone());
        }
    }

    /// What the contract was constructed with, and every change since.
    pub(crate) fn standing(&self, constructed: &Constructed) -> Standing {
        let members = constructed.members.iter();
        let roles = members.map(|(role, account)| (Permission::Role(*role), *account));
        let signers = [
            (Permission::Sign, constructed.signer),
            (Permission::SignRoots, constructed.root_signer),
        ];
        let mut standing = Standing::constructed(roles.chain(signers));
        for event in &self.events {
            standing.apply(event);
        }
        standing
    }
}

/// What the events say, with what operators expect beside it or instead of it.
pub(crate) fn expected(standing: &Standing, pinned: &Configuration) -> Configuration {
    let permissions = standing.permissions().iter();
    let mut expected = describe(permissions.map(|(key, granted)| (*key, *granted)));
    expected.insert(PAUSED.to_owned(), standing.is_paused().to_string());
    expected.extend(pinned.iter().map(|(name, value)| (name.clone(), value.clone())));
    expected
}

/// Permissions as named values: `submitter 0x… = yes`.
pub(crate) fn describe(permissions: impl Iterator<Item = ((Permission, Address), bool)>) -> Configuration {
    permissions
        .map(|((permission, account), granted)| {
            let granted = if granted { "yes" } else { "no" };
            (format!("{} {account}", permission.name()), granted.to_owned())
        })
        .collect()
}
