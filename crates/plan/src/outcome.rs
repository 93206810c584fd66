//! [`Outcome`]: everything that one fact does, and on request why.

use ledger::Leg;

use crate::decision::{Decisions, Passed, Why};
use crate::effect::{ComponentEffect, Effect};

/// Everything that one fact does. Legs sum to the inflow; the order of legs is their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Movements of money, none of them zero.
    pub legs: Vec<Leg>,
    /// Changes besides money, in order.
    pub effects: Vec<Effect>,
    /// What the rules decided, for who explains it: see [`Outcome::explained`].
    pub(crate) decisions: Decisions,
}

/// How much of an outcome there is.
#[derive(Clone, Copy, Debug)]
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
            self.legs.push(leg);
        }
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
            self.decisions.legs.resize(self.legs.len(), Why::default());
            self.decisions.legs.iter_mut().skip(since.legs).for_each(tell);
        }
    }

    /// Says why of every leg since the mark, by what the leg is.
    pub(crate) fn because_each(&mut self, since: Mark, tell: impl Fn(&Leg, &mut Why)) {
        if self.decisions.are_kept {
            self.decisions.legs.resize(self.legs.len(), Why::default());
            let legs = self.legs.iter().zip(&mut self.decisions.legs);
            legs.skip(since.legs).for_each(|(leg, why)| tell(leg, why));
        }
    }

    /// Says why of every effect since the mark.
    pub(crate) fn because_effects(&mut self, since: Mark, tell: impl Fn(&mut Why)) {
        if self.decisions.are_kept {
            self.decisions.effects.resize(self.effects.len(), Why::default());
            self.decisions
                .effects
                .iter_mut()
                .skip(since.effects)
                .for_each(tell);
        }
    }
}
