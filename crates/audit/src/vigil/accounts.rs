//! R7: accounts that must have money.

use alloy_primitives::Address;

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Verdict};

/// An account and what it should have at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSeen {
    /// What it is for.
    pub name: String,
    /// The account.
    pub address: Address,
    /// In wei, at a final block.
    pub balance: u128,
    /// In wei.
    pub minimum: u128,
}

/// R7.
pub fn accounts(seen: &[AccountSeen]) -> Verdict {
    let mut out = Findings::of(Check::Accounts);
    for account in seen {
        if account.balance < account.minimum {
            let sides = Sides(format!("at least {}", account.minimum), account.balance);
            let detail = "wei of an account that must have money, at a final block";
            let subject = format!("{} {}", account.name, account.address);
            out.note(subject, sides, BreakCause::Amount, detail);
        }
    }
    out.verdict()
}
