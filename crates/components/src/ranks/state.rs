//! [`Ranks`]: volumes and standings of all users, and the operations that change volume.

use std::collections::{BTreeMap, BTreeSet};

use ledger::UserId;
use money::Amount;

use super::terms::{Ladder, RanksTerms, Window};
use crate::sponsors::Sponsors;
use plan_file::calendar::Week;

/// What ranks remember.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    /// All purchases of a user, net of refunds.
    pub(super) lifetime: Vec<Amount>,
    /// Of all users together.
    pub(super) total: Amount,
    /// The same by week and user, for the weeks that a later close has to tell apart. No zeros.
    pub(super) weekly: BTreeMap<(u32, u32), Amount>,
    /// Weeks before this one are not told apart any more.
    pub(super) weekly_from: u32,
    pub(super) standings: Vec<Standing>,
    /// Who had a rank in the last close, ascending.
    pub(super) qualified: Vec<u32>,
    /// The last week that was closed.
    pub(super) closed: Option<u32>,
    /// Bonuses that are held or wait, by user and week.
    pub(super) bonuses: BTreeMap<(u32, u32), Bonus>,
    /// Those that wait, by week and user: their order.
    pub(super) waiting: BTreeSet<(u32, u32)>,
    /// Those that are held, by the day on which that ends: user and week of each.
    pub(super) held: BTreeMap<u32, Vec<(u32, u32)>>,
}

/// A bonus that is held or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bonus {
    /// The ladder under which it was granted: a later version of the plan judges nothing again.
    pub(super) ladder: Ladder,
    /// The rank for which it is.
    pub(super) rank: u8,
    /// What was granted, less what was given back; of one that waits, the bonus of its rank.
    pub(super) amount: Amount,
    /// First week whose purchases count for it.
    pub(super) from: u32,
    /// Own volume of the window, as it is known now.
    pub(super) own: Amount,
    /// Legs with volume by number of the direct, ascending, as they are known now.
    pub(super) legs: Vec<(u32, Amount)>,
}

/// Where a user stands. Ranks count from 1; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The week of the last promotion.
    pub(super) promoted: u32,
    pub(super) title: u8,
    pub(super) paid_as: u8,
}

impl Ranks {
    /// Bonuses that wait for money: how many, and what they come to.
    pub fn waiting(&self) -> (u64, Amount) {
        let waiting = self
            .waiting
            .iter()
            .filter_map(|(week, user)| self.bonuses.get(&(*user, *week)));
        waiting.fold((0, Amount::ZERO), |(count, sum), bonus| {
            (
                count.saturating_add(1),
                sum.checked_add(bonus.amount).unwrap_or(sum),
            )
        })
    }

    /// The next user joins.
    #[inline]
    pub fn join(&mut self) {
        self.lifetime.push(Amount::ZERO);
        self.standings.push(Standing::default());
    }

    /// A user bought something in a week. Of a week that is closed it counts from the next close on. False, and nothing
    /// happens, for an unknown user or when the sum would exceed 128 bits.
    pub fn add(&mut self, sponsors: &Sponsors, user: UserId, amount: Amount, week: Week) -> bool {
        let (number, week) = (user.get(), week.get());
        let Some(lifetime) = index(number).and_then(|place| self.lifetime.get_mut(place)) else {
            return false;
        };
        let Ok(total) = self.total.checked_add(amount) else {
            return false;
        };
        self.total = total;
        // A part of the total, which fits.
        *lifetime = lifetime.checked_add(amount).unwrap_or(*lifetime);
        if week >= self.weekly_from && !amount.is_zero() {
            let weekly = self.weekly.entry((week, number)).or_default();
            *weekly = weekly.checked_add(amount).unwrap_or(*weekly);
        }
        self.change_bonuses(sponsors, user, week, |volume| {
            volume.checked_add(amount).unwrap_or(volume)
        });
        true
    }

    /// A purchase of this week is refunded. Closes that were made stay as they are; held bonuses may have to be given
    /// back, see [`Ranks::affected`]. False, and nothing happens, for an unknown user or more than was bought.
    pub fn remove(&mut self, sponsors: &Sponsors, user: UserId, amount: Amount, week: Week) -> bool {
        let (number, week) = (user.get(), week.get());
        let Some(lifetime) = index(number).and_then(|place| self.lifetime.get_mut(place)) else {
            return false;
        };
        let Ok(rest) = lifetime.checked_sub(amount) else {
            return false;
        };
        if week >= self.weekly_from && !amount.is_zero() {
            let key = (week, number);
            let Some(Ok(weekly)) = self.weekly.get(&key).map(|weekly| weekly.checked_sub(amount)) else {
                return false;
            };
            if weekly.is_zero() {
                self.weekly.remove(&key);
            } else {
                self.weekly.insert(key, weekly);
            }
        }
        *lifetime = rest;
        self.total = self.total.saturating_sub(amount);
        self.change_bonuses(sponsors, user, week, |volume| volume.saturating_sub(amount));
        true
    }

    /// Users who joined.
    pub fn user_count(&self) -> usize {
        self.lifetime.len()
    }

    /// All that a user bought, net of refunds.
    pub fn own_volume(&self, user: UserId) -> Amount {
        let place = self.lifetime.get(user.index());
        place.copied().unwrap_or(Amount::ZERO)
    }

    /// The highest rank that a user ever had, 0 for none. It never falls.
    pub fn title(&self, user: UserId) -> u8 {
        self.standing(user).title
    }

    /// The rank as which a user was paid in the last close, 0 for none.
    pub fn paid_as(&self, user: UserId) -> u8 {
        self.standing(user).paid_as
    }

    pub(super) fn standing(&self, user: UserId) -> Standing {
        let place = self.standings.get(user.index());
        place.copied().unwrap_or_default()
    }

    /// What each user bought in the window that ends with this week, by user number minus one. One of the weeks that
    /// are told apart.
    pub(super) fn volumes(&self, terms: &RanksTerms, week: u32) -> std::borrow::Cow<'_, [Amount]> {
        let (mut volumes, part) = match terms.window {
            Window::Lifetime => {
                let later = self.weekly.range((week.saturating_add(1), 0)..);
                if later.clone().next().is_none() {
                    return (&self.lifetime).into();
                }
                (self.lifetime.clone(), later)
            }
            Window::Weeks(_) => {
                let from = first_week(terms.window, week);
                let nothing = vec![Amount::ZERO; self.lifetime.len()];
                (nothing, self.weekly.range((from, 0)..=(week, u32::MAX)))
            }
        };
        for ((_, user), amount) in part {
            if let Some(volume) = index(*user).and_then(|place| volumes.get_mut(place)) {
                *volume = match terms.window {
                    Window::Lifetime => volume.saturating_sub(*amount),
                    Window::Weeks(_) => volume.checked_add(*amount).unwrap_or(*volume),
                };
            }
        }
        volumes.into()
    }
}

/// Where arrays by user have the one with this number.
pub(super) fn index(user: u32) -> Option<usize> {
    usize::try_from(user).ok()?.checked_sub(1)
}

/// The first week that counts for the close of `week`.
pub(super) fn first_week(window: Window, week: u32) -> u32 {
    match window {
        Window::Lifetime => 0,
        Window::Weeks(weeks) => week.saturating_add(1).saturating_sub(weeks),
    }
}
