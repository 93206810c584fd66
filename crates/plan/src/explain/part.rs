//! [`Part`]: what a leg that sums up many shares consists of; and [`Plans`], the versions of the plan that decided them.

use alloy_primitives::B256;
use money::Amount;

use crate::CompiledPlan;

/// Shares of a leg that one rule of one version decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What they are of the leg. The parts of a leg are all of it.
    pub amount: Amount,
    /// How many shares.
    pub shares: u32,
    /// The part of the plan that decides.
    pub component: &'static str,
    /// The rule in it.
    pub rule: String,
    /// Where the plan file says so.
    pub parameter: Option<String>,
    /// Hash of the version of which the parameter is.
    pub plan: B256,
}

/// The version of a plan that is in force, and those that were before it. What was granted keeps the terms of its version.
#[derive(Clone, Copy, Debug)]
pub struct Plans<'a> {
    /// Decides what a fact grants.
    pub in_force: &'a CompiledPlan,
    /// Decided what stands from before.
    pub former: &'a [CompiledPlan],
}

impl<'a> From<&'a CompiledPlan> for Plans<'a> {
    fn from(in_force: &'a CompiledPlan) -> Self {
        Self {
            in_force,
            former: &[],
        }
    }
}

impl<'a> Plans<'a> {
    /// The version with this hash; the one in force stands in for a version that nobody has any more.
    pub(super) fn of(self, hash: B256) -> &'a CompiledPlan {
        let former = self.former.iter().find(|plan| plan.hash() == hash);
        former.unwrap_or(self.in_force)
    }
}

/// Shares, grouped by the rule that decided them.
#[derive(Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// Adds a share; nothing for a zero amount.
    pub(super) fn add(&mut self, share: Part) {
        if share.amount.is_zero() {
            return;
        }
        let is_same = |part: &&mut Part| {
            (part.component, part.plan) == (share.component, share.plan)
                && part.rule == share.rule
                && part.parameter == share.parameter
        };
        if let Some(part) = self.0.iter_mut().find(is_same) {
            part.amount = part.amount.checked_add(share.amount).unwrap_or(part.amount);
            part.shares = part.shares.saturating_add(share.shares);
        } else {
            self.0.push(share);
        }
    }

    pub(super) fn into_list(self) -> Vec<Part> {
        self.0
    }
}
