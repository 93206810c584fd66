//! People in a referral campaign: they join, refer customers who buy something, and some purchases are refunded.

use std::collections::VecDeque;

use ledger::Reason;
use money::{Amount, Asset};
use plan::fact::ComponentFact;
use plan::{CompiledPlan, Day, Fact, UserId};

use super::operator::Operator;
use super::payments::Payments;
use super::turn::Turn;
use super::{Driver, units};
use crate::Books;
use crate::parameters::{Amounts, Parameters};

/// What a referred customer buys for, in units, with the chance of each.
const USUAL: [(u128, u16); 4] = [(50, 2_500), (100, 2_500), (200, 3_000), (500, 2_000)];

/// Drives plans of joining and conversions.
#[derive(Clone, Debug)]
pub struct Campaign {
    payments: Payments,
    asset: Asset,
    price: Amount,
    days: Option<(Day, Day)>,
    turn: Turn,
    referees: u32,
    has_begun: bool,
    /// Conversions that go back, and when; in order, because everyone waits as long.
    going_back: VecDeque<(Day, u32, Amount)>,
}

impl Campaign {
    /// A driver for a plan in which joining costs this.
    pub fn new(plan: &CompiledPlan, parameters: &Parameters, price: Amount) -> Self {
        let asset = plan.asset();
        let operator = Operator::new(plan, parameters.behaviour.activity);
        let usual = Amounts::new(&USUAL.map(|(amount, bps)| (units(asset, amount), bps)));
        Self {
            payments: Payments::new(parameters, operator, &usual),
            asset,
            price,
            days: plan.campaign().map(|terms| (terms.starts(), terms.ends())),
            turn: Turn::default(),
            referees: 0,
            has_begun: false,
            going_back: VecDeque::new(),
        }
    }

    /// Those whose turn it is report what they brought.
    fn report(&mut self, today: Day, books: &mut Books<'_>) {
        if !self
            .days
            .is_some_and(|(first, last)| (first..=last).contains(&today))
        {
            return;
        }
        let activity = self.payments.behaviour.activity;
        for user in self.turn.users(books.state().user_count()) {
            if !books.state().is_active(user) {
                continue;
            }
            for _ in 0..self
                .payments
                .chance
                .below(activity.conversions_max.saturating_add(1))
            {
                let amount = self.payments.chance.amount(&self.payments.amounts);
                let conversion = books.state().next_conversion();
                self.referees = self.referees.saturating_add(1);
                books.apply(&Fact::Component(ComponentFact::ConversionReported {
                    conversion,
                    user,
                    referee: self.referees,
                    referee_user: None,
                    amount,
                    day: today,
                }));
                if self.payments.chance.happens(activity.send_back_bps) {
                    let day = today.plus(activity.send_back_after_days);
                    self.going_back.push_back((day, conversion, amount));
                }
            }
        }
    }
}

impl Driver for Campaign {
    fn assumptions(&self) -> Vec<String> {
        let payments = &self.payments;
        let activity = &payments.behaviour.activity;
        let mut sentences = vec![
            payments.sentence_of_amounts("A referred customer buys for", self.asset),
            format!(
                "Each month a participant refers up to {} new customers who buy something, each \
                 number equally likely. Of 10,000 purchases {} are refunded in full after {} days.",
                activity.conversions_max, activity.send_back_bps, activity.send_back_after_days
            ),
            "The whole budget is in the campaign's fund from the first day.".to_owned(),
            payments.sentence_of_refunds(),
        ];
        if let Some((first, last)) = self.days {
            sentences.push(format!(
                "The campaign runs from {first} to {last}; there are no referrals on other days."
            ));
        }
        sentences.extend(payments.operator.assumptions(self.asset));
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.turn.open_day(today);
        self.payments.open_day(today, books);
        if !std::mem::replace(&mut self.has_begun, true) {
            let budget = books.plan().campaign().map(|terms| terms.budget());
            if let (Some(fund), Some(budget)) = (books.plan().fund_of(Reason::Bonus), budget) {
                Operator::fill(fund, budget, books);
            }
        }
        while let Some((_, conversion, amount)) = self.going_back.pop_front_if(|(day, ..)| *day <= today) {
            let reversed = ComponentFact::ConversionReversed { conversion, amount };
            books.apply(&Fact::Component(reversed));
        }
        self.report(today, books);
    }

    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>) {
        self.payments.register(today, sponsor, self.price, books);
    }

    fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.payments.operator.close_day(today, books);
    }
}
