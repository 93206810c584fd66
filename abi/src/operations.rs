//! Delayed operations: their kinds and their identity.
//!
//! Not responsible for who may schedule which one. The exported ABI knows kinds as numbers only.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;

/// Kind of a delayed operation, in the order of the interface. `argument` and `value` that have no meaning must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operation {
    /// Sends `value` wei of surplus to the address in `argument`. The treasurer's; all others are the admin's.
    Treasury,
    /// Raises the outflow cap to `value`.
    RaiseOutflowCap,
    /// Adds a signer of intakes and batches.
    AddSigner,
    /// Adds a signer of liabilities roots.
    AddRootSigner,
    /// Grants the submitter's role.
    AddSubmitter,
    /// Grants the freezer's role.
    AddFreezer,
    /// Grants the treasurer's role.
    AddTreasurer,
    /// Grants the guardian's role.
    AddGuardian,
    /// Takes the guardian's role; the one concerned cannot cancel it.
    RemoveGuardian,
    /// Makes the root in `argument` unclaimable, when it is mature; then the one before it is the newest.
    RetireRoot,
    /// Makes another address the admin, which must carry it out itself.
    TransferAdmin,
}

impl Operation {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Treasury,
        Self::RaiseOutflowCap,
        Self::AddSigner,
        Self::AddRootSigner,
        Self::AddSubmitter,
        Self::AddFreezer,
        Self::AddTreasurer,
        Self::AddGuardian,
        Self::RemoveGuardian,
        Self::RetireRoot,
        Self::TransferAdmin,
    ];

    /// Number in calls and events.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of a number in an event; `None` for a number that the contract does not know.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Identity of the operation, as its events carry it and `operationEta` takes it.
    #[must_use]
    pub fn id(self, argument: B256, value: U256) -> B256 {
        keccak256((U256::from(self.number()), argument, value).abi_encode())
    }
}

/// The argument of an operation about an address.
pub fn argument(address: Address) -> B256 {
    address.into_word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, hex};

    #[test]
    fn an_identity_covers_kind_argument_and_value_as_words() {
        let who = address!("00112233445566778899aabbccddeeff01020304");
        let words = hex!(
            "0000000000000000000000000000000000000000000000000000000000000002"
            "00000000000000000000000000112233445566778899aabbccddeeff01020304"
            "0000000000000000000000000000000000000000000000000000000000000007"
        );
        assert_eq!(
            Operation::AddSigner.id(argument(who), U256::from(7)),
            keccak256(words)
        );
    }

    #[test]
    fn kinds_are_numbered_without_gaps_from_treasury_to_the_transfer_of_the_admin() {
        for (operation, number) in Operation::ALL.into_iter().zip(0..) {
            assert_eq!(operation.number(), number);
            assert_eq!(Operation::from_number(number), Some(operation));
        }
        assert_eq!(Operation::from_number(11), None);
        assert_eq!(Operation::TransferAdmin.number(), 10);
    }
}
