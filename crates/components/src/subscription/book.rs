//! [`Subscriptions`]: who has which, and what each has accrued.

use ledger::UserId;
use money::{Amount, Bps};

use super::SubscriptionTerms;
use crate::cap::Caps;
use plan_file::Day;

names::ids! {
    /// A subscription: dense, from 1, in the order of purchases.
    pub struct SubscriptionId;
}

/// Where a subscription is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It accrues.
    Active,
    /// It has accrued as much as it may.
    Ended,
    /// The purchase was refunded.
    Refunded,
}

/// One subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// What the user paid.
    pub cash: Amount,
    /// What bonus money paid.
    pub bonus: Amount,
    /// What it accrued and did not have to give back.
    pub earned: Amount,
    /// Whose it is.
    pub user: UserId,
    /// Nominal monthly rate of its tier when it was bought.
    pub rate: Bps,
    /// The most that it may accrue, by the cap when it was bought: a later version of the plan does not lower it.
    pub most: Amount,
    /// Where it is in its life.
    pub status: Status,
}

/// All subscriptions, and the last day on which they accrued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// By `SubscriptionId::get() - 1`.
    pub(super) lines: Vec<Subscription>,
    /// How many active ones each user has, by `UserId::get() - 1`; users behind the end have none.
    active: Vec<u32>,
    pub(super) last_day: Option<Day>,
}

/// Why nothing was sold for an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotSold {
    /// No tier reaches so low.
    BelowFirstTier,
    /// More than the plan sells at once.
    AboveMax,
    /// The user pays nothing: bonus money alone buys nothing.
    NothingPaid,
    /// There are as many subscriptions as ids.
    NoIdLeft,
}

/// What a refund takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionRefund {
    /// Whose it was.
    pub user: UserId,
    /// What the user paid.
    pub cash: Amount,
    /// What bonus money paid: it goes back into its fund, and to [`Bonuses::give_back`](super::Bonuses::give_back).
    pub bonus: Amount,
    /// All that it accrued: it goes back into the fund that paid. It no longer counts against the caps.
    pub accrued: Amount,
}

impl Subscription {
    /// What was bought: the amount that accrues, and that decides the tier.
    pub fn amount(&self) -> Amount {
        // At most a price of 96 bits each.
        self.cash.checked_add(self.bonus).unwrap_or(self.cash)
    }

    /// What it may still accrue.
    pub const fn room(&self) -> Amount {
        self.most.saturating_sub(self.earned)
    }
}

impl Subscriptions {
    /// How many were ever bought.
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none was ever bought.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// One subscription.
    pub fn get(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.lines.get(id.index())
    }

    /// How many active subscriptions a user has.
    pub fn active_count(&self, user: UserId) -> u32 {
        self.active.get(user.index()).copied().unwrap_or(0)
    }

    /// Whether a user has an active subscription.
    pub fn is_active(&self, user: UserId) -> bool {
        self.active_count(user) > 0
    }

    /// The last day on which subscriptions accrued, or could have.
    pub const fn last_day(&self) -> Option<Day> {
        self.last_day
    }

    /// Sells a subscription, for which `cash` counts as paid in. Its first accrual is that of the next tick.
    ///
    /// # Errors
    /// When the plan sells none for this amount; then nothing changes.
    pub fn buy(
        &mut self,
        terms: &SubscriptionTerms,
        user: UserId,
        cash: Amount,
        bonus: Amount,
        caps: &mut Caps,
    ) -> Result<SubscriptionId, NotSold> {
        if cash.is_zero() {
            return Err(NotSold::NothingPaid);
        }
        let amount = cash.checked_add(bonus).map_err(|_| NotSold::AboveMax)?;
        if terms.amount_max().is_some_and(|max| amount > max) {
            return Err(NotSold::AboveMax);
        }
        let rate = terms.rate(amount).ok_or(NotSold::BelowFirstTier)?;
        let id = SubscriptionId::from_index(self.lines.len()).ok_or(NotSold::NoIdLeft)?;
        self.lines.push(Subscription {
            cash,
            bonus,
            earned: Amount::ZERO,
            user,
            rate,
            most: terms.accrual_max(cash),
            status: Status::Active,
        });
        self.count(user, 1);
        caps.invest(user, cash);
        Ok(id)
    }

    /// Takes a purchase back, with everything that it accrued. `None` when it is unknown or refunded already.
    pub fn refund(&mut self, id: SubscriptionId, caps: &mut Caps) -> Option<SubscriptionRefund> {
        let line = self.lines.get_mut(id.index())?;
        let was_active = match line.status {
            Status::Active => true,
            Status::Ended => false,
            Status::Refunded => return None,
        };
        line.status = Status::Refunded;
        let accrued = std::mem::take(&mut line.earned);
        let Subscription {
            user, cash, bonus, ..
        } = *line;
        if was_active {
            self.count(user, -1);
        }
        caps.give_back(user, accrued);
        caps.reduce_stake(user, cash);
        Some(SubscriptionRefund {
            user,
            cash,
            bonus,
            accrued,
        })
    }

    /// Takes an accrual back, or a part of it, because it is reversed or forfeited: it no longer counts for the
    /// subscription, which may be active again, nor against the caps. Says how much was taken back: at most what is
    /// there, and nothing of a refunded subscription, whose accruals are gone already.
    pub fn reverse(&mut self, id: SubscriptionId, amount: Amount, caps: &mut Caps) -> Amount {
        let Some(line) = self.lines.get_mut(id.index()) else {
            return Amount::ZERO;
        };
        let back = amount.min(line.earned);
        line.earned = line.earned.saturating_sub(back);
        let user = line.user;
        let revives = line.status == Status::Ended && !line.room().is_zero();
        if revives {
            line.status = Status::Active;
            self.count(user, 1);
        }
        caps.give_back(user, back);
        back
    }

    /// Adds to what a subscription accrued; says whether it ended with that.
    pub(super) fn accrued(&mut self, id: SubscriptionId, amount: Amount) -> bool {
        let Some(line) = self.lines.get_mut(id.index()) else {
            return false;
        };
        line.earned = line.earned.checked_add(amount).unwrap_or(line.earned);
        if !line.room().is_zero() {
            return false;
        }
        line.status = Status::Ended;
        let user = line.user;
        self.count(user, -1);
        true
    }

    fn count(&mut self, user: UserId, change: i32) {
        let index = user.index();
        if index >= self.active.len() {
            self.active.resize(index.saturating_add(1), 0);
        }
        if let Some(active) = self.active.get_mut(index) {
            *active = active.saturating_add_signed(change);
        }
    }
}
