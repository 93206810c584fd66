//! Refunds of orders, partial or whole.
//!
//! Until its period is finalized a refunded part of an order takes its volume out. Later it takes back from every line of the
//! order the same part, as a difference of floored cumulative shares: partial refunds sum to the whole line and never
//! to more. Nobody's qualification is computed again.

use ledger::{BreakageCause, UserId};
use money::Amount;

use super::{LineOutcome, Order, OrderError, OrderId, Orders, PeriodNumber, PeriodStatus};

/// What a refund decided, besides its clawbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRefund {
    /// The order.
    pub order: OrderId,
    /// The period in which it counts.
    pub period: PeriodNumber,
    /// How far the period is: until it is finalized volume is taken out, later lines are taken back; after release what is
    /// taken back may have matured.
    pub status: PeriodStatus,
    /// Volume that no longer counts.
    pub volume: Amount,
    /// The part that the fund gives back.
    pub fund: Amount,
    /// The part that the company gives back. `fund + company` is the refund.
    pub company: Amount,
    /// What participants give back to the fund.
    pub clawed_back: Amount,
    /// What breakage gives back to the fund. Without a pay cut `clawed_back + from_breakage`, summed over all refunds of the
    /// order since its period was finalized, is at most the sum of `fund`; what is lacking is what the fund kept of the
    /// order, and roundings.
    pub from_breakage: Amount,
}

/// What is taken back of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clawback {
    /// The refunded order.
    pub order: OrderId,
    /// The period of the line.
    pub period: PeriodNumber,
    /// The generation of the line.
    pub generation: u8,
    /// From whom.
    pub taken: Taken,
    /// How much.
    pub amount: Amount,
}

/// The recipient from whom a line is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The participant to whom it was paid.
    User(UserId),
    /// Breakage.
    Breakage(BreakageCause),
}

impl Orders {
    /// Refunds a part of an order, or what is left of it. Clawbacks are appended to `out`, by generation, none of them zero.
    ///
    /// # Errors
    /// `unknown_order`, `refund_empty`, `refund_above_order`; nothing has changed then.
    pub fn refund(
        &mut self,
        id: OrderId,
        amount: Amount,
        out: &mut Vec<Clawback>,
    ) -> Result<OrderRefund, OrderError> {
        let before = *self.order(id).ok_or(OrderError::UnknownOrder { order: id })?;
        let after = before.less(amount)?;
        let period = before.period;
        let status = self.status(period);
        let fund = before
            .fund_of(before.kept())
            .saturating_sub(after.fund_of(after.kept()));
        let mut decided = OrderRefund {
            order: id,
            period,
            status,
            volume: Amount::ZERO,
            fund,
            company: amount.saturating_sub(fund),
            clawed_back: Amount::ZERO,
            from_breakage: Amount::ZERO,
        };
        let after = match status {
            PeriodStatus::Open | PeriodStatus::Closed => {
                let after = Order {
                    counted: after.kept(),
                    ..after
                };
                decided.volume = before.counted_volume().saturating_sub(after.counted_volume());
                after
            }
            PeriodStatus::Finalized | PeriodStatus::Released => {
                self.take_back(&after, &mut decided, out);
                after
            }
        };
        if let Some(order) = self.orders.get_mut(id.index()) {
            *order = after;
        }
        Ok(decided)
    }

    fn take_back(&self, after: &Order, decided: &mut OrderRefund, out: &mut Vec<Clawback>) {
        for line in self.lines_of(decided.order) {
            let share = line.amount.proportion(after.refunded_later(), after.counted);
            let amount = share.saturating_sub(line.clawed_back);
            if amount.is_zero() {
                continue;
            }
            let (taken, sum) = match line.outcome {
                LineOutcome::Paid(user) => (Taken::User(user), &mut decided.clawed_back),
                LineOutcome::Breakage { cause, .. } => (Taken::Breakage(cause), &mut decided.from_breakage),
            };
            super::volumes::add(sum, amount);
            out.push(Clawback {
                order: line.order,
                period: decided.period,
                generation: line.generation,
                taken,
                amount,
            });
        }
    }
}

impl Order {
    fn less(self, amount: Amount) -> Result<Self, OrderError> {
        if amount.is_zero() {
            return Err(OrderError::RefundEmpty);
        }
        let left = self.kept();
        if amount > left {
            return Err(OrderError::RefundAboveOrder { amount, left });
        }
        Ok(Self {
            refunded: self.refunded.checked_add(amount).unwrap_or(self.amount),
            ..self
        })
    }
}
