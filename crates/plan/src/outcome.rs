//! [`Outcome`]: everything that one fact does, and on request why.

mod parts;

use ledger::{Account, Leg};

use crate::decision::{Decisions, Passed, Why};
use crate::effect::{ComponentEffect, Effect};

pub(crate) use parts::Parts;

/// Everything that one fact does. Legs sum to the inflow; the order of legs is their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Movements of money, none of them zero. Only `moves` and `add` append to them.
    pub legs: Vec<Leg>,
    /// Changes besides money, in order.
    pub effects: Vec<Effect>,
    /// What the rules decided, for who explains it: see [`Outcome::explained`].
    pub(crate) decisions: Decisions,
    /// Whether a leg concerns an account of the operator or of a fund, which few legs do.
    concerns_operator: bool,
    /// Ends of what belongs together, of outcomes that can have very much.
    steps: Vec<Mark>,
}

/// How much of an outcome there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    legs: usize,
    effects: usize,
}

impl Outcome {
    /// An outcome that keeps why, for [`explain`](crate::explain::explain).
    pub fn explained() -> Self {
        let mut out = Self::default();
        out.decisions.are_kept = true;
        out
    }

    /// Why its legs and effects are there.
    pub const fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Forgets everything but whether decisions are kept.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.legs.clear();
        self.effects.clear();
        self.concerns_operator = false;
        self.steps.clear();
        if self.decisions.are_kept {
            self.decisions.legs.clear();
            self.decisions.effects.clear();
            self.decisions.passed.clear();
        }
    }

    /// A component changed something.
    pub(crate) fn change(&mut self, effect: ComponentEffect) {
        self.effects.push(Effect::Component(effect));
    }

    /// Money moves, unless it is none.
    #[inline]
    pub(crate) fn moves(&mut self, leg: Leg) {
        if !leg.amount.is_zero() {
            self.add(leg);
        }
    }

    /// Money moves, and the leg is there in any case.
    #[inline]
    pub(crate) fn add(&mut self, leg: Leg) {
        self.concerns_operator |= is_operators(leg.debit) || is_operators(leg.credit);
        self.legs.push(leg);
    }

    /// Whether balances of the operator or of funds change.
    pub(crate) const fn concerns_operator(&self) -> bool {
        self.concerns_operator
    }

    /// Whether decisions are recorded.
    pub(crate) const fn is_explained(&self) -> bool {
        self.decisions.are_kept
    }

    /// Where the next leg and the next effect go.
    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            legs: self.legs.len(),
            effects: self.effects.len(),
        }
    }

    /// What one user gets by one decision ends here: an outcome is cut between two of these.
    #[inline]
    pub(crate) fn ends_step(&mut self) {
        self.steps.push(self.mark());
    }

    /// Says who was offered nothing.
    pub(crate) fn passed_over(&mut self, passed: Passed) {
        if self.decisions.are_kept {
            self.decisions.passed.push(passed);
        }
    }

    /// Says why of every leg since the mark.
    #[inline]
    pub(crate) fn because(&mut self, since: Mark, tell: impl Fn(&mut Why)) {
        if self.decisions.are_kept {
            self.keep_legs(since, |_, why| tell(why));
        }
    }

    /// Says why of every leg since the mark, by what the leg is.
    #[inline]
    pub(crate) fn because_each(&mut self, since: Mark, tell: impl Fn(&Leg, &mut Why)) {
        if self.decisions.are_kept {
            self.keep_legs(since, tell);
        }
    }

    /// Says why of every effect since the mark.
    #[inline]
    pub(crate) fn because_effects(&mut self, since: Mark, tell: impl Fn(&mut Why)) {
        if self.decisions.are_kept {
            self.keep_effects(since, tell);
        }
    }

    // Kept out of the rules, which run without explanations nearly always.
    #[cold]
    fn keep_legs(&mut self, since: Mark, tell: impl Fn(&Leg, &mut Why)) {
        let whys = &mut self.decisions.legs;
        whys.resize(self.legs.len(), Why::default());
        let legs = self.legs.iter().zip(whys).skip(since.legs);
        legs.for_each(|(leg, why)| tell(leg, why));
    }

    #[cold]
    fn keep_effects(&mut self, since: Mark, tell: impl Fn(&mut Why)) {
        let whys = &mut self.decisions.effects;
        whys.resize(self.effects.len(), Why::default());
        whys.iter_mut().skip(since.effects).for_each(tell);
    }
}

/// Whether the operator or a fund has what is on this account.
const fn is_operators(account: Account) -> bool {
    matches!(
        account,
        Account::Company | Account::Residual(..) | Account::Breakage(_) | Account::Revenue(_)
    )
}
