//! People in a plan of booking: they pay a first part of the price, some request it back, some pay further parts.

use money::{Amount, Asset};
use plan::{CompiledPlan, Day, UserId};

use super::Driver;
use super::operator::Operator;
use super::payments::Payments;
use crate::Books;
use crate::parameters::{Amounts, Parameters};

/// What people pay at a time, in multiples of the least first payment, with the chance of each.
const USUAL: [(u128, u16); 4] = [(1, 4_000), (10, 4_000), (20, 1_500), (200, 500)];

/// Drives plans of booking with pairs.
#[derive(Clone, Debug)]
pub struct Booking {
    payments: Payments,
    asset: Asset,
}

impl Booking {
    /// A driver for a plan with this price, and the least first part of it.
    #[must_use]
    pub fn new(plan: &CompiledPlan, parameters: &Parameters, first_min: Amount, price: Amount) -> Self {
        let usual = Amounts::new(&USUAL.map(|(multiple, bps)| {
            let amount = first_min.checked_mul(multiple).unwrap_or(price);
            (amount, bps)
        }));
        let operator = Operator::new(plan, parameters.behaviour.activity);
        let mut payments = Payments::new(parameters, operator, &usual);
        payments.amounts = payments.amounts.map(|amount| amount.max(first_min).min(price));
        Self {
            payments,
            asset: plan.asset(),
        }
    }
}

impl Driver for Booking {
    fn assumptions(&self) -> Vec<String> {
        let payments = &self.payments;
        let mut sentences = vec![
            payments.sentence_of_amounts(
                "Instalments of the price, never more than what is left",
                self.asset,
            ),
            payments.sentence_of_refunds(),
            payments.sentence_of_further("pay a further part"),
            "The part of a member's price paid by pairs counts neither as received nor as paid. Nobody chooses a side."
                .to_owned(),
        ];
        sentences.extend(payments.operator.assumptions(self.asset));
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.open_day(today, books);
        while let Some(user) = self.payments.next_again(today, books) {
            let wanted = self.payments.chance.amount(&self.payments.amounts);
            let amount = wanted.min(books.state().outstanding(books.plan(), user));
            if !amount.is_zero() {
                self.payments.pay(today, user, amount, books);
            }
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
