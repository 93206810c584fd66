//! A change of the plan: from one fact on, another version's rules.
//!
//! What is held or deferred keeps what it was granted; what is decided later follows the new rules. A version can only
//! follow if the state fits it: the same asset and time zone, the same kind of payments, pools of the same form with no tier less,
//! the same funds under the same numbers, no component missing that has begun, the same policies of withholding in
//! front, the same length of commission periods and fund of orders, and of bookings the price and the sums that make
//! members and active buyers: who has paid a part agreed to those. Ranks count volumes from the first user on, so they cannot begin later.

use super::super::State;
use crate::Outcome;
use crate::compiled::{CompiledPlan, IntakeRule};
use crate::effect::ComponentEffect;

impl State {
    /// Follows another version from here on and says so, or changes nothing and answers `false`.
    pub(crate) fn change_plan(&mut self, old: &CompiledPlan, new: &CompiledPlan, out: &mut Outcome) -> bool {
        let begins_ranks = old.terms.components.ranks.is_none() && new.terms.components.ranks.is_some();
        if !can_follow(old, new) || (begins_ranks && self.user_count() > 0) {
            return false;
        }
        self.begin(out);
        self.components.pools.set_tiers(new.tiers());
        self.sponsors.keep(super::kept_of(new));
        self.components.caps.set_terms(new.terms.components.cap);
        out.change(ComponentEffect::PlanChanged {
            version: new.version(),
        });
        true
    }
}

/// Whether a state of one plan is a state of another.
fn can_follow(old: &CompiledPlan, new: &CompiledPlan) -> bool {
    let same_intake = match (old.terms.intake, new.terms.intake) {
        (IntakeRule::Joining { .. }, IntakeRule::Joining { .. }) => true,
        (old, new) => old == new,
    };
    let mut funds = new.funds();
    let same_funds = old.funds().all(|fund| funds.next() == Some(fund));
    let policies = old.terms.components.withholding().policies();
    let follow = new.terms.components.withholding().policies();
    // What was withheld in a year is known by the place of its policy.
    let same_policies = policies.len() <= follow.len()
        && policies
            .iter()
            .zip(follow)
            .all(|(old, new)| old.name() == new.name());
    old.asset() == new.asset()
        && old.time_zone() == new.time_zone()
        && same_policies
        && same_intake
        && new.terms.components.can_follow(&old.terms.components)
        && same_funds
        && old.tree_size() == new.tree_size()
        && old.tiers() <= new.tiers()
        && old.pays_into_wallet() == new.pays_into_wallet()
        && old
            .component_names()
            .all(|name| new.component_names().any(|other| other == name))
}
