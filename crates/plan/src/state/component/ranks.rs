//! Ranks: the weekly close, its bonuses, and what a refund does to those that are still held.

use std::collections::BTreeMap;

use ledger::{Reason, UserId};
use money::Amount;

use super::super::State;
use super::grant::{Grant, not_granted};
use crate::compiled::CompiledPlan;
use crate::decision::Rule;
use crate::effect::{ComponentEffect, NotGranted, RewardId};
use crate::ranks::{RankDecision, Ranks};
use crate::{Day, Outcome};
use plan_file::calendar::Week;

/// What is known of ranks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) state: Ranks,
    /// Bonuses that a refund can still take back, by user and the week for which they are.
    held: BTreeMap<(UserId, Week), HeldBonus>,
}

/// A held bonus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeldBonus {
    reward: RewardId,
    /// What its rank justifies: the cap may have granted less.
    justified: Amount,
    granted: Amount,
}

impl State {
    /// The week ends: ranks, then bonuses as far as the fund reaches.
    pub(super) fn close_week(&mut self, plan: &CompiledPlan, day: Day, out: &mut Outcome) {
        let Some(terms) = &plan.terms.components.ranks else {
            return;
        };
        let fund = terms.fund().number();
        let budget = self.fund_reach(plan, fund, out);
        let mut decisions = Vec::new();
        let ranks = &mut self.components.ranks.state;
        let ranked = out
            .is_explained()
            .then(|| ranks.ranked(&self.sponsors, terms, day.week()));
        if ranks
            .close_week(&self.sponsors, terms, day.week(), budget, &mut decisions)
            .is_none()
        {
            return;
        }
        let available_at = day.plus(terms.hold_days());
        for decision in decisions {
            match decision {
                RankDecision::Promoted { user, rank, .. } => {
                    out.change(ComponentEffect::RankReached { user, rank });
                }
                RankDecision::Qualified { user, rank, .. } => {
                    out.change(ComponentEffect::RankPaidAs { user, rank });
                }
                RankDecision::Granted {
                    user,
                    rank,
                    week,
                    amount,
                } => {
                    let grant = Grant {
                        user,
                        source: None,
                        reason: Reason::Rank(rank),
                        fund,
                        amount,
                        available_at,
                    };
                    let mark = out.mark();
                    let granted = self.grant(plan, grant, out);
                    out.because(mark, |why| {
                        let ranked = ranked.as_ref().filter(|_| week == day.week());
                        let volumes = ranked.and_then(|ranked| ranked.get(&user));
                        why.rule = Some(Rule::Rank(volumes.copied()));
                    });
                    if let Some((reward, granted)) = granted {
                        let held = HeldBonus {
                            reward,
                            justified: amount,
                            granted,
                        };
                        self.components.ranks.held.insert((user, week), held);
                    }
                }
                RankDecision::NotCovered {
                    user, rank, amount, ..
                } => not_granted(user, Reason::Rank(rank), amount, NotGranted::FundShort, out),
                RankDecision::Waits {
                    user, rank, amount, ..
                } => not_granted(user, Reason::Rank(rank), amount, NotGranted::Waits, out),
                RankDecision::Lapsed {
                    user, rank, amount, ..
                } => not_granted(user, Reason::Rank(rank), amount, NotGranted::Unqualified, out),
            }
            out.ends_step();
        }
    }

    /// Bonuses of which the hold ends with this day cannot be taken back any more.
    pub(super) fn settle_bonuses(&mut self, plan: &CompiledPlan, day: Day) {
        if plan.terms.components.ranks.is_none() {
            return;
        }
        let mut matured = Vec::new();
        self.components.ranks.state.mature(day, &mut matured);
        for bonus in matured {
            self.components.ranks.held.remove(&(bonus.user, bonus.week));
        }
    }

    /// A user's purchase was refunded: held bonuses that relied on it are judged again.
    pub(super) fn requalify_above(&mut self, plan: &CompiledPlan, user: UserId, out: &mut Outcome) {
        if plan.terms.components.ranks.is_none() {
            return;
        }
        let mut affected = Vec::new();
        self.components
            .ranks
            .state
            .affected(&self.sponsors, user, &mut affected);
        for (upline, week) in affected {
            let Some(given) = self.components.ranks.state.requalify(upline, week) else {
                continue;
            };
            let Some(held) = self.components.ranks.held.get_mut(&(upline, week)) else {
                continue;
            };
            held.justified = held.justified.saturating_sub(given.amount);
            let keep = held.granted.min(held.justified);
            let back = held.granted.saturating_sub(keep);
            held.granted = keep;
            let reward = held.reward;
            self.reverse_reward(reward, back, out);
        }
    }
}
