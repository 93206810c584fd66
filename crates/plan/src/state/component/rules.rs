//! Components that bring their own rules: what happens is told to each of them, and what they ask for is booked here.

use money::Amount;

use super::grant::{Applied, Grant};
use crate::Outcome;
use crate::compiled::CompiledPlan;
use crate::component::{Desk, Event, Rules as _, Terms};
use crate::effect::RewardId;
use crate::list::components;
use crate::sponsors::Sponsors;
use crate::state::State;

macro_rules! declare {
    ($($name:ident: $terms:ty = ($($(#[$meta:meta])* $table:ident: $Table:ty, $about:literal),+);)+) => {
        /// What the rules of each component remember.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(super) struct ComponentRules {
            $($name: <$terms as Terms>::Rules,)+
        }

        impl State {
            /// Tells every component of the plan what happened.
            pub(super) fn tell(&mut self, plan: &CompiledPlan, event: Event, out: &mut Outcome) {
                $(if let Some(terms) = &plan.terms.components.$name {
                    let mut rules = std::mem::take(&mut self.components.rules.$name);
                    rules.apply(terms, event, &mut Booking { state: self, plan, out });
                    self.components.rules.$name = rules;
                })+
            }
        }
    };
}

components!(declare);

/// The [`Desk`] at which components ask.
struct Booking<'a> {
    state: &'a mut State,
    plan: &'a CompiledPlan,
    out: &'a mut Outcome,
}

impl Desk for Booking<'_> {
    fn sponsors(&self) -> &Sponsors {
        &self.state.sponsors
    }

    fn grant(&mut self, grant: Grant, applied: Applied) -> Option<(RewardId, Amount)> {
        let mark = self.out.mark();
        let granted = self.state.grant(self.plan, grant, self.out);
        if let Some((reward, _)) = granted {
            self.state.components.rewards.applied.insert(reward, applied);
        }
        self.out.because(mark, |why| why.applied = Some(applied));
        self.out.because_effects(mark, |why| why.applied = Some(applied));
        granted
    }

    fn reverse(&mut self, reward: RewardId, part: Amount) {
        self.state.reverse_reward(reward, part, self.out);
    }
}
