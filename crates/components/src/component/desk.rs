//! [`Desk`]: what the rules of a component can ask of the plan. It holds nothing of its own.

use ledger::{Fund, Reason, UserId};
use money::{Amount, Bps};
use plan_file::Day;

use crate::sponsors::Sponsors;

names::ids! {
    /// A reward from a fund: dense, from 1, in the order in which they were granted.
    pub struct RewardId;
}

/// What the plan does for the rules of a component.
pub trait Desk {
    /// The tree of sponsors.
    fn sponsors(&self) -> &Sponsors;

    /// Grants a reward, as far as registration, cap and fund allow; returns its number and how much. What is not granted, the plan
    /// records with its cause.
    fn grant(&mut self, grant: Grant, applied: Applied) -> Option<(RewardId, Amount)>;

    /// Takes back a part of a reward, because what caused it went back: at most what stands of it.
    fn reverse(&mut self, reward: RewardId, part: Amount);
}

/// A reward out of a fund.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// Who gets it.
    pub user: UserId,
    /// Whose action causes it.
    pub source: Option<UserId>,
    /// Its kind.
    pub reason: Reason,
    /// What pays it.
    pub fund: Fund,
    /// How much the rule grants.
    pub amount: Amount,
    /// Day at whose end it is the user's own; a day that has ended is at once, [`Day::LAST`] is not known yet.
    pub available_at: Day,
}

/// The parameter that decided, for explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The component's name.
    pub component: &'static str,
    /// Its path in the plan file.
    pub parameter: &'static str,
    /// The rate that it says.
    pub rate: Bps,
    /// Of what.
    pub base: Amount,
}
