//! What subscriptions accrue on a day, as far as caps and the fund reach.

use ledger::UserId;
use money::Amount;

use super::{Status, Subscription, SubscriptionId, SubscriptionTerms, Subscriptions};
use crate::cap::Caps;
use crate::subscription::table::WhenShort;
use plan_file::Day;

/// What a subscription accrued on a day; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// How much, out of [`SubscriptionTerms::fund`].
    pub amount: Amount,
    /// Which one.
    pub subscription: SubscriptionId,
    /// Whose it is.
    pub user: UserId,
    /// Whether it has accrued as much as it may, and ended with this.
    pub ended: bool,
}

/// A day in figures: `nominal = capped + covered + short`. What is not covered is not owed either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// What the rates say.
    pub nominal: Amount,
    /// What caps of subscriptions and users hold back.
    pub capped: Amount,
    /// What is paid out of the fund.
    pub covered: Amount,
    /// What is not paid because the fund does not have it.
    pub short: Amount,
}

impl Coverage {
    /// What caps leave of the rates.
    pub const fn wanted(&self) -> Amount {
        self.nominal.saturating_sub(self.capped)
    }
}

impl Subscription {
    /// What the rate says for one day of a month of this many days.
    pub fn daily(&self, divisor: u32) -> Amount {
        // Rounding down twice is rounding down once: ⌊⌊a·r / 10,000⌋ / d⌋ = ⌊a·r / (10,000·d)⌋.
        part_of(self.rate.floor_of(self.amount()), divisor)
    }
}

impl Subscriptions {
    /// Accrues a day: clears `out` and fills it in the order of ids. Of a day that accrued already, an earlier one or one
    /// on which the plan does not accrue, everything is zero. A day without a call is not made up for.
    ///
    /// `in_fund` is what the fund holds; the sum of `out` is at most that.
    pub fn accrue(
        &mut self,
        terms: &SubscriptionTerms,
        day: Day,
        in_fund: Amount,
        caps: &mut Caps,
        out: &mut Vec<Accrual>,
    ) -> Coverage {
        out.clear();
        if self.last_day.is_some_and(|last| day <= last) {
            return Coverage::default();
        }
        self.last_day = Some(day);
        if !terms.accrues_on(day) {
            return Coverage::default();
        }
        let nominal = self.want(terms.divisor_on(day), caps, out);
        let wanted = total(out);
        cover(terms.when_short(), wanted, in_fund, caps, out);
        out.retain(|line| !line.amount.is_zero());
        for line in out.iter_mut() {
            line.ended = self.accrued(line.subscription, line.amount);
        }
        let covered = total(out);
        Coverage {
            nominal,
            capped: nominal.saturating_sub(wanted),
            covered,
            short: wanted.saturating_sub(covered),
        }
    }

    /// What every active subscription would get of a fund without end: the caps are taken for it. Returns what the
    /// rates say.
    fn want(&self, divisor: u32, caps: &mut Caps, out: &mut Vec<Accrual>) -> Amount {
        let mut nominal = 0u128;
        for (index, line) in self.lines.iter().enumerate() {
            let is_active = line.status == Status::Active;
            let Some(subscription) = SubscriptionId::from_index(index).filter(|_| is_active) else {
                continue;
            };
            let daily = line.daily(divisor);
            // At most 2^31 amounts of 97 bits.
            nominal = nominal.saturating_add(daily.base_units());
            out.push(Accrual {
                amount: caps.take(line.user, daily.min(line.room())),
                subscription,
                user: line.user,
                ended: false,
            });
        }
        Amount::new(nominal)
    }
}

/// One of this many equal parts, rounded down.
fn part_of(amount: Amount, divisor: u32) -> Amount {
    // Dividing 64 bits takes a fraction of the time that 128 bits take.
    let part = match u64::try_from(amount.base_units()) {
        Ok(units) => units.checked_div(u64::from(divisor)).map(u128::from),
        Err(_) => amount.base_units().checked_div(u128::from(divisor)),
    };
    Amount::new(part.unwrap_or(0))
}

/// Lowers what is wanted to what the fund has; what is not granted leaves the caps again.
fn cover(when_short: WhenShort, wanted: Amount, in_fund: Amount, caps: &mut Caps, out: &mut [Accrual]) {
    if wanted <= in_fund {
        return;
    }
    let mut left = in_fund;
    for line in out {
        let granted = match when_short {
            WhenShort::ProRata => line.amount.proportion(in_fund, wanted),
            WhenShort::Queue => line.amount.min(left),
        };
        left = left.saturating_sub(granted);
        caps.give_back(line.user, line.amount.saturating_sub(granted));
        line.amount = granted;
    }
}

fn total(lines: &[Accrual]) -> Amount {
    // At most 2^31 amounts of 97 bits.
    let sum = lines
        .iter()
        .fold(0u128, |sum, line| sum.saturating_add(line.amount.base_units()));
    Amount::new(sum)
}
