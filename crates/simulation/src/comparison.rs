//! The same causes under two plans: who gains, who loses, by which rule, and what does not fit the other plan.
//!
//! Causes are what happened: nothing of them is scaled or left out. What one plan cannot take as the other did (an intake
//! at another price, a payout of what was not earned under it) is listed, and stands in the books as such a fact would.

mod side;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use ledger::{AccountKind, BreakageCause, Reason, UserId};
use money::Amount;
use plan::{Cause, CompiledPlan};

use side::Side;

/// Two plans and the books of both.
#[derive(Debug)]
pub struct Comparison {
    old: Side,
    new: Side,
    seq: u64,
    misfits: Vec<Misfit>,
}

/// A fact that one plan takes otherwise than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Number of the fact.
    pub seq: u64,
    /// What was noticed under the old plan.
    pub old: Vec<&'static str>,
    /// What was noticed under the new plan.
    pub new: Vec<&'static str>,
}

/// An amount under both plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Under the old plan.
    pub old: Amount,
    /// Under the new one.
    pub new: Amount,
}

/// What a rule grants under both plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDifference {
    /// The rule.
    pub reason: Reason,
    /// To everyone together.
    pub granted: Pair,
    /// Users who get more by it.
    pub gainers: u64,
    /// Users who get less by it.
    pub losers: u64,
}

/// What a user gets under both plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDifference {
    /// Who.
    pub user: UserId,
    /// The user's wallet.
    pub wallet: Address,
    /// All rewards together.
    pub granted: Pair,
    /// The rules by which it differs.
    pub by_rule: Vec<(Reason, Pair)>,
}

/// An account, or a sum of accounts, that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceDifference {
    /// `company`, `breakage:not_retopped`, `available`, …
    pub name: String,
    /// Whether it is a claim or money that is there (debit), or what is owed or earned (credit).
    pub side: ledger::Side,
    /// Its balance on that side.
    pub balance: Pair,
}

/// What differs. All lists are empty when nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Facts that were applied.
    pub facts: u64,
    /// Users.
    pub users: u64,
    /// Users who get more under the new plan.
    pub gainers: u64,
    /// Users who get less.
    pub losers: u64,
    /// All rewards together.
    pub granted: Pair,
    /// Rules by which anyone's rewards differ.
    pub rules: Vec<RuleDifference>,
    /// Users whose rewards differ, those with the greatest difference first.
    pub by_user: Vec<UserDifference>,
    /// Balances that differ.
    pub balances: Vec<BalanceDifference>,
    /// Facts that do not fit both plans alike.
    pub misfits: Vec<Misfit>,
}

impl Pair {
    /// Whether both are the same.
    pub fn is_same(self) -> bool {
        self.old == self.new
    }

    /// By how much they differ, in either direction.
    pub fn distance(self) -> Amount {
        self.old
            .saturating_sub(self.new)
            .max(self.new.saturating_sub(self.old))
    }
}

impl Difference {
    /// Whether the plans did the same.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
            && self.by_user.is_empty()
            && self.balances.is_empty()
            && self.misfits.is_empty()
    }
}

impl Comparison {
    /// Two plans before the first fact.
    pub fn new(old: CompiledPlan, new: CompiledPlan) -> Self {
        Self {
            old: Side::new(old),
            new: Side::new(new),
            seq: 0,
            misfits: Vec::new(),
        }
    }

    /// Applies a cause under both plans.
    pub fn apply(&mut self, cause: &Cause) {
        self.seq = self.seq.saturating_add(1);
        let (old, new) = (self.old.apply(cause), self.new.apply(cause));
        if old != new {
            self.misfits.push(Misfit {
                seq: self.seq,
                old: old.to_vec(),
                new: new.to_vec(),
            });
        }
    }

    /// What differs.
    #[must_use]
    pub fn finish(self) -> Difference {
        let mut by_user = self.users();
        by_user.sort_by_key(|user| (std::cmp::Reverse(user.granted.distance()), user.user));
        let pairs = || by_user.iter().map(|user| user.granted);
        Difference {
            facts: self.seq,
            users: self.old.user_count().max(self.new.user_count()),
            gainers: count(pairs().filter(|pair| pair.new > pair.old)),
            losers: count(pairs().filter(|pair| pair.new < pair.old)),
            granted: Pair {
                old: total(self.old.granted().values()),
                new: total(self.new.granted().values()),
            },
            rules: self.rules(),
            balances: self.balances(),
            by_user,
            misfits: self.misfits,
        }
    }

    /// Every pair that differs, by user and rule.
    fn differing(&self) -> BTreeMap<(UserId, Reason), Pair> {
        let keys: BTreeSet<_> = self
            .old
            .granted()
            .keys()
            .chain(self.new.granted().keys())
            .collect();
        let pair = |key| Pair {
            old: self.old.granted().get(key).copied().unwrap_or_default(),
            new: self.new.granted().get(key).copied().unwrap_or_default(),
        };
        let pairs = keys.into_iter().map(|key| (*key, pair(key)));
        pairs.filter(|(_, pair)| !pair.is_same()).collect()
    }

    fn users(&self) -> Vec<UserDifference> {
        let mut users: BTreeMap<UserId, Vec<(Reason, Pair)>> = BTreeMap::new();
        for ((user, reason), pair) in self.differing() {
            users.entry(user).or_default().push((reason, pair));
        }
        let of_user = |side: &Side, user| {
            let own = side.granted().range((user, Reason::Direct)..);
            total(
                own.take_while(|((of, _), _)| *of == user)
                    .map(|(_, amount)| amount),
            )
        };
        users
            .into_iter()
            .map(|(user, by_rule)| UserDifference {
                user,
                wallet: self
                    .old
                    .wallet(user)
                    .or(self.new.wallet(user))
                    .unwrap_or_default(),
                granted: Pair {
                    old: of_user(&self.old, user),
                    new: of_user(&self.new, user),
                },
                by_rule,
            })
            .collect()
    }

    fn rules(&self) -> Vec<RuleDifference> {
        let mut rules: BTreeMap<Reason, RuleDifference> = BTreeMap::new();
        for ((_, reason), pair) in self.differing() {
            let rule = rules.entry(reason).or_insert_with(|| RuleDifference {
                reason,
                granted: Pair {
                    old: self.old.granted_by(reason),
                    new: self.new.granted_by(reason),
                },
                gainers: 0,
                losers: 0,
            });
            let counter = if pair.new > pair.old {
                &mut rule.gainers
            } else {
                &mut rule.losers
            };
            *counter = counter.saturating_add(1);
        }
        rules.into_values().collect()
    }

    fn balances(&self) -> Vec<BalanceDifference> {
        let (old, new) = (self.old.balances(), self.new.balances());
        let kinds = AccountKind::ALL
            .into_iter()
            .filter(|kind| *kind != AccountKind::Breakage)
            .map(|kind| (kind.name().to_owned(), kind.side(), old.of(kind), new.of(kind)));
        let causes = BreakageCause::ALL.into_iter().map(|cause| {
            (
                format!("breakage:{}", cause.name()),
                AccountKind::Breakage.side(),
                old.breakage(cause),
                new.breakage(cause),
            )
        });
        kinds
            .chain(causes)
            .filter(|(_, _, old, new)| old != new)
            .map(|(name, side, old, new)| BalanceDifference {
                name,
                side,
                balance: Pair {
                    old: unsigned(old),
                    new: unsigned(new),
                },
            })
            .collect()
    }
}

/// A balance; one that is overdrawn counts as nothing.
fn unsigned(balance: i128) -> Amount {
    Amount::new(u128::try_from(balance).unwrap_or(0))
}

fn total<'a>(amounts: impl Iterator<Item = &'a Amount>) -> Amount {
    Amount::sum_of(amounts.copied()).unwrap_or(Amount::new(u128::MAX))
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
