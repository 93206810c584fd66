//! [`Decided`]: which decision of the plan's components each leg belongs to.
//!
//! Asks the components once more, of the state before the fact: a purchase is divided again, a day accrues again, a
//! period is finalized again, on copies. What they answer comes in the order of the legs.

use std::collections::BTreeMap;

use ledger::{Account, Leg, Reason, UserId};
use money::Amount;

use super::purchase::Purchase;
use crate::calendar::Week;
use crate::effect::RewardId;
use crate::orders::explained::PassedOver;
use crate::orders::{self, LineOutcome, Orders, PeriodNumber, Volumes};
use crate::ranks::RankDecision;
use crate::ranks::explained::RankVolumes;
use crate::subscription::{Accrual, Coverage};
use crate::{CompiledPlan, ComponentEffect, Day, Effect, Outcome, PeriodStatus, SaleEffect, State};

/// The decision behind a leg: places are those in the lists of [`Decided`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Share(usize),
    Accrual(usize),
    Pair(usize),
    Rank(usize),
    Order(usize),
    /// A sponsor's share, or a campaign's reward, that a fund grants.
    Granted,
    Released(RewardId),
    Reversed(RewardId),
}

impl Origin {
    /// The place in the list of its kind.
    pub(super) const fn place(self) -> Option<usize> {
        match self {
            Self::Share(place)
            | Self::Accrual(place)
            | Self::Pair(place)
            | Self::Rank(place)
            | Self::Order(place) => Some(place),
            Self::Granted | Self::Released(_) | Self::Reversed(_) => None,
        }
    }
}

/// A pair that was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PairTold {
    pub(super) number: u32,
    pub(super) tax: Amount,
    /// What its user had paid at that moment, earlier instalments included.
    pub(super) paid: Amount,
    pub(super) instalment: Amount,
}

/// A period that was finalized.
pub(super) struct PeriodTold {
    pub(super) orders: Orders,
    pub(super) volumes: Volumes,
    pub(super) lines: Vec<orders::Line>,
    pub(super) totals: orders::Totals,
    pub(super) passed: PassedOver,
}

/// What components decided in a fact.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) purchase: Option<Purchase>,
    /// The day that ended.
    pub(super) day: Option<Day>,
    pub(super) accruals: Vec<Accrual>,
    pub(super) coverage: Coverage,
    pub(super) pairs: Vec<PairTold>,
    /// The week for which a bonus is.
    pub(super) ranks: Vec<Week>,
    pub(super) ranked: BTreeMap<UserId, RankVolumes>,
    pub(super) period: Option<PeriodTold>,
    origins: Vec<Option<Origin>>,
}

/// Gives legs to decisions, both in their order.
struct Claims<'a> {
    legs: &'a [Leg],
    origins: Vec<Option<Origin>>,
    /// Where a kind of decision looks on.
    from: BTreeMap<u8, usize>,
}

impl Decided {
    pub(super) fn of(plan: &CompiledPlan, before: &State, outcome: &Outcome) -> Self {
        let mut decided = Self {
            purchase: Purchase::of(plan, before, outcome),
            day: days(outcome).next(),
            ..Self::default()
        };
        let mut claims = Claims {
            legs: &outcome.legs,
            origins: vec![None; outcome.legs.len()],
            from: BTreeMap::new(),
        };
        decided.ask_accruals(plan, before);
        decided.ask_ranks(plan, before, outcome);
        decided.ask_pairs(plan, before, outcome);
        decided.ask_period(plan, before, outcome);
        decided.claim_shares(&mut claims);
        decided.claim_accruals(&mut claims, before);
        decided.claim_effects(&mut claims, before, outcome);
        decided.origins = claims.origins;
        decided
    }

    pub(super) fn origin(&self, leg: u32) -> Option<Origin> {
        let place = usize::try_from(leg).ok()?;
        self.origins.get(place).copied().flatten()
    }

    fn ask_accruals(&mut self, plan: &CompiledPlan, before: &State) {
        let components = &plan.terms.components;
        let (Some(day), Some(terms), Some(fund)) =
            (self.day, &components.subscription, components.accrual_fund)
        else {
            return;
        };
        let (mut book, mut caps) = (before.subscriptions().clone(), before.caps().clone());
        let in_fund = before.reach_of(plan, fund);
        self.coverage = book.accrue(terms, day, in_fund, &mut caps, &mut self.accruals);
    }

    /// The weeks of bonuses, in the order in which they are granted. With a fund without end all that wait are among them,
    /// and come first.
    fn ask_ranks(&mut self, plan: &CompiledPlan, before: &State, outcome: &Outcome) {
        let (Some(day), Some(terms)) = (self.day, &plan.terms.components.ranks) else {
            return;
        };
        let granted = |effect: &&Effect| {
            matches!(
                effect,
                Effect::Component(ComponentEffect::RewardGranted {
                    reason: Reason::Rank(_),
                    ..
                })
            )
        };
        if !outcome.effects.iter().any(|effect| granted(&effect)) {
            return;
        }
        self.ranked = before.rank_book().ranked(terms, day.week());
        let mut decisions = Vec::new();
        let mut book = before.rank_book().clone();
        book.close_week(terms, day.week(), Amount::new(u128::MAX), &mut decisions);
        let mut weeks: BTreeMap<(UserId, u8), Vec<Week>> = BTreeMap::new();
        for decision in decisions.into_iter().rev() {
            if let RankDecision::Granted { user, rank, week, .. } = decision {
                weeks.entry((user, rank)).or_default().push(week);
            }
        }
        for effect in outcome.effects.iter().filter(granted) {
            if let Effect::Component(ComponentEffect::RewardGranted {
                user,
                reason: Reason::Rank(rank),
                ..
            }) = effect
            {
                let week = weeks.get_mut(&(*user, *rank)).and_then(Vec::pop);
                self.ranks.push(week.unwrap_or_else(|| day.week()));
            }
        }
    }

    fn ask_pairs(&mut self, plan: &CompiledPlan, before: &State, outcome: &Outcome) {
        let Some(terms) = &plan.terms.components.binary else {
            return;
        };
        let mut paid: BTreeMap<UserId, Amount> = BTreeMap::new();
        let mut effects = outcome.effects.iter().peekable();
        while let Some(effect) = effects.next() {
            let Effect::Component(ComponentEffect::PairMatched { user, number, amount }) = *effect else {
                continue;
            };
            let mut tax = Amount::ZERO;
            while let Some(Effect::Component(ComponentEffect::Withheld { amount, .. })) =
                effects.next_if(|effect| is_withheld(effect))
            {
                tax = tax.plus(*amount).unwrap_or(tax);
            }
            let paid = paid
                .entry(user)
                .or_insert_with(|| before.binary_tree().paid(user));
            let instalment = terms.instalment(number, amount.minus_or_zero(tax), *paid);
            self.pairs.push(PairTold {
                number,
                tax,
                paid: *paid,
                instalment,
            });
            *paid = paid.plus(instalment).unwrap_or(*paid);
        }
    }

    fn ask_period(&mut self, plan: &CompiledPlan, before: &State, outcome: &Outcome) {
        let components = &plan.terms.components;
        let (Some(terms), Some(fund)) = (&components.orders, components.order_fund) else {
            return;
        };
        let finalized = outcome.effects.iter().find_map(|effect| {
            if let Effect::Component(ComponentEffect::Sale(SaleEffect::PeriodMoved {
                period,
                status: PeriodStatus::Finalized,
            })) = effect
            {
                Some(PeriodNumber::new(*period))
            } else {
                None
            }
        });
        let Some(period) = finalized else {
            return;
        };
        let mut orders = before.order_book().clone();
        let volumes = orders.volumes(terms, period);
        let Ok(totals) = orders.finalize(terms, period, before.budget_of(plan, fund, period)) else {
            return;
        };
        self.period = Some(PeriodTold {
            lines: orders.lines(period).collect(),
            passed: orders.passed_over(terms, &volumes, period),
            orders,
            volumes,
            totals,
        });
    }

    fn claim_shares(&self, claims: &mut Claims<'_>) {
        let shares = self.purchase.iter().flat_map(|purchase| &purchase.shares);
        for (place, share) in shares.enumerate() {
            let reason = Reason::Generation(share.generation);
            let belongs = |leg: &Leg| leg.reason == reason && leg.recipient == share.upline;
            claims.give(0, share.amount, Origin::Share(place), belongs);
        }
    }

    fn claim_accruals(&self, claims: &mut Claims<'_>, before: &State) {
        for (place, line) in self.accruals.iter().enumerate() {
            if before.is_active(line.user) {
                let belongs = |leg: &Leg| is_grant(leg, line.user, Reason::Accrual);
                claims.give(1, line.amount, Origin::Accrual(place), belongs);
            }
        }
    }

    fn claim_effects(&self, claims: &mut Claims<'_>, before: &State, outcome: &Outcome) {
        let (mut pairs, mut ranks) = (0usize, 0usize);
        let mut lines = self
            .period
            .iter()
            .flat_map(|period| period.lines.iter().enumerate());
        let mut line = None;
        let mut left = Amount::ZERO;
        for effect in &outcome.effects {
            let Effect::Component(effect) = effect else {
                continue;
            };
            if let ComponentEffect::RewardReleased { reward, user } = *effect {
                let standing = before.reward(reward).map(|told| told.standing);
                let belongs = |leg: &Leg| leg.debit == Account::Deferred(user) && is_handed_over(leg.reason);
                let amount = standing.unwrap_or(Amount::ZERO);
                claims.give(2, amount, Origin::Released(reward), belongs);
            } else if let ComponentEffect::RewardReversed { reward, user, amount } = *effect {
                let belongs = |leg: &Leg| leg.reason == Reason::Reversed && leg.recipient == Some(user);
                claims.give(3, amount, Origin::Reversed(reward), belongs);
            } else if let ComponentEffect::NotGranted {
                reason: Reason::Generation(_),
                amount,
                ..
            } = *effect
            {
                next_paid(&mut lines, &mut line, &mut left);
                left = left.minus_or_zero(amount);
            } else if let ComponentEffect::RewardGranted {
                user, reason, amount, ..
            } = *effect
            {
                let origin = if reason == Reason::Pair {
                    pairs = pairs.saturating_add(1);
                    Origin::Pair(pairs.saturating_sub(1))
                } else if matches!(reason, Reason::Rank(_)) {
                    ranks = ranks.saturating_add(1);
                    Origin::Rank(ranks.saturating_sub(1))
                } else if matches!(reason, Reason::Generation(_)) {
                    next_paid(&mut lines, &mut line, &mut left);
                    left = left.minus_or_zero(amount);
                    line.map_or(Origin::Granted, Origin::Order)
                } else {
                    Origin::Granted
                };
                if reason != Reason::Accrual {
                    claims.give(4, amount, origin, |leg| is_grant(leg, user, reason));
                }
            }
        }
        self.claim_lost(claims);
    }

    /// What orders did not pay.
    fn claim_lost(&self, claims: &mut Claims<'_>) {
        let lines = self
            .period
            .iter()
            .flat_map(|period| period.lines.iter().enumerate());
        for (place, line) in lines {
            if let LineOutcome::Breakage { cause, passed } = line.outcome {
                let belongs = |leg: &Leg| {
                    leg.credit == Account::Breakage(cause)
                        && (leg.reason, leg.recipient) == (line.reason(), passed)
                };
                claims.give(5, line.amount, Origin::Order(place), belongs);
            }
        }
    }
}

/// Moves to the next line that pays somebody, once what the last one pays is told.
fn next_paid<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a orders::Line)>,
    line: &mut Option<usize>,
    left: &mut Amount,
) {
    while left.is_zero() {
        let Some((place, next)) = lines.next() else {
            *line = None;
            return;
        };
        if let LineOutcome::Paid(_) = next.outcome {
            *line = Some(place);
            *left = next.amount;
        }
    }
}

impl Claims<'_> {
    /// Gives the next legs that belong to it to a decision, until they are all of its amount.
    fn give(&mut self, kind: u8, amount: Amount, origin: Origin, belongs: impl Fn(&Leg) -> bool) {
        let from = self.from.get(&kind).copied().unwrap_or(0);
        let legs = self.legs.iter().zip(&mut self.origins).enumerate().skip(from);
        let mut left = amount;
        for (place, (leg, slot)) in legs {
            if left.is_zero() {
                break;
            }
            if slot.is_none() && leg.amount <= left && belongs(leg) {
                *slot = Some(origin);
                left = left.minus_or_zero(leg.amount);
                self.from.insert(kind, place);
            }
        }
    }
}

/// The days that a fact ended.
pub(super) fn days(outcome: &Outcome) -> impl Iterator<Item = Day> + '_ {
    outcome.effects.iter().filter_map(|effect| {
        if let Effect::Component(ComponentEffect::DayEnded { day }) = effect {
            Some(*day)
        } else {
            None
        }
    })
}

fn is_withheld(effect: &Effect) -> bool {
    matches!(effect, Effect::Component(ComponentEffect::Withheld { .. }))
}

/// Whether a leg is a part of what a fund grants a user by a rule.
fn is_grant(leg: &Leg, user: UserId, reason: Reason) -> bool {
    matches!(leg.debit, Account::Revenue(_))
        && leg.recipient == Some(user)
        && (leg.reason == reason || (is_handed_over(leg.reason) && leg.reason != Reason::Matured))
}

/// Whether a leg is a part of what a reward is divided into when it becomes its user's own.
fn is_handed_over(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Matured | Reason::Withheld | Reason::Instalment | Reason::Netting
    )
}
