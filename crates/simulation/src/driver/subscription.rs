//! People in a plan of subscriptions: they buy one, some request their money back, some buy more.

use money::{Amount, Asset};
use plan::{CompiledPlan, Day, UserId};

use super::Driver;
use super::operator::Operator;
use super::payments::Payments;
use crate::Books;
use crate::parameters::{Amounts, Parameters};

/// What people pay, in multiples of the least that buys a subscription, with the chance of each.
const USUAL: [(u128, u16); 4] = [(1, 4_000), (2, 3_000), (10, 2_000), (100, 1_000)];

/// Drives plans of subscriptions.
#[derive(Clone, Debug)]
pub struct Subscription {
    payments: Payments,
    asset: Asset,
}

impl Subscription {
    /// A driver for a plan that sells subscriptions between these amounts.
    #[must_use]
    pub fn new(
        plan: &CompiledPlan,
        parameters: &Parameters,
        amount_min: Amount,
        amount_max: Option<Amount>,
    ) -> Self {
        let usual = Amounts::new(&USUAL.map(|(multiple, bps)| {
            let amount = amount_min.checked_mul(multiple).unwrap_or(amount_min);
            (amount, bps)
        }));
        let operator = Operator::new(plan, parameters.behaviour.activity);
        let mut payments = Payments::new(parameters, operator, &usual);
        // What the plan does not sell nobody can pay.
        payments.amounts = payments.amounts.map(|amount| {
            let most = amount_max.unwrap_or(amount);
            amount.max(amount_min).min(most)
        });
        Self {
            payments,
            asset: plan.asset(),
        }
    }
}

impl Driver for Subscription {
    fn assumptions(&self) -> Vec<String> {
        let payments = &self.payments;
        let mut sentences = vec![
            payments.sentence_of_amounts("A subscription costs", self.asset),
            payments.sentence_of_refunds(),
            payments.sentence_of_further("buy another subscription"),
        ];
        sentences.extend(payments.operator.assumptions(self.asset));
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.open_day(today, books);
        while let Some(user) = self.payments.next_again(today, books) {
            let amount = self.payments.chance.amount(&self.payments.amounts);
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
