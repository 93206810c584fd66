//! People in a plan of subscriptions or of booking: they pay when they join, some ask for their money back, some pay again.

use money::{Amount, Asset};
use plan::{CompiledPlan, Day, UserId};

use super::Driver;
use super::operator::Operator;
use super::payments::Payments;
use crate::Books;
use crate::parameters::{Amounts, Parameters};

/// What people pay for a subscription, in multiples of the least that buys one, with the chance of each.
const USUAL_SUBSCRIPTIONS: [(u128, u16); 4] = [(1, 4_000), (2, 3_000), (10, 2_000), (100, 1_000)];

/// What people pay of a price at a time, in multiples of the least first payment, with the chance of each.
const USUAL_PARTS: [(u128, u16); 4] = [(1, 4_000), (10, 4_000), (20, 1_500), (200, 500)];

/// What is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sold {
    /// As many as people like.
    Subscriptions,
    /// One thing, whose price is paid in parts.
    Booking,
}

/// Drives plans in which people buy for themselves.
#[derive(Clone, Debug)]
pub struct Purchases {
    sold: Sold,
    payments: Payments,
    asset: Asset,
}

impl Purchases {
    /// A driver for a plan that sells subscriptions between these amounts.
    pub fn of_subscriptions(
        plan: &CompiledPlan,
        parameters: &Parameters,
        amount_min: Amount,
        amount_max: Option<Amount>,
    ) -> Self {
        let most = amount_max.unwrap_or(Amount::new(u128::MAX));
        let usual = multiples(USUAL_SUBSCRIPTIONS, amount_min, amount_min);
        Self::new(Sold::Subscriptions, plan, parameters, usual, (amount_min, most))
    }

    /// A driver for a plan of booking with pairs with this price, and the least first part of it.
    pub fn of_booking(
        plan: &CompiledPlan,
        parameters: &Parameters,
        first_min: Amount,
        price: Amount,
    ) -> Self {
        let usual = multiples(USUAL_PARTS, first_min, price);
        Self::new(Sold::Booking, plan, parameters, usual, (first_min, price))
    }

    fn new(
        sold: Sold,
        plan: &CompiledPlan,
        parameters: &Parameters,
        usual: Amounts,
        (least, most): (Amount, Amount),
    ) -> Self {
        let operator = Operator::new(plan, parameters.behaviour.activity);
        let mut payments = Payments::new(parameters, operator, &usual);
        // What the plan does not sell nobody can pay.
        payments.amounts = payments.amounts.map(|amount| amount.max(least).min(most));
        Self {
            sold,
            payments,
            asset: plan.asset(),
        }
    }
}

/// Multiples of an amount, or `otherwise` where one is too large.
fn multiples<const N: usize>(usual: [(u128, u16); N], least: Amount, otherwise: Amount) -> Amounts {
    let amount = |multiple| least.checked_mul(multiple).unwrap_or(otherwise);
    Amounts::new(&usual.map(|(multiple, bps)| (amount(multiple), bps)))
}

impl Driver for Purchases {
    fn assumptions(&self) -> Vec<String> {
        let payments = &self.payments;
        let (amounts, further) = match self.sold {
            Sold::Subscriptions => ("A subscription costs", "buy another subscription"),
            Sold::Booking => (
                "Of the price people pay at a time, never more than is left",
                "pay a further part",
            ),
        };
        let mut sentences = vec![
            payments.sentence_of_amounts(amounts, self.asset),
            payments.sentence_of_refunds(),
            payments.sentence_of_further(further),
        ];
        if self.sold == Sold::Booking {
            sentences.push(
                "What pairs pay of the own price counts neither as received nor as paid. Nobody chooses a side."
                    .to_owned(),
            );
        }
        sentences.extend(payments.operator.assumptions(self.asset));
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.open_day(today, books);
        while let Some(user) = self.payments.next_again(today, books) {
            let mut amount = self.payments.chance.amount(&self.payments.amounts);
            if self.sold == Sold::Booking {
                amount = amount.min(books.state().outstanding(books.plan(), user));
                if amount.is_zero() {
                    continue;
                }
            }
            self.payments.pay(today, user, amount, books);
        }
    }

    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>) {
        let amount = self.payments.chance.amount(&self.payments.amounts);
        if let Some(user) = self.payments.register(today, sponsor, amount, books) {
            self.payments.may_pay_again(today, user);
        }
    }

    fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.operator.close_day(today, books);
    }
}
