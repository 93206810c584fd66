//! What an operator confirms about a user: a command that carries the operator's signature.
//!
//! Nothing personal is in it: that something was checked, not what was seen.

use alloy_primitives::{Address, B256};

use crate::{Message, Value};

names::names! {
    /// What is confirmed.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Confirmed {
        /// Who the user is was checked.
        Identity = "identity",
        /// The user's tax number is known.
        TaxId = "tax_id",
    }
}

/// An operator's word about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Confirmation {
    /// What.
    pub what: Confirmed,
    /// About whom.
    pub wallet: Address,
    /// The operator's wallet, which signs.
    pub operator: Address,
    /// The operator's own number for the command: a signature counts once.
    pub nonce: B256,
}

impl Confirmation {
    /// The message that the operator signs.
    pub fn message(&self) -> Message {
        let wallet = self.wallet.to_checksum(None);
        let (primary, summary) = match self.what {
            Confirmed::Identity => (
                "IdentityConfirmation",
                format!("Confirm that the identity of {wallet} was checked"),
            ),
            Confirmed::TaxId => (
                "TaxIdConfirmation",
                format!("Confirm that the tax number of {wallet} is known"),
            ),
        };
        Message::new(
            primary,
            vec![
                ("summary", Value::Text(summary)),
                ("wallet", Value::Address(self.wallet)),
                ("operator", Value::Address(self.operator)),
                ("nonce", Value::Hash(self.nonce)),
            ],
        )
    }
}
