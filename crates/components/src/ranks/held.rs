//! Bonuses that are not final: held ones, which a refund can take back, and waiting ones, which no fund has paid yet.
//!
//! Each keeps the legs on which it relies, net of what was refunded since, so that judging it again needs no reading of
//! all users.

use ledger::UserId;
use money::Amount;

use super::decision::{GivenBack, Matured};
use super::state::{Bonus, Ranks};
use crate::sponsors::Sponsors;
use plan_file::Day;
use plan_file::calendar::Week;

impl Bonus {
    /// The rank for which the volumes qualify as they are known now.
    pub(super) fn rank_now(&self) -> u8 {
        let volumes = || self.legs.iter().map(|(_, volume)| *volume);
        let main = volumes().max().unwrap_or(Amount::ZERO);
        let sum = Amount::sum_of(volumes()).unwrap_or(main);
        self.ladder.rank_of(main, sum.saturating_sub(main), self.own)
    }

    fn change_leg(&mut self, direct: u32, change: impl Fn(Amount) -> Amount) {
        match self.legs.binary_search_by_key(&direct, |(direct, _)| *direct) {
            Ok(place) => {
                let Some((_, volume)) = self.legs.get_mut(place) else {
                    return;
                };
                *volume = change(*volume);
                if volume.is_zero() {
                    self.legs.remove(place);
                }
            }
            Err(place) => {
                let volume = change(Amount::ZERO);
                if !volume.is_zero() {
                    self.legs.insert(place, (direct, volume));
                }
            }
        }
    }
}

impl Ranks {
    /// Who has a held bonus that relies on purchases of this user: the user, whose own purchases may count, and the
    /// uplines, nearest first, each with the weeks. After a refund each of them is to be judged again by
    /// [`Ranks::requalify`].
    pub fn affected(&self, sponsors: &Sponsors, user: UserId, out: &mut Vec<(UserId, Week)>) {
        out.clear();
        if self.bonuses.is_empty() {
            return;
        }
        for user in std::iter::once(user).chain(sponsors.uplines(user)) {
            let number = user.get();
            for ((_, week), _) in self.bonuses.range((number, 0)..=(number, u32::MAX)) {
                if !self.waiting.contains(&(*week, number)) {
                    out.push((user, week_of(*week)));
                }
            }
        }
    }

    /// Judges the held bonus of a week again, by the volumes of that week's window as they are known now. What the rank that
    /// is left does not justify is given back, in the proportion of the two ranks' bonuses. The title and the weeks of
    /// the bonus stay. None if nothing changes; a second call changes nothing.
    pub fn requalify(&mut self, user: UserId, week: Week) -> Option<GivenBack> {
        let key = (user.get(), week.get());
        if self.waiting.contains(&(week.get(), user.get())) {
            return None;
        }
        let bonus = self.bonuses.get_mut(&key)?;
        let (rank, rank_now) = (bonus.rank, bonus.rank_now());
        if rank_now >= rank {
            return None;
        }
        let keep = bonus.amount.proportion(
            bonus.ladder.weekly_bonus(rank_now),
            bonus.ladder.weekly_bonus(rank),
        );
        let amount = bonus.amount.saturating_sub(keep);
        bonus.rank = rank_now;
        bonus.amount = keep;
        if keep.is_zero() {
            self.bonuses.remove(&key);
        }
        (!amount.is_zero()).then_some(GivenBack {
            user,
            week,
            rank,
            rank_now,
            amount,
        })
    }

    /// Ends the hold of all bonuses that were granted so many days before this day or earlier as the plan then requested; a
    /// close grants on the last day of its week. Ordered by the day, the close that granted them, the week and the user.
    pub fn mature(&mut self, day: Day, out: &mut Vec<Matured>) {
        out.clear();
        while let Some(entry) = self.held.first_entry() {
            if *entry.key() > day.get() {
                return;
            }
            for (user, week) in entry.remove() {
                let bonus = self.bonuses.remove(&(user, week));
                if let (Some(user), Some(bonus)) = (UserId::new(user), bonus) {
                    out.push(Matured {
                        user,
                        week: week_of(week),
                        rank: bonus.rank,
                        amount: bonus.amount,
                    });
                }
            }
        }
    }

    /// What a purchase of this week, or its refund, changes in the volumes on which bonuses rely.
    pub(super) fn change_bonuses(
        &mut self,
        sponsors: &Sponsors,
        user: UserId,
        week: u32,
        change: impl Fn(Amount) -> Amount,
    ) {
        // Bonuses exist of closed weeks only: usual purchases go no further.
        if self.bonuses.is_empty() || self.closed.is_none_or(|closed| week > closed) {
            return;
        }
        let mut direct = user.get();
        for (_, bonus) in self.bonuses.range_mut((direct, week)..=(direct, u32::MAX)) {
            if bonus.from <= week {
                bonus.own = change(bonus.own);
            }
        }
        for upline in sponsors.uplines(user).map(UserId::get) {
            for (_, bonus) in self.bonuses.range_mut((upline, week)..=(upline, u32::MAX)) {
                if bonus.from <= week {
                    bonus.change_leg(direct, &change);
                }
            }
            direct = upline;
        }
    }
}

/// The last day of a week.
pub(super) fn last_day(week: u32) -> u32 {
    // Day 0 was a Thursday, week 0 its week.
    week.saturating_mul(7).saturating_add(3)
}

/// The week with this number.
pub(super) fn week_of(number: u32) -> Week {
    Day::new(last_day(number)).week()
}
