//! Commission lines: what each order paid for each generation and to whom, and what it did not pay and why.
//!
//! A finalized period keeps who takes each generation and the cumulative claims before each order; amounts follow from
//! these exactly, so lines need no memory of their own.

use ledger::{BreakageCause, Reason, UserId};
use money::{Amount, Bps};

use super::period::Settlement;
use super::scale::Scaled;
use super::walk::Take;
use super::{Order, OrderId, Orders, PeriodNumber};

/// One generation of one order. `claim = amount + cut_by_retail + cut_by_paycut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The order.
    pub order: OrderId,
    /// The generation as which it is paid, from 1.
    pub generation: u8,
    /// Volume of the order that counted.
    pub volume: Amount,
    /// Rate of the generation.
    pub rate: Bps,
    /// `floor(rate · volume)`.
    pub claim: Amount,
    /// Paid to whom, or not and why.
    pub outcome: LineOutcome,
    /// What is paid, or is breakage.
    pub amount: Amount,
    /// What the retail rule took off a payment.
    pub cut_by_retail: Amount,
    /// What the pay cut took off, or of breakage the part for which the fund has no money.
    pub cut_by_paycut: Amount,
    /// What refunds have taken back of the amount so far.
    pub clawed_back: Amount,
}

/// Whether a line pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// To this participant.
    Paid(UserId),
    /// To nobody.
    Breakage {
        /// Why.
        cause: BreakageCause,
        /// Who stands at the generation and is not paid.
        passed: Option<UserId>,
    },
}

impl Line {
    /// Why money moves.
    pub const fn reason(&self) -> Reason {
        Reason::Generation(self.generation)
    }
}

impl Orders {
    /// All lines of a finalized period, by order and generation; none before. Lines whose claim is zero are left out.
    pub fn lines(&self, period: PeriodNumber) -> impl Iterator<Item = Line> {
        let finalized = self.settlement(period);
        let orders = self.orders_of(period).iter().enumerate();
        orders.flat_map(move |(index, order)| {
            let settlement = finalized.into_iter();
            settlement.flat_map(move |settlement| self.lines_at(settlement, index, *order))
        })
    }

    /// The lines of one order, if its period is finalized.
    pub fn lines_of(&self, order: OrderId) -> impl Iterator<Item = Line> {
        let at = self.order(order).and_then(|placed| {
            let index = self.orders_of(placed.period).binary_search(&order).ok()?;
            Some((self.settlement(placed.period)?, index))
        });
        at.into_iter()
            .flat_map(move |(settlement, index)| self.lines_at(settlement, index, order))
    }

    fn lines_at<'a>(
        &'a self,
        settlement: &'a Settlement,
        index: usize,
        id: OrderId,
    ) -> impl Iterator<Item = Line> + 'a {
        let order = self.order(id);
        let volume = order.map_or(Amount::ZERO, Order::counted_volume);
        let mut at = settlement.positions.get(index).copied().unwrap_or_default();
        let generations = (1u8..).zip(settlement.rates.iter().zip(settlement.takes_at(index)));
        generations.filter_map(move |(generation, (rate, take))| {
            let claim = rate.floor_of(volume);
            let (outcome, scaled) = match *take {
                Take::Paid(user) => {
                    let scaled = settlement.totals.paid_line(&mut at, claim);
                    (LineOutcome::Paid(user), scaled)
                }
                Take::Lost(user, cause) => {
                    let outcome = breakage(cause, Some(user));
                    let scaled = settlement.totals.lost_line(&mut at, claim);
                    (outcome, scaled)
                }
                Take::NoUpline => {
                    let scaled = settlement.totals.lost_line(&mut at, claim);
                    (breakage(BreakageCause::NoUpline, None), scaled)
                }
            };
            let Scaled {
                amount,
                cut_by_retail,
                cut_by_paycut,
            } = scaled;
            let order = order.filter(|_| !claim.is_zero())?;
            Some(Line {
                order: id,
                generation,
                volume,
                rate: *rate,
                claim,
                outcome,
                amount,
                cut_by_retail,
                cut_by_paycut,
                clawed_back: amount.proportion(order.refunded_later(), order.counted),
            })
        })
    }
}

fn breakage(cause: BreakageCause, passed: Option<UserId>) -> LineOutcome {
    LineOutcome::Breakage { cause, passed }
}
