//! Facts of bounded size: what an outcome has beyond the limit is brought by facts that continue it.
//!
//! The first fact decides everything: the state is then what it is after all of them. The others only bring legs and
//! effects, in their order, so that no account is ever debited with what it has only later.

use ledger::Leg;

use super::Book;
use crate::outcome::Parts;
use crate::{DiscrepancyCause, Effect, Fact, IgnoredCause, Outcome};

/// Maximum number of legs of a fact, and of effects but for the one that says that it continues.
pub const FACT_LEGS_MAX: usize = 10_000;

impl Book {
    /// The same book with another limit than [`FACT_LEGS_MAX`]. It is a rule of the ledger: all who read the same facts need
    /// the same limit, so this is for tests, and for books that read nobody's.
    #[must_use]
    pub const fn with_legs_max(mut self, legs_max: usize) -> Self {
        self.legs_max = legs_max;
        self
    }

    /// The same book without a limit: a [`Cause::Continued`](crate::Cause) does nothing, because nothing is left to it.
    #[must_use]
    pub const fn uncut(self) -> Self {
        self.with_legs_max(usize::MAX)
    }

    /// The part that must be next, as [`Cause::Continued`](crate::Cause) and before any other cause. `None` when the last fact
    /// left nothing.
    pub fn next_part(&self) -> Option<u32> {
        self.left.as_deref().and_then(Parts::next)
    }

    /// How many facts are still needed to continue the last one.
    pub fn parts_left(&self) -> u32 {
        let left = self.left.as_deref();
        let left = left.and_then(|parts| Some(parts.count().saturating_sub(parts.next()?).saturating_add(1)));
        left.unwrap_or(0)
    }

    /// Legs that the facts to come bring. The state has what they do already.
    pub fn legs_left(&self) -> &[Leg] {
        self.left.as_deref().map(Parts::legs_left).unwrap_or_default()
    }

    /// The next part of the fact before.
    pub(super) fn go_on(&mut self, part: u32, out: &mut Outcome) {
        self.apply_fact(&Fact::Noted, out);
        if self.next_part() == Some(part) {
            if let Some(parts) = &mut self.left {
                parts.take_into(out);
            }
            self.left = self.left.take().filter(|parts| parts.next().is_some());
        } else if self.legs_max < usize::MAX {
            out.effects.push(Effect::CommandIgnored {
                cause: IgnoredCause::NothingToContinue,
            });
        }
    }

    /// Leaves in an outcome what one fact may have. Nothing is lost when a fact came too early: what was left follows it.
    pub(super) fn cut(&mut self, out: &mut Outcome) {
        if let Some(parts) = self.left.take() {
            parts.take_all_into(out);
            out.effects.push(Effect::Discrepancy {
                cause: DiscrepancyCause::Interrupted,
            });
        }
        self.left = Parts::cut(out, self.legs_max);
    }
}
