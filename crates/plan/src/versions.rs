//! [`Plans`]: the versions of a plan that decided what is in the books.

use alloy_primitives::B256;

use crate::CompiledPlan;

/// The version of a plan that is in force, and those that were before it. What was granted keeps the terms of its version.
#[derive(Clone, Copy, Debug)]
pub struct Plans<'a> {
    /// Decides what a fact grants.
    pub in_force: &'a CompiledPlan,
    /// Earlier versions, which decided what was granted before.
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
    /// The version with this hash; the one in force if that version is not known any more.
    #[must_use]
    pub fn of(self, hash: B256) -> &'a CompiledPlan {
        let former = self.former.iter().find(|plan| plan.hash() == hash);
        former.unwrap_or(self.in_force)
    }
}
