//! [`Part`]: what a leg that sums up many shares consists of.

use alloy_primitives::B256;
use money::Amount;

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

/// Shares, grouped by the rule that decided them.
#[derive(Default)]
pub(crate) struct Parts(Vec<Part>);

impl Parts {
    /// Adds a share; nothing for a zero amount.
    pub(crate) fn add(&mut self, share: Part) {
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

    pub(crate) fn into_list(self) -> Vec<Part> {
        self.0
    }
}
