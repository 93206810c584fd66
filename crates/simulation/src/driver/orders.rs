//! People in a plan of orders: they order for their own use, their customers order in the shop, some of it goes back, and
//! periods are finalized and released by a fixed rule.

use std::collections::VecDeque;

use ledger::Fund;
use money::{Amount, Asset};
use plan::fact::ComponentFact;
use plan::{CompiledPlan, Day, Fact, UserId};

use super::operator::Operator;
use super::payments::Payments;
use super::turn::Turn;
use super::{Driver, units};
use crate::Books;
use crate::parameters::{Amounts, Parameters};

/// What an order comes to, in units, with the chance of each.
const USUAL: [(u128, u16); 4] = [(20, 2_500), (50, 2_500), (100, 3_500), (200, 1_500)];

/// Drives plans of orders.
#[derive(Clone, Debug)]
pub struct Orders {
    payments: Payments,
    asset: Asset,
    turn: Turn,
    /// By user id, from 1: the number of the first customer. The customers of a user follow each other.
    customers: Vec<u32>,
    customer_count: u32,
    /// Orders of customers that go back, and when; in order, because everyone waits as long.
    going_back: VecDeque<(Day, u32, Amount)>,
    /// Periods that have ended, and when they are finalized.
    ended: VecDeque<(Day, u32)>,
    /// Working memory; empty between days.
    today: Vec<(UserId, u32, Amount)>,
}

impl Orders {
    /// A driver for a plan.
    pub fn new(plan: &CompiledPlan, parameters: &Parameters) -> Self {
        let asset = plan.asset();
        let operator = Operator::new(plan, parameters.behaviour.activity);
        let usual = Amounts::new(&USUAL.map(|(amount, bps)| (units(asset, amount), bps)));
        Self {
            payments: Payments::new(parameters, operator, &usual),
            asset,
            turn: Turn::default(),
            customers: Vec::new(),
            customer_count: 0,
            going_back: VecDeque::new(),
            ended: VecDeque::new(),
            today: Vec::new(),
        }
    }

    fn finalize_due(&mut self, today: Day, books: &mut Books<'_>) {
        while let Some((_, period)) = self.ended.pop_front_if(|(day, _)| *day <= today) {
            books.apply(&Fact::Component(ComponentFact::PeriodFinalized { period }));
            books.apply(&Fact::Component(ComponentFact::PeriodReleased { period }));
        }
    }

    fn send_back_due(&mut self, today: Day, books: &mut Books<'_>) {
        while let Some((_, order, amount)) = self.going_back.pop_front_if(|(day, ..)| *day <= today) {
            books.apply(&Fact::Component(ComponentFact::OrderRefunded { order, amount }));
        }
    }

    /// Those whose turn it is order, and so do their customers.
    fn order(&mut self, today: Day, books: &mut Books<'_>) {
        let activity = self.payments.behaviour.activity;
        for user in self.turn.users(books.state().user_count()) {
            if !books.state().is_active(user) {
                continue;
            }
            if self.payments.chance.happens(activity.order_bps) {
                let amount = self.payments.chance.amount(&self.payments.amounts);
                if let Some(deposit) = self.payments.pay(today, user, amount, books) {
                    self.payments.may_ask_back(today, deposit, amount, true);
                }
            }
            for customer in self.customers_of(user) {
                if self.payments.chance.happens(activity.customer_order_bps) {
                    let amount = self.payments.chance.amount(&self.payments.amounts);
                    self.today.push((user, customer, amount));
                }
            }
        }
        self.place(today, books);
    }

    fn customers_of(&self, user: UserId) -> std::ops::Range<u32> {
        let at = usize::try_from(user.get()).unwrap_or(usize::MAX);
        let first = self.customers.get(at.saturating_sub(1)).copied();
        let end = self.customers.get(at).copied().unwrap_or(self.customer_count);
        first.unwrap_or(end)..end
    }

    /// The shop pays the plan's share of a day's orders in one sum, and reports them.
    fn place(&mut self, today: Day, books: &mut Books<'_>) {
        let activity = self.payments.behaviour.activity;
        let shares = self.today.iter().filter_map(|(_, _, amount)| {
            let terms = books.plan().orders()?;
            Some(terms.fund_of(*amount))
        });
        let needed = Amount::sum_of(shares).unwrap_or(Amount::ZERO);
        let amount = needed.saturating_sub(books.state().fund(Fund::UNALLOCATED));
        if !amount.is_zero() {
            books.apply(&Fact::Funded { amount });
        }
        for (user, customer, amount) in self.today.drain(..) {
            let order = books.state().next_order();
            books.apply(&Fact::Component(ComponentFact::OrderPlaced {
                order,
                user,
                customer: Some(customer.saturating_add(1)),
                amount,
                volume: None,
                day: today,
            }));
            if self.payments.chance.happens(activity.send_back_bps) {
                let day = today.plus(activity.send_back_after_days);
                self.going_back.push_back((day, order, amount));
            }
        }
    }
}

impl Driver for Orders {
    fn assumptions(&self) -> Vec<String> {
        let payments = &self.payments;
        let activity = &payments.behaviour.activity;
        let mut sentences = vec![
            payments.sentence_of_amounts("An order comes to", self.asset),
            "People join with an order. Participants' own orders count as paid; the goods do not \
             count as received."
                .to_owned(),
            format!(
                "Each month {} of 10,000 participants order for themselves. A participant has up to {} customers, each \
                 number equally likely; each month {} of 10,000 customers order. The shop pays the plan's share of their \
                 orders on the same day.",
                activity.order_bps, activity.customers_max, activity.customer_order_bps
            ),
            format!(
                "Of 10,000 orders of customers {} are refunded in full after {} days, and of 10,000 of participants {} after {} \
                 days.",
                activity.send_back_bps,
                activity.send_back_after_days,
                payments.behaviour.refund_bps,
                payments.behaviour.refund_after_days
            ),
            "A period is finalized and released when the cooling-off time of its last day is over."
                .to_owned(),
            payments.sentence_of_refunds(),
        ];
        sentences.extend(payments.operator.assumptions(self.asset));
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.turn.open_day(today);
        self.payments.open_day(today, books);
        self.send_back_due(today, books);
        self.finalize_due(today, books);
        self.order(today, books);
    }

    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>) {
        let amount = self.payments.chance.amount(&self.payments.amounts);
        if self.payments.register(today, sponsor, amount, books).is_some() {
            self.customers.push(self.customer_count);
            let most = self.payments.behaviour.activity.customers_max;
            let customers = self.payments.chance.below(most.saturating_add(1));
            self.customer_count = self.customer_count.saturating_add(customers);
        }
    }

    fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.operator.close_day(today, books);
        if let Some(terms) = books.plan().orders().filter(|terms| terms.ends_period(today)) {
            let due = today.plus(self.payments.behaviour.cooling_off_days).next();
            self.ended.push_back((due, terms.period_of(today).get()));
        }
    }
}
