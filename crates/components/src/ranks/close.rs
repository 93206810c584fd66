//! The weekly close: one cut-off, then ranks, then bonuses as far as the budget reaches.

use ledger::UserId;
use money::Amount;

use super::decision::{Closed, RankDecision};
use super::held::{last_day, week_of};
use super::legs::{Below, scan};
use super::state::{Bonus, Ranks, Standing, first_week, index};
use super::terms::{RanksTerms, Window};
use crate::ranks::table::WhenShort;
use crate::sponsors::Sponsors;
use plan_file::calendar::Week;

/// Someone with a rank this week.
#[derive(Clone, Copy)]
struct Qualifier {
    user: UserId,
    rank: u8,
    own: Amount,
    below: Below,
}

/// A bonus of this week, before anyone asks whether it is covered.
struct Claim {
    user: UserId,
    bonus: Bonus,
}

/// What is left of the budget, and the outcome of the rest.
struct Purse<'a> {
    left: Amount,
    closed: Closed,
    out: &'a mut Vec<RankDecision>,
}

impl Ranks {
    /// Closes a week: purchases up to its last day count, then everyone's rank is decided, then bonuses are granted out of
    /// `budget`. Decisions are in this order: promotion and qualification by user; users whose rank of the last close
    /// is gone; bonuses that waited; bonuses of this week by user. None, and nothing happens, for a week
    /// that is not after the last one closed.
    pub fn close_week(
        &mut self,
        sponsors: &Sponsors,
        terms: &RanksTerms,
        week: Week,
        budget: Amount,
        out: &mut Vec<RankDecision>,
    ) -> Option<Closed> {
        out.clear();
        let number = week.get();
        if self.closed.is_some_and(|closed| number <= closed) {
            return None;
        }
        let (qualifiers, claims) = self.judge(sponsors, terms, number);
        self.decide_ranks(number, &qualifiers, out);
        let mut purse = Purse {
            left: budget,
            closed: Closed::default(),
            out,
        };
        match terms.when_short {
            WhenShort::ProRata => self.grant_pro_rata(terms, number, claims, &mut purse),
            WhenShort::Queue => self.grant_in_order(terms, number, claims, &mut purse),
        }
        let closed = purse.closed;
        self.closed = Some(number);
        self.weekly_from = match terms.window {
            Window::Lifetime => number.saturating_add(1),
            Window::Weeks(_) => first_week(terms.window, number.saturating_add(1)),
        };
        self.weekly = self.weekly.split_off(&(self.weekly_from, 0));
        Some(closed)
    }

    /// Who has a rank this week, and the bonuses that this opens; both by user.
    fn judge(&self, sponsors: &Sponsors, terms: &RanksTerms, week: u32) -> (Vec<Qualifier>, Vec<Claim>) {
        let volumes = self.volumes(terms, week);
        let mut qualifiers = Vec::new();
        let sums = scan(sponsors, &volumes, self.total, |user, own, below| {
            let rank = terms.rank_of(below.main, below.other(), own);
            if let (true, Some(user)) = (rank > 0, UserId::new(user)) {
                qualifiers.push(Qualifier {
                    user,
                    rank,
                    own,
                    below,
                });
            }
        });
        qualifiers.reverse();
        let from = first_week(terms.window, week);
        let claims = qualifiers.iter().filter(|found| self.opens(terms, week, found));
        let claims = claims.map(|found| {
            let mut legs = Vec::new();
            if terms.hold_days > 0 || terms.when_short == WhenShort::Queue {
                let directs = sponsors.directs(found.user).map(UserId::get);
                legs.extend(directs.map(|direct| (direct, sums.leg(&volumes, direct))));
                legs.retain(|(_, volume)| !volume.is_zero());
                legs.reverse();
            }
            let bonus = Bonus {
                ladder: terms.ladder.clone(),
                rank: found.rank,
                amount: terms.weekly_bonus(found.rank),
                from,
                own: found.own,
                legs,
            };
            let user = found.user;
            Claim { user, bonus }
        });
        let claims = claims.collect();
        (qualifiers, claims)
    }

    /// Whether this week's rank has a bonus, and the user has weeks left or is promoted by it.
    fn opens(&self, terms: &RanksTerms, week: u32, found: &Qualifier) -> bool {
        let standing = self.standing(found.user);
        let end = standing.promoted.saturating_add(terms.bonus_weeks);
        !terms.weekly_bonus(found.rank).is_zero() && (found.rank > standing.title || week < end)
    }

    fn decide_ranks(&mut self, week: u32, qualifiers: &[Qualifier], out: &mut Vec<RankDecision>) {
        let before = std::mem::take(&mut self.qualified);
        for user in &before {
            if let Some(standing) = self.standing_mut(*user) {
                standing.paid_as = 0;
            }
        }
        for found in qualifiers {
            let (user, rank) = (found.user, found.rank);
            self.qualified.push(user.get());
            let Some(standing) = self.standing_mut(user.get()) else {
                continue;
            };
            standing.paid_as = rank;
            if rank > standing.title {
                let from = standing.title;
                standing.title = rank;
                standing.promoted = week;
                out.push(RankDecision::Promoted { user, from, rank });
            }
            out.push(RankDecision::Qualified {
                user,
                rank,
                main: found.below.main,
                other: found.below.other(),
            });
        }
        for user in before.into_iter().filter_map(UserId::new) {
            if self.paid_as(user) == 0 {
                out.push(RankDecision::Qualified {
                    user,
                    rank: 0,
                    main: Amount::ZERO,
                    other: Amount::ZERO,
                });
            }
        }
    }

    fn standing_mut(&mut self, user: u32) -> Option<&mut Standing> {
        self.standings.get_mut(index(user)?)
    }

    fn grant_pro_rata(&mut self, terms: &RanksTerms, week: u32, claims: Vec<Claim>, purse: &mut Purse<'_>) {
        let budget = purse.left;
        // 2^31 users with 96 bits each.
        let total = Amount::sum_of(claims.iter().map(|claim| claim.bonus.amount));
        let total = total.unwrap_or(Amount::new(u128::MAX));
        for Claim { user, mut bonus } in claims {
            let asked = bonus.amount;
            if budget < total {
                bonus.amount = asked.proportion(budget, total);
            }
            let (rank, amount) = (bonus.rank, asked.saturating_sub(bonus.amount));
            if !bonus.amount.is_zero() {
                self.grant(terms, (user, week), week, bonus, purse);
            }
            if !amount.is_zero() {
                purse.closed.not_covered = sum(purse.closed.not_covered, amount);
                let week = week_of(week);
                let missing = RankDecision::NotCovered {
                    user,
                    rank,
                    week,
                    amount,
                };
                purse.out.push(missing);
            }
        }
    }

    fn grant_in_order(&mut self, terms: &RanksTerms, week: u32, claims: Vec<Claim>, purse: &mut Purse<'_>) {
        let waited: Vec<(u32, u32)> = std::mem::take(&mut self.waiting).into_iter().collect();
        let mut queue = Vec::with_capacity(waited.len().saturating_add(claims.len()));
        for (earlier, user) in waited {
            let bonus = self.bonuses.remove(&(user, earlier));
            if let (Some(user), Some(mut bonus)) = (UserId::new(user), bonus) {
                lapse((user, earlier), &mut bonus, purse);
                queue.push((earlier, Claim { user, bonus }));
            }
        }
        queue.extend(claims.into_iter().map(|claim| (week, claim)));
        let mut open = true;
        for (of, Claim { user, bonus }) in queue {
            if bonus.amount.is_zero() {
                continue;
            }
            // Nobody overtakes: a small bonus behind a large one waits with it.
            open = open && bonus.amount <= purse.left;
            if open {
                self.grant(terms, (user, of), week, bonus, purse);
                continue;
            }
            purse.closed.waiting = sum(purse.closed.waiting, bonus.amount);
            if of == week {
                let (rank, amount, week) = (bonus.rank, bonus.amount, week_of(of));
                let waits = RankDecision::Waits {
                    user,
                    rank,
                    week,
                    amount,
                };
                purse.out.push(waits);
            }
            self.waiting.insert((of, user.get()));
            self.bonuses.insert((user.get(), of), bonus);
        }
    }

    /// Grants the bonus of a user and week in the close of `now`, and keeps it while it is held.
    fn grant(
        &mut self,
        terms: &RanksTerms,
        key: (UserId, u32),
        now: u32,
        bonus: Bonus,
        purse: &mut Purse<'_>,
    ) {
        let (user, week) = key;
        purse.left = purse.left.saturating_sub(bonus.amount);
        purse.closed.granted = sum(purse.closed.granted, bonus.amount);
        purse.out.push(RankDecision::Granted {
            user,
            rank: bonus.rank,
            week: week_of(week),
            amount: bonus.amount,
        });
        if terms.hold_days > 0 {
            let due = last_day(now).saturating_add(terms.hold_days);
            self.held.entry(due).or_default().push((user.get(), week));
            self.bonuses.insert((user.get(), week), bonus);
        }
    }
}

/// Lowers what waits to what its volumes qualify for now.
fn lapse(key: (UserId, u32), bonus: &mut Bonus, purse: &mut Purse<'_>) {
    let rank = bonus.rank_now();
    if rank >= bonus.rank {
        return;
    }
    let left = bonus.ladder.weekly_bonus(rank);
    let amount = bonus.amount.saturating_sub(left);
    bonus.rank = rank;
    bonus.amount = left;
    if !amount.is_zero() {
        purse.out.push(RankDecision::Lapsed {
            user: key.0,
            rank,
            week: week_of(key.1),
            amount,
        });
    }
}

fn sum(one: Amount, other: Amount) -> Amount {
    Amount::new(one.base_units().saturating_add(other.base_units()))
}
