//! R11: what left a sending account between two final blocks is what the receipts of our transactions say.

use alloy_primitives::{Address, B256};

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Severity, Verdict};

/// A transaction of ours that the chain included between the two blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidTransaction {
    /// Its hash.
    pub hash: B256,
    /// Gas and wei for each unit, by the receipt.
    pub receipt: (u64, u128),
    /// The same, as it is booked; `None` when no receipt was booked.
    pub booked: Option<(u64, u128)>,
}

/// A sending account at two final blocks, and what happened between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeWindow {
    /// The account.
    pub sender: Address,
    /// Heights of the two blocks: what the first includes is not in between.
    pub blocks: (u64, u64),
    /// In wei at the two blocks.
    pub balances: (u128, u128),
    /// Transactions that the chain counts at the two blocks.
    pub nonces: (u64, u64),
    /// Ours in between; none of them moves anything but its fee.
    pub transactions: Vec<PaidTransaction>,
}

impl FeeWindow {
    fn fees(&self) -> u128 {
        let fee = |paid: &PaidTransaction| u128::from(paid.receipt.0).saturating_mul(paid.receipt.1);
        self.transactions.iter().map(fee).fold(0, u128::saturating_add)
    }
}

/// What someone sent to the account meanwhile, in wei.
pub fn top_up(window: &FeeWindow) -> u128 {
    let (before, after) = window.balances;
    after.saturating_add(window.fees()).saturating_sub(before)
}

/// R11.
pub fn fees(windows: &[FeeWindow]) -> Verdict {
    let mut out = Findings::of(Check::Fees);
    for window in windows {
        let sender = window.sender;
        let (before, after) = window.balances;
        let spent = before.saturating_sub(after);
        let between = format!("blocks {} to {}", window.blocks.0, window.blocks.1);
        if spent > window.fees() {
            let sides = Sides(format!("at most {}", window.fees()), spent);
            let detail =
                format!("wei that left the account in {between}, against the receipts of our transactions");
            out.note(
                format!("fees {sender}"),
                sides,
                BreakCause::ForeignTransaction,
                &detail,
            );
        }
        let counted = window.nonces.1.saturating_sub(window.nonces.0);
        let ours = u64::try_from(window.transactions.len()).unwrap_or(u64::MAX);
        if counted != ours {
            let sides = Sides(ours, counted);
            let detail =
                format!("transactions of the account in {between}, against ours that the chain included");
            let subject = format!("transactions {sender}");
            out.note(subject, sides, BreakCause::ForeignTransaction, &detail);
        }
        for paid in &window.transactions {
            let differs = paid.booked.filter(|booked| *booked != paid.receipt);
            if let Some((gas, price)) = differs {
                let sides = Sides(
                    format!("{} gas at {} wei", paid.receipt.0, paid.receipt.1),
                    format!("{gas} gas at {price} wei"),
                );
                let detail = "fee of a transaction by its receipt, against what is booked";
                out.note_as(
                    Severity::S3,
                    format!("fee {}", paid.hash),
                    sides,
                    BreakCause::Amount,
                    detail,
                );
            }
        }
    }
    out.verdict()
}
