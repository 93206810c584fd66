//! The check that refuses free places: it plays the pools with nothing but the entrants' money and finds the
//! first entrant at whom more has been paid than came in.

use std::fmt;

use money::{Amount, Asset};

use crate::compiled::TierTerms;
use crate::geometry;

/// Entrants that are played. A plan that is still solvent after so many is refused all the same: its free
/// places are paid by nothing but a balance that happened to be there.
const ENTRANTS_MAX: u32 = 10_000;

/// A history in which an unfunded plan fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// What the plan counts in.
    pub asset: Asset,
    /// The entrant at whom it fails; `None` if it survives 10,000 of them, which is no proof of funding.
    pub entrant: Option<u32>,
    /// What entrants have brought by then.
    pub taken_in: Amount,
    /// What users and company would have to be paid by then.
    pub owed: Amount,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (taken_in, owed) = (
            self.asset.display_amount(self.taken_in),
            self.asset.display_amount(self.owed),
        );
        let asset = self.asset;
        match self.entrant {
            Some(entrant) => write!(
                f,
                "at entrant {entrant}, {owed} {asset} would have to be paid out of {taken_in} {asset} taken in"
            ),
            None => write!(
                f,
                "places are given away, and only chance kept {ENTRANTS_MAX} entrants solvent"
            ),
        }
    }
}

/// Plays a plan in which a node with two children moves up for free, on one endless tree per tier, and pays
/// everything at once. Ancestors that do not exist are not paid: the most favourable case for the plan.
pub(super) fn counterexample(asset: Asset, tiers: &[TierTerms]) -> Counterexample {
    let mut taken_in = Amount::ZERO;
    let mut owed = Amount::ZERO;
    // How many nodes each tier's endless tree has.
    let mut nodes = vec![0u32; tiers.len()];
    let price = tiers.first().map_or(Amount::ZERO, |tier| tier.price);
    for entrant in 1..=ENTRANTS_MAX {
        taken_in = taken_in.plus(price).unwrap_or(taken_in);
        // A placement completes at most one parent, which moves up one tier, and so on.
        for (tier, count) in tiers.iter().zip(&mut nodes) {
            let index = *count;
            *count = index.saturating_add(1);
            owed = owed.plus(paid_for(tier, index)).unwrap_or(owed);
            if geometry::side(index) != geometry::Side::Right {
                break;
            }
        }
        if owed > taken_in {
            return Counterexample {
                asset,
                entrant: Some(entrant),
                taken_in,
                owed,
            };
        }
    }
    Counterexample {
        asset,
        entrant: None,
        taken_in,
        owed,
    }
}

/// What placing node `index` pays to the ancestors that exist and, unless it is the root, to the company.
fn paid_for(tier: &TierTerms, index: u32) -> Amount {
    let mut paid = if index == 0 { Amount::ZERO } else { tier.company };
    let mut ancestor = geometry::parent(index);
    for share in &tier.layers {
        let Some(above) = ancestor else { break };
        paid = paid.plus(*share).unwrap_or(paid);
        ancestor = geometry::parent(above);
    }
    paid
}
