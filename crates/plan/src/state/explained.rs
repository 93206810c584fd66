//! Queries of a [`State`] for explanations: what a held deposit caused.

use ledger::{Beneficiary, Reason, UserId};
use money::Amount;

use super::State;
use crate::{DepositId, DepositKind};

/// A reward, or another share, that a deposit caused and that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldShare {
    /// For whom it is held.
    pub beneficiary: Beneficiary,
    /// How much.
    pub amount: Amount,
    /// The rule behind it.
    pub reason: Reason,
    /// The user that the rule is about.
    pub recipient: Option<UserId>,
}

impl State {
    /// Whose deposit it is, and of which kind.
    pub fn deposit(&self, deposit: DepositId) -> Option<(UserId, DepositKind)> {
        let known = self.deposits.get(deposit.index())?;
        Some((known.user, known.kind))
    }

    /// What a deposit caused, in the order of its legs; nothing once it has matured or gone back.
    pub fn held_shares(&self, deposit: DepositId) -> impl Iterator<Item = HeldShare> + '_ {
        let held = self.held(deposit);
        let legs = held.map_or(&[][..], |(_, bucket, entry)| bucket.legs_of(&entry));
        legs.iter().map(|leg| HeldShare {
            beneficiary: leg.beneficiary,
            amount: leg.amount,
            reason: leg.reason,
            recipient: leg.recipient(),
        })
    }
}
