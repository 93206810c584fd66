//! The check that refuses free places: it plays the pools with nothing but the entrants' money and finds the
//! first entrant at whom more has been paid than came in.

mod story;

use std::collections::VecDeque;
use std::fmt;

use money::{Amount, Asset};

use crate::autopool::TierTerms;
use crate::geometry;
pub use story::{Payment, Placement, Step};

/// Entrants that are simulated. A plan that is still solvent after that many is refused as well: its free
/// places are paid by nothing but a balance that happened to be there.
const ENTRANTS_MAX: u32 = 10_000;
/// Entrants that a story tells: of a longer one the last.
const STORY_STEPS_MAX: usize = 64;

/// The smallest history in which an unfunded plan fails: everyone enters tier 1 one after another, and every share
/// is paid at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// What the plan counts in.
    pub asset: Asset,
    /// The entrant at which it fails; `None` if it survives 10,000 of them, which is no proof of funding.
    pub entrant: Option<u32>,
    /// What entrants have paid in by then.
    pub taken_in: Amount,
    /// What users and company would have to be paid by then.
    pub owed: Amount,
    /// What happens at each entrant, up to the one at which it fails, at most the last 64. If none fails, up to the
    /// first who is given a place that nobody pays for.
    pub steps: Vec<Step>,
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
                "at entrant {entrant}, {owed} {asset} would have to be paid out of {taken_in} {asset} received"
            ),
            None => write!(
                f,
                "places are given away, and {ENTRANTS_MAX} entrants stayed solvent only by chance"
            ),
        }
    }
}

/// Plays a plan in which a node with two children moves up for free, on one endless tree per tier, and pays
/// everything at once. Ancestors that do not exist are not paid: the most favourable case for the plan.
pub(super) fn counterexample(asset: Asset, tiers: &[TierTerms]) -> Counterexample {
    let mut world = World::new(tiers);
    let mut until_first_gift = Vec::new();
    let mut gave = false;
    let mut last = VecDeque::with_capacity(STORY_STEPS_MAX);
    for entrant in 1..=ENTRANTS_MAX {
        let step = world.enter(entrant);
        let (taken_in, owed, fails) = (step.taken_in, step.owed(), !step.missing().is_zero());
        if !gave {
            gave = step.placements.iter().any(|placement| !placement.is_paid);
            until_first_gift.push(step.clone());
        }
        if last.len() == STORY_STEPS_MAX {
            last.pop_front();
        }
        last.push_back(step);
        if fails {
            return Counterexample {
                asset,
                entrant: Some(entrant),
                taken_in,
                owed,
                steps: last.into(),
            };
        }
    }
    Counterexample {
        asset,
        entrant: None,
        taken_in: world.taken_in,
        owed: world.owed(),
        steps: until_first_gift,
    }
}

/// The pools while they are played.
struct World<'a> {
    tiers: &'a [TierTerms],
    /// Who sits where, by tier and index.
    seats: Vec<Vec<u32>>,
    taken_in: Amount,
    users: Amount,
    company: Amount,
}

impl<'a> World<'a> {
    fn new(tiers: &'a [TierTerms]) -> Self {
        Self {
            tiers,
            seats: vec![Vec::new(); tiers.len()],
            taken_in: Amount::ZERO,
            users: Amount::ZERO,
            company: Amount::ZERO,
        }
    }

    fn owed(&self) -> Amount {
        plus(self.users, self.company)
    }

    /// The next entrant pays a place of tier 1. That completes at most one parent, which moves up one tier, and so on.
    fn enter(&mut self, entrant: u32) -> Step {
        let paid_in = self.tiers.first().map_or(Amount::ZERO, |tier| tier.price);
        self.taken_in = plus(self.taken_in, paid_in);
        let mut placements = Vec::new();
        let mut user = entrant;
        for (number, (tier, seats)) in (1u8..).zip(self.tiers.iter().zip(&mut self.seats)) {
            let index = u32::try_from(seats.len()).unwrap_or(u32::MAX);
            seats.push(user);
            let placement = place(tier, seats, number, index);
            self.users = plus(self.users, placement.to_users());
            self.company = plus(self.company, placement.company);
            placements.push(placement);
            let parent = geometry::parent(index).and_then(|parent| seat(seats, parent));
            match parent.filter(|_| geometry::side(index) == geometry::Side::Right) {
                Some(complete) => user = complete,
                None => break,
            }
        }
        Step {
            entrant,
            paid_in,
            placements,
            taken_in: self.taken_in,
            users: self.users,
            company: self.company,
        }
    }
}

/// What the newest node of a tier pays to the ancestors that exist and, unless it is the root, to the company.
fn place(tier: &TierTerms, seats: &[u32], number: u8, index: u32) -> Placement {
    let mut payments = Vec::new();
    let mut ancestor = geometry::parent(index);
    for (layer, amount) in (1u8..).zip(&tier.layers) {
        let Some(above) = ancestor else { break };
        payments.extend(seat(seats, above).map(|user| Payment {
            user,
            layer,
            amount: *amount,
        }));
        ancestor = geometry::parent(above);
    }
    Placement {
        user: seat(seats, index).unwrap_or(0),
        tier: number,
        index,
        price: tier.price,
        is_paid: number == 1,
        payments,
        company: if index == 0 { Amount::ZERO } else { tier.company },
    }
}

fn seat(seats: &[u32], index: u32) -> Option<u32> {
    seats.get(usize::try_from(index).ok()?).copied()
}

/// The sum; prices of 96 bits times 10,000 entrants in at most 60 tiers stay far below 128 bits.
fn plus(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
