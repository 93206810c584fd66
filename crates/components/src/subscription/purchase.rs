//! How the money of a purchase is divided: generations, funds, company.

use ledger::UserId;
use money::Amount;

use super::SubscriptionTerms;
use crate::cap::Caps;
use crate::generation::{self, GenerationTerms, Share, Skip, Uplines};

/// All lines of a purchase. Their sum is what the user paid; bonus money is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseLines {
    /// What the generations take, paid or not.
    pub shares: Vec<Share>,
    /// What each fund gets, in the order of [`SubscriptionTerms::allocations`]; may be zero.
    pub allocations: Vec<Amount>,
    /// What is left, every rounding included; may be zero.
    pub company: Amount,
    /// Uplines who were passed over without a share; `None` if they are not recorded.
    pub skips: Option<Vec<Skip>>,
}

impl SubscriptionTerms {
    /// Divides what a user paid for a purchase. Fills `out`, and counts what uplines are paid against the caps; undo it
    /// with [`PurchaseLines::undo`].
    pub fn divide(
        &self,
        generations: Option<&GenerationTerms>,
        cash: Amount,
        purchaser: UserId,
        uplines: &impl Uplines,
        caps: &mut Caps,
        out: &mut PurchaseLines,
    ) {
        out.shares.clear();
        out.allocations.clear();
        if let Some(terms) = generations {
            let shares = &mut out.shares;
            match &mut out.skips {
                None => generation::distribute(terms, cash, purchaser, uplines, caps, shares),
                Some(skips) => {
                    generation::distribute_and_tell(terms, cash, purchaser, uplines, caps, shares, skips);
                }
            }
        }
        let shares = out.shares.iter();
        let rest = shares.fold(cash, |rest, share| rest.saturating_sub(share.amount));
        out.company = rest;
        for allocation in self.allocations() {
            let share = allocation.share.floor_of(rest);
            out.company = out.company.saturating_sub(share);
            out.allocations.push(share);
        }
    }
}

impl PurchaseLines {
    /// Takes the rewards of a refunded purchase out of the caps.
    pub fn undo(&self, caps: &mut Caps) {
        generation::undo(&self.shares, caps);
    }
}
