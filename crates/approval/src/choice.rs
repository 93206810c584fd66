//! Commands that affect payments but are not proven by the chain: each carries its author's signature.

use alloy_primitives::{Address, B256, keccak256};
use money::Amount;

use crate::{Message, Value};

/// A user reserves the pool rewards of a tier towards the next price, or stops doing so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReserveCommand {
    /// Who chooses; also who signs.
    pub wallet: Address,
    /// Whose rewards are meant.
    pub tier: u8,
    /// In, or out.
    pub reserve: bool,
    /// The author's own number for the command: a signature counts once.
    pub nonce: B256,
}

/// The author's number of a command with this idempotency key.
pub fn command_nonce(idempotency_key: &str) -> B256 {
    keccak256(idempotency_key)
}

impl ReserveCommand {
    /// The message that the user signs.
    pub fn message(&self) -> Message {
        let summary = if self.reserve {
            format!("Reserve my pool rewards of tier {} for the next tier", self.tier)
        } else {
            format!("Stop reserving my pool rewards of tier {}", self.tier)
        };
        Message::new(
            "ReserveChoice",
            vec![
                ("summary", Value::Text(summary)),
                ("wallet", Value::Address(self.wallet)),
                ("tier", Value::number(self.tier)),
                ("reserve", Value::number(u8::from(self.reserve))),
                ("nonce", Value::Hash(self.nonce)),
            ],
        )
    }
}

/// A user takes an amount out of the wallet balance. It then waits for payment on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WithdrawalCommand {
    /// Who; also who signs.
    pub wallet: Address,
    /// What leaves the wallet balance, fee and tax included, in base units.
    pub amount: Amount,
    /// The author's own number for the command: a signature counts once.
    pub nonce: B256,
}

impl WithdrawalCommand {
    /// The message that the user signs.
    pub fn message(&self) -> Message {
        Message::new(
            "WalletWithdrawal",
            vec![
                (
                    "summary",
                    Value::Text("Take this amount out of my wallet balance, less fee and tax".to_owned()),
                ),
                ("wallet", Value::Address(self.wallet)),
                ("amount", Value::number(self.amount.base_units())),
                ("nonce", Value::Hash(self.nonce)),
            ],
        )
    }
}

/// A user says where the next direct goes in the binary tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SideCommand {
    /// Who chooses; also who signs.
    pub wallet: Address,
    /// The side; `None` for wherever is free first.
    pub side: Option<ChosenSide>,
    /// The author's own number for the command: a signature counts once.
    pub nonce: B256,
}

/// One of the two sides below a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChosenSide {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl SideCommand {
    /// The message that the user signs.
    pub fn message(&self) -> Message {
        let (side, summary) = match self.side {
            Some(ChosenSide::Left) => ("left", "Put who joins next through me on my left side"),
            Some(ChosenSide::Right) => ("right", "Put who joins next through me on my right side"),
            None => (
                "none",
                "Put who joins next through me wherever a place is free first",
            ),
        };
        Message::new(
            "SideChoice",
            vec![
                ("summary", Value::Text(summary.to_owned())),
                ("wallet", Value::Address(self.wallet)),
                ("side", Value::Text(side.to_owned())),
                ("nonce", Value::Hash(self.nonce)),
            ],
        )
    }
}
