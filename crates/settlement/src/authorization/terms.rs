//! What an intake authorization says.

use std::fmt;

use alloy_primitives::{Address, B256};
use money::Amount;

names::names! {
    /// The two paid actions of a user.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum IntakeKind {
        /// The first payment; it names the sponsor.
        Registration = "registration",
        /// A later payment of a registered user.
        Retopup = "retopup",
    }
}

impl fmt::Display for IntakeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everything that the authorization of a registration or retopup fixes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntakeTerms {
    /// Which action is paid for.
    pub kind: IntakeKind,
    /// The chain on which it is valid.
    pub chain_id: u64,
    /// The contract for which it is valid.
    pub contract: Address,
    /// Who pays and sends the transaction.
    pub user: Address,
    /// The user's sponsor; nobody for the root user, and never in a retopup.
    pub sponsor: Option<Address>,
    /// The exact value to be sent.
    pub amount: Amount,
    /// The compiled plan under which the money is taken.
    pub plan_hash: B256,
    /// The document that the user was shown.
    pub disclosure_hash: B256,
    /// The reference of this intake; the contract takes it once, whatever the kind.
    pub deposit_ref: B256,
    /// The last second of the chain's clock at which it is valid.
    pub deadline: u64,
}

impl IntakeTerms {
    /// What the signer remembers it by.
    pub const fn business_key(&self) -> BusinessKey {
        BusinessKey {
            chain_id: self.chain_id,
            contract: self.contract,
            deposit_ref: self.deposit_ref,
        }
    }
}

/// Under one such key at most one thing is ever signed. Registrations and retopups share the keys, as they share the
/// contract's references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusinessKey {
    /// The chain.
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
    /// The reference of the intake.
    pub deposit_ref: B256,
}

impl fmt::Display for BusinessKey {
    /// Canonical text, all hexadecimal in lower case: `intake:31337:0x…:0x…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `Address` shows itself with a checksum in mixed case; as a lower hexadecimal number it does not.
        write!(
            f,
            "intake:{}:{:#x}:{:#x}",
            self.chain_id, self.contract, self.deposit_ref
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_key_has_one_canonical_text() {
        let key = BusinessKey {
            chain_id: 31337,
            contract: Address::repeat_byte(0xAB),
            deposit_ref: B256::repeat_byte(0xCD),
        };
        let expected = format!("intake:31337:0x{}:0x{}", "ab".repeat(20), "cd".repeat(32));
        assert_eq!(key.to_string(), expected);
    }
}
