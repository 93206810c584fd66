//! Commission periods: open, closed, finalized, released.
//!
//! Periods close in the order of time; several can be open, because orders of the next month come before the last one is
//! closed. Whoever calls says when: there is no clock.

use money::{Amount, Bps};

use super::scale::{Position, Totals};
use super::volumes::add;
use super::walk::{Take, Walk};
use super::{OrderError, OrderId, Orders, OrdersTerms, PeriodNumber, matures};
use crate::sponsors::Sponsors;
use plan_file::Day;

/// How far a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodStatus {
    /// It takes orders.
    Open,
    /// It takes no more orders; refunds still change it.
    Closed,
    /// Its commissions are fixed.
    Finalized,
    /// Its commissions mature.
    Released,
}

/// What releasing a period decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// The day on which its commissions mature: the day of release and the plan's hold.
    pub matures: Day,
    /// What the period paid.
    pub totals: Totals,
}

/// A period with its orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    /// Ascending.
    pub(super) orders: Vec<OrderId>,
    pub(super) stage: Stage,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Open or closed: the state knows which periods are closed.
    #[default]
    Pending,
    Finalized(Settlement),
    Released(Settlement, Day),
}

/// What decided a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    pub(super) totals: Totals,
    /// By generation. The plan may have another version when lines are requested.
    pub(super) rates: Vec<Bps>,
    /// Who takes: one entry for each generation of each order.
    pub(super) takes: Vec<Take>,
    /// Cumulative claims before each order.
    pub(super) positions: Vec<Position>,
}

impl Settlement {
    /// Who takes the generations of the order at this index.
    pub(super) fn takes_at(&self, index: usize) -> &[Take] {
        let mut orders = self.takes.chunks(self.rates.len().max(1));
        orders.nth(index).unwrap_or(&[])
    }
}

impl Orders {
    /// How far a period is.
    pub fn status(&self, period: PeriodNumber) -> PeriodStatus {
        match self.periods.get(&period).map(|period| &period.stage) {
            Some(Stage::Released(..)) => PeriodStatus::Released,
            Some(Stage::Finalized(_)) => PeriodStatus::Finalized,
            Some(Stage::Pending) | None if period < self.first_open => PeriodStatus::Closed,
            Some(Stage::Pending) | None => PeriodStatus::Open,
        }
    }

    /// Closes a period, and those before it that have no orders. What is placed later counts in the next one.
    ///
    /// # Errors
    /// `period_already_closed`, `earlier_period_open`.
    pub fn close(&mut self, period: PeriodNumber) -> Result<(), OrderError> {
        if period < self.first_open {
            return Err(OrderError::PeriodAlreadyClosed { period });
        }
        let mut earlier = self.periods.range(self.first_open..period);
        if let Some((earlier, _)) = earlier.find(|(_, earlier)| !earlier.orders.is_empty()) {
            return Err(OrderError::EarlierPeriodOpen { earlier: *earlier });
        }
        self.first_open = period.next();
        Ok(())
    }

    /// Fixes the commissions of a closed period, in base units of the plan's asset. [`Orders::lines`] tells them one by one.
    /// O(users + orders · generations).
    ///
    /// # Errors
    /// `period_still_open`, `period_already_finalized`; `commissions_exceed_budget` when all claims of the period, breakage
    /// included, exceed the budget and the plan has no pay cut. Nothing has changed then.
    pub fn finalize(
        &mut self,
        sponsors: &Sponsors,
        terms: &OrdersTerms,
        period: PeriodNumber,
        budget: Amount,
    ) -> Result<Totals, OrderError> {
        match self.status(period) {
            PeriodStatus::Open => return Err(OrderError::PeriodStillOpen { period }),
            PeriodStatus::Finalized | PeriodStatus::Released => {
                return Err(OrderError::PeriodAlreadyFinalized { period });
            }
            PeriodStatus::Closed => {}
        }
        let settlement = self.settle(sponsors, terms, period, budget)?;
        let totals = settlement.totals;
        self.periods.entry(period).or_default().stage = Stage::Finalized(settlement);
        Ok(totals)
    }

    /// Releases the commissions of a finalized period: they mature after the plan's hold.
    ///
    /// # Errors
    /// `period_not_finalized`, `period_already_released`.
    pub fn release(
        &mut self,
        terms: &OrdersTerms,
        period: PeriodNumber,
        day: Day,
    ) -> Result<Released, OrderError> {
        let Some(stage) = self.periods.get_mut(&period).map(|period| &mut period.stage) else {
            return Err(OrderError::PeriodNotFinalized { period });
        };
        match std::mem::take(stage) {
            Stage::Finalized(settlement) => {
                let (matures, totals) = (matures(terms, day), settlement.totals);
                *stage = Stage::Released(settlement, matures);
                Ok(Released { matures, totals })
            }
            Stage::Pending => Err(OrderError::PeriodNotFinalized { period }),
            released @ Stage::Released(..) => {
                *stage = released;
                Err(OrderError::PeriodAlreadyReleased { period })
            }
        }
    }

    /// What a finalized period paid.
    pub fn totals(&self, period: PeriodNumber) -> Option<Totals> {
        self.settlement(period).map(|settlement| settlement.totals)
    }

    /// The day on which the commissions of a released period mature.
    pub fn matures(&self, period: PeriodNumber) -> Option<Day> {
        match self.periods.get(&period)?.stage {
            Stage::Released(_, day) => Some(day),
            Stage::Pending | Stage::Finalized(_) => None,
        }
    }

    /// What the orders of a period put into the fund, less refunds until it was finalized: its budget.
    pub fn fund_part(&self, period: PeriodNumber) -> Amount {
        let mut sum = Amount::ZERO;
        for order in self.orders_of(period).iter().filter_map(|id| self.order(*id)) {
            add(&mut sum, order.fund_of(order.counted));
        }
        sum
    }

    /// The orders that count in a period, ascending.
    pub fn orders_of(&self, period: PeriodNumber) -> &[OrderId] {
        self.periods
            .get(&period)
            .map_or(&[], |period| period.orders.as_slice())
    }

    pub(super) fn settlement(&self, period: PeriodNumber) -> Option<&Settlement> {
        match &self.periods.get(&period)?.stage {
            Stage::Finalized(settlement) | Stage::Released(settlement, _) => Some(settlement),
            Stage::Pending => None,
        }
    }

    fn settle(
        &self,
        sponsors: &Sponsors,
        terms: &OrdersTerms,
        period: PeriodNumber,
        budget: Amount,
    ) -> Result<Settlement, OrderError> {
        let volumes = self.volumes(sponsors, terms, period);
        let walk = Walk::new((sponsors, self), terms, &volumes);
        let ids = self.orders_of(period);
        let mut takes = Vec::with_capacity(ids.len().saturating_mul(terms.generations.len()));
        let mut positions = Vec::with_capacity(ids.len());
        let mut at = Position::default();
        for order in ids.iter().filter_map(|id| self.order(*id)) {
            positions.push(at);
            let start = takes.len();
            walk.takes(self.first_upline(sponsors, order.buyer), &mut takes);
            let volume = order.counted_volume();
            for (take, rate) in takes.iter().skip(start).zip(terms.rates()) {
                let claim = rate.floor_of(volume);
                match take {
                    Take::Paid(_) => add(&mut at.due, claim),
                    Take::Lost(..) | Take::NoUpline => add(&mut at.lost, claim),
                }
            }
        }
        Ok(Settlement {
            totals: Totals::decide(terms, &volumes, at, budget)?,
            rates: terms.rates().collect(),
            takes,
            positions,
        })
    }
}
