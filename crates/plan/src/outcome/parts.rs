//! [`Parts`]: an outcome that is too large for one fact, cut into several.

use std::ops::Range;

use ledger::Leg;
use money::Amount;

use super::{Mark, Outcome};
use crate::decision::Why;
use crate::effect::Effect;

/// A cut outcome, of which the first parts were taken.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    whole: Outcome,
    /// Where each part ends; at least two of them.
    ends: Vec<Mark>,
    taken: usize,
}

impl Parts {
    /// Cuts an outcome with more than `max` legs or effects, between two steps wherever a part can end there, and leaves the
    /// first part in it. `None` when one fact can have all of it.
    pub(crate) fn cut(out: &mut Outcome, max: usize) -> Option<Box<Self>> {
        if out.legs.len() <= max && out.effects.len() <= max {
            return None;
        }
        let ends = ends_of(out, max.max(1));
        let kept = out.decisions.are_kept;
        let mut whole = std::mem::take(out);
        out.decisions.are_kept = kept;
        // Nobody is passed over twice.
        out.decisions.passed = std::mem::take(&mut whole.decisions.passed);
        let mut parts = Box::new(Self {
            whole,
            ends,
            taken: 0,
        });
        let continues = Effect::Continues {
            parts: parts.count(),
            legs: u32::try_from(parts.whole.legs.len()).unwrap_or(u32::MAX),
            amount: sum(&parts.whole.legs),
        };
        parts.take_into(out);
        out.effects.push(continues);
        Some(parts)
    }

    /// How many there are in all.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The number of the next one, from 1; `None` when all were taken.
    pub(crate) fn next(&self) -> Option<u32> {
        let taken = u32::try_from(self.taken).ok()?;
        (self.taken < self.ends.len()).then(|| taken.saturating_add(1))
    }

    /// The legs that were not taken yet.
    pub(crate) fn legs_left(&self) -> &[Leg] {
        self.whole.legs.get(self.start().legs..).unwrap_or_default()
    }

    /// Adds the next part to an outcome.
    pub(crate) fn take_into(&mut self, out: &mut Outcome) {
        if let Some(end) = self.ends.get(self.taken).copied() {
            self.copy_until(end, out);
            self.taken = self.taken.saturating_add(1);
        }
    }

    /// Adds all that is left to an outcome.
    pub(crate) fn take_all_into(mut self, out: &mut Outcome) {
        self.copy_until(self.whole.mark(), out);
        self.taken = self.ends.len();
    }

    fn start(&self) -> Mark {
        let before = self.taken.checked_sub(1);
        let end = before.and_then(|last| self.ends.get(last));
        end.copied().unwrap_or_default()
    }

    fn copy_until(&self, end: Mark, out: &mut Outcome) {
        let start = self.start();
        let (legs, effects) = (start.legs..end.legs, start.effects..end.effects);
        let whys = &self.whole.decisions;
        extend_whys(&mut out.decisions.legs, out.legs.len(), &whys.legs, legs.clone());
        extend_whys(
            &mut out.decisions.effects,
            out.effects.len(),
            &whys.effects,
            effects.clone(),
        );
        out.legs
            .extend_from_slice(self.whole.legs.get(legs).unwrap_or_default());
        out.effects
            .extend_from_slice(self.whole.effects.get(effects).unwrap_or_default());
    }
}

/// Where parts of at most `max` legs and effects end: as late as possible behind a step, or in the middle of one that is larger
/// itself.
fn ends_of(out: &Outcome, max: usize) -> Vec<Mark> {
    let last = out.mark();
    let mut ends = Vec::new();
    let mut start = Mark::default();
    let mut steps = out.steps.iter().chain([&last]).peekable();
    while start != last {
        let most = Mark {
            legs: start.legs.saturating_add(max),
            effects: start.effects.saturating_add(max),
        };
        let mut end = None;
        while let Some(step) = steps.next_if(|step| step.legs <= most.legs && step.effects <= most.effects) {
            end = Some(*step).filter(|step| *step != start);
        }
        let next = steps.peek().map_or(last, |next| **next);
        start = end.unwrap_or(Mark {
            legs: most.legs.min(next.legs),
            effects: most.effects.min(next.effects),
        });
        ends.push(start);
    }
    ends
}

/// Adds what was recorded of a part; the last legs or effects of an outcome may have no record.
fn extend_whys(to: &mut Vec<Why>, length: usize, whys: &[Why], part: Range<usize>) {
    let part = whys.get(part.start..part.end.min(whys.len()));
    if let Some(part) = part.filter(|part| !part.is_empty()) {
        to.resize(length, Why::default());
        to.extend_from_slice(part);
    }
}

/// A sum for people and for comparing; no balance depends on it.
fn sum(legs: &[Leg]) -> Amount {
    legs.iter().fold(Amount::ZERO, |sum, leg| {
        sum.checked_add(leg.amount).unwrap_or(Amount::new(u128::MAX))
    })
}

#[cfg(test)]
mod tests;
