//! Referral campaign: rewards for qualified referrals within caps and a funded budget; achievements and leaderboard.
//!
//! A reported conversion is decided at once and finally: the reward is fixed by the terms of that moment, and
//! only a reversal of the conversion lowers it, in proportion. Not responsible for who reports conversions, for where the
//! fund's money is, or for recognizing that two referees are one person: that is what a [`RefereeKey`] says.

mod board;
mod decision;
mod findings;
mod record;
pub mod table;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Reason;
use money::Amount;

pub use crate::campaign::table::CampaignTable;
pub use board::Standing;
pub use decision::{Conversion, ConversionId, Decision, IgnoredCause, NotGrantedCause, RefereeKey, Reversal};
pub use terms::{ACHIEVEMENTS_MAX, Achievement, CampaignTerms, Condition, HOLD_DAYS_MAX, NAME_MAX, Reward};

use ledger::UserId;
use plan_file::Day;
use record::Record;

/// The reason of every leg that a campaign causes.
pub const REASON: Reason = Reason::Bonus;

/// Everything that a campaign remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// By conversion.
    records: Vec<Record>,
    /// By user, as far as the last referrer.
    users: Vec<UserLine>,
    /// The qualified conversion of a referee that stands.
    referees: BTreeMap<RefereeKey, ConversionId>,
    /// Grants that are held, by the day that ends it.
    held: BTreeSet<(Day, ConversionId)>,
    /// Grants that stand.
    spent: Amount,
}

/// What a referrer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct UserLine {
    /// Qualified conversions that stand.
    conversions: u32,
    /// Conversions that granted something and are not wholly reversed.
    rewarded: u32,
    earned: Amount,
    /// The last qualified conversion that stands.
    last: Option<ConversionId>,
    /// Bits of the achievements that the user has, and ever had.
    achieved: u32,
    ever_achieved: u32,
}

impl Campaign {
    /// A conversion was reported. `fund` is what the campaign's fund holds; no more than that is granted.
    pub fn report(
        &mut self,
        terms: &CampaignTerms,
        conversion: &Conversion,
        fund: Amount,
        out: &mut Vec<Decision>,
    ) {
        let id = conversion.id;
        if Some(id) != self.next_id() {
            let cause = match self.record(id) {
                Some(_) => IgnoredCause::ConversionKnown,
                None => IgnoredCause::ConversionUnknown,
            };
            out.push(Decision::Ignored {
                conversion: id,
                cause,
            });
            return;
        }
        let mut record = Record::of(terms, conversion);
        if let Some(cause) = self.disqualified(terms, conversion) {
            self.records.push(record);
            out.push(Decision::NotGranted {
                conversion: id,
                user: conversion.referrer,
                amount: terms.reward.of(conversion.amount),
                cause,
            });
            return;
        }
        record.stands = true;
        record.granted = self.grant(terms, conversion, fund, out);
        self.referees.insert(conversion.referee, id);
        if !record.granted.is_zero() {
            self.held.insert((record.available_at, id));
            // At most the budget.
            self.spent = sum(self.spent, record.granted);
        }
        let line = self.line_mut(conversion.referrer);
        record.previous = line.last.replace(id);
        line.conversions = line.conversions.saturating_add(1);
        line.earned = sum(line.earned, record.granted);
        if !record.granted.is_zero() {
            line.rewarded = line.rewarded.saturating_add(1);
        }
        self.records.push(record);
        self.review(terms, conversion.referrer, out);
    }

    /// A conversion was reversed. What its grant loses goes back to the fund: the share that all reversals together
    /// have of the conversion, rounded down, and everything with the last.
    ///
    /// It counts as qualified while what is left of it is at least the minimum at its time.
    pub fn reverse(
        &mut self,
        terms: &CampaignTerms,
        id: ConversionId,
        reversal: Reversal,
        out: &mut Vec<Decision>,
    ) {
        let Some(record) = self.record_mut(id) else {
            let cause = IgnoredCause::ConversionUnknown;
            out.push(Decision::Ignored {
                conversion: id,
                cause,
            });
            return;
        };
        let left = record.amount.saturating_sub(record.reversed);
        let part = match reversal {
            Reversal::Whole => left,
            Reversal::Part(part) => part.min(left),
        };
        if record.is_gone || (part.is_zero() && reversal != Reversal::Whole) {
            let cause = IgnoredCause::NothingLeft;
            out.push(Decision::Ignored {
                conversion: id,
                cause,
            });
            return;
        }
        let stood = record.stands;
        let back = record.reverse(part);
        let record = *record;
        if !stood && record.granted.is_zero() {
            return;
        }
        self.spent = self.spent.saturating_sub(back);
        if stood && !record.stands {
            self.referees.remove(&record.referee);
        }
        if record.standing().is_zero() && !record.is_matured {
            self.held.remove(&(record.available_at, id));
        }
        self.lower(&record, back, stood);
        if !back.is_zero() {
            out.push(Decision::Reversed {
                conversion: id,
                user: record.referrer,
                amount: back,
                matured: record.is_matured,
            });
        }
        self.review(terms, record.referrer, out);
    }

    /// A day ended, and with it the holds up to it: by day, then by conversion.
    pub fn end_day(&mut self, day: Day, out: &mut Vec<Decision>) {
        while let Some((available_at, id)) = self.held.first().copied() {
            if available_at > day {
                return;
            }
            self.held.pop_first();
            if let Some(record) = self.record_mut(id) {
                record.is_matured = true;
                out.push(Decision::Matured {
                    conversion: id,
                    user: record.referrer,
                    amount: record.standing(),
                });
            }
        }
    }

    /// Whose referral a conversion is.
    pub fn referrer(&self, id: ConversionId) -> Option<UserId> {
        self.record(id).map(|record| record.referrer)
    }

    /// What has not been reversed of a conversion's amount.
    pub fn rest(&self, id: ConversionId) -> Amount {
        let of = |record: &Record| record.amount.saturating_sub(record.reversed);
        self.record(id).map_or(Amount::ZERO, of)
    }

    /// The id of the next conversion; `None` when there are no more.
    pub fn next_id(&self) -> Option<ConversionId> {
        ConversionId::from_index(self.records.len())
    }

    /// Grants that stand, in base units; never more than the budget.
    pub const fn spent(&self) -> Amount {
        self.spent
    }

    /// Grants of a user that stand.
    pub fn earned(&self, user: UserId) -> Amount {
        self.line(user).map_or(Amount::ZERO, |line| line.earned)
    }

    /// Qualified conversions of a user that stand.
    pub fn conversions(&self, user: UserId) -> u32 {
        self.line(user).map_or(0, |line| line.conversions)
    }

    /// Places of the achievements that a user has, in the plan's list.
    pub fn achievements(&self, user: UserId) -> impl Iterator<Item = u8> + use<> {
        let bits = self.line(user).map_or(0, |line| line.achieved);
        (0..32u8).filter(move |place| has(bits, *place))
    }

    fn disqualified(&self, terms: &CampaignTerms, conversion: &Conversion) -> Option<NotGrantedCause> {
        if !terms.runs_on(conversion.day) {
            Some(NotGrantedCause::OutsideDates)
        } else if conversion.amount < terms.conversion_min {
            Some(NotGrantedCause::BelowMinimum)
        } else if conversion.referee_user == Some(conversion.referrer) {
            Some(NotGrantedCause::SelfReferral)
        } else if self.referees.contains_key(&conversion.referee) {
            Some(NotGrantedCause::DuplicateReferee)
        } else {
            None
        }
    }

    /// The reward, limited by one cap after another; each says what it takes away.
    fn grant(
        &self,
        terms: &CampaignTerms,
        conversion: &Conversion,
        fund: Amount,
        out: &mut Vec<Decision>,
    ) -> Amount {
        let line = self.line(conversion.referrer).copied().unwrap_or_default();
        let per_user = match (terms.per_user_count, terms.per_user_cap) {
            (Some(count), _) if line.rewarded >= count => Amount::ZERO,
            (_, Some(cap)) => cap.saturating_sub(line.earned),
            (_, None) => Amount::new(u128::MAX),
        };
        let limits = [
            (per_user, NotGrantedCause::CappedPerUser),
            (
                terms.budget.saturating_sub(self.spent),
                NotGrantedCause::BudgetExhausted,
            ),
            (fund, NotGrantedCause::FundEmpty),
        ];
        let (user, id) = (conversion.referrer, conversion.id);
        let mut amount = terms.reward.of(conversion.amount);
        let place = out.len();
        for (limit, cause) in limits {
            if amount > limit {
                out.push(Decision::NotGranted {
                    conversion: id,
                    user,
                    amount: amount.saturating_sub(limit),
                    cause,
                });
                amount = limit;
            }
        }
        if !amount.is_zero() {
            let granted = Decision::Granted {
                conversion: id,
                user,
                amount,
                available_at: conversion.day.plus(terms.hold_days),
            };
            out.insert(place, granted);
        }
        amount
    }

    /// Takes from the referrer's line what a reversal takes.
    fn lower(&mut self, record: &Record, back: Amount, stood: bool) {
        let mut last = self.line(record.referrer).and_then(|line| line.last);
        // What does not stand will never stand again, so the way back is walked once.
        while let Some(before) = last.and_then(|id| self.record(id)) {
            if before.stands {
                break;
            }
            last = before.previous;
        }
        let line = self.line_mut(record.referrer);
        line.last = last;
        line.earned = line.earned.saturating_sub(back);
        if stood && !record.stands {
            line.conversions = line.conversions.saturating_sub(1);
        }
        if record.is_gone && !record.granted.is_zero() {
            line.rewarded = line.rewarded.saturating_sub(1);
        }
    }

    /// Compares a user's achievements with what they take.
    fn review(&mut self, terms: &CampaignTerms, user: UserId, out: &mut Vec<Decision>) {
        let line = self.line_mut(user);
        for (achievement, place) in terms.achievements.iter().zip(0u8..) {
            let reached = match achievement.condition {
                Condition::Conversions(count) => line.conversions >= count,
                Condition::Earned(amount) => line.earned >= amount,
            };
            match (reached, has(line.achieved, place)) {
                (true, false) => {
                    let is_first = !has(line.ever_achieved, place);
                    line.achieved |= bit(place);
                    line.ever_achieved |= bit(place);
                    out.push(Decision::Achieved {
                        user,
                        achievement: place,
                        is_first,
                    });
                }
                (false, true) => {
                    line.achieved &= !bit(place);
                    out.push(Decision::AchievementLost {
                        user,
                        achievement: place,
                    });
                }
                (true, true) | (false, false) => {}
            }
        }
    }

    fn record(&self, id: ConversionId) -> Option<&Record> {
        self.records.get(id.index())
    }

    fn record_mut(&mut self, id: ConversionId) -> Option<&mut Record> {
        self.records.get_mut(id.index())
    }

    fn line(&self, user: UserId) -> Option<&UserLine> {
        self.users.get(user.index())
    }

    fn line_mut(&mut self, user: UserId) -> &mut UserLine {
        let place = user.index();
        if place >= self.users.len() {
            self.users.resize(place.saturating_add(1), UserLine::default());
        }
        &mut self.users[place]
    }
}

const fn bit(place: u8) -> u32 {
    match 1u32.checked_shl(place as u32) {
        Some(bit) => bit,
        None => 0,
    }
}

const fn has(bits: u32, place: u8) -> bool {
    bits & bit(place) != 0
}

fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
