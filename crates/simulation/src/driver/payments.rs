//! Payments of plans with components: registrations and further payments of any amount, their refunds, and the end of
//! their cooling-off time. What is paid, and when again, is the driver's.

use std::collections::VecDeque;

use money::{Amount, Asset};
use plan::{Day, DepositId, Fact, UserId};

use super::escrow::Escrow;
use super::operator::Operator;
use crate::Books;
use crate::chance::{Chance, Stream};
use crate::parameters::{Amounts, Behaviour, Parameters};

/// Payments, and who pays again or requests money back.
#[derive(Clone, Debug)]
pub(super) struct Payments {
    pub(super) behaviour: Behaviour,
    pub(super) chance: Chance,
    pub(super) operator: Operator,
    /// What people pay at a time.
    pub(super) amounts: Amounts,
    escrow: Escrow,
    /// In order, because everyone waits as long.
    refunds: VecDeque<(Day, DepositId, Amount)>,
    again: VecDeque<(Day, UserId)>,
}

impl Payments {
    pub(super) fn new(parameters: &Parameters, operator: Operator, usual: &Amounts) -> Self {
        Self {
            behaviour: parameters.behaviour,
            chance: Chance::new(parameters.seed, Stream::Behaviour),
            operator,
            amounts: parameters.behaviour.activity.amounts.unwrap_or(*usual),
            escrow: Escrow::new(parameters.start),
            refunds: VecDeque::new(),
            again: VecDeque::new(),
        }
    }

    /// What matures, then what goes back.
    pub(super) fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        self.operator.open_day(today, books);
        if let Some(through) = today.get().checked_sub(1).map(Day::new) {
            let amount = self.escrow.mature(through);
            if !amount.is_zero() {
                let fact = Fact::EscrowMatured { through, amount };
                self.operator.apply(&fact, books);
            }
        }
        while let Some((_, deposit, amount)) = self.refunds.pop_front_if(|(day, ..)| *day <= today) {
            let left = self
                .behaviour
                .cooling_off_days
                .saturating_sub(self.behaviour.refund_after_days);
            self.escrow.give_back(today.plus(left), amount);
            books.apply(&Fact::Refunded { deposit, amount });
        }
    }

    /// Someone joins with a payment. Some will request it back; the very first user never does.
    pub(super) fn register(
        &mut self,
        today: Day,
        sponsor: Option<UserId>,
        amount: Amount,
        books: &mut Books<'_>,
    ) -> Option<UserId> {
        let (user, deposit) = (books.state().next_user()?, books.state().next_deposit()?);
        let day = today.plus(self.behaviour.cooling_off_days);
        self.escrow.take(day, amount);
        books.apply(&Fact::Registered {
            user,
            sponsor,
            deposit,
            amount,
            day,
        });
        self.operator.welcome(user, books);
        self.may_ask_back(today, deposit, amount, sponsor.is_some());
        Some(user)
    }

    /// A user pays again.
    pub(super) fn pay(
        &mut self,
        today: Day,
        user: UserId,
        amount: Amount,
        books: &mut Books<'_>,
    ) -> Option<DepositId> {
        let deposit = books.state().next_deposit()?;
        let day = today.plus(self.behaviour.cooling_off_days);
        self.escrow.take(day, amount);
        books.apply(&Fact::RetoppedUp {
            user,
            deposit,
            amount,
            day,
        });
        Some(deposit)
    }

    /// Draws whether a payment is asked back.
    pub(super) fn may_ask_back(&mut self, today: Day, deposit: DepositId, amount: Amount, may: bool) {
        if self.chance.happens(self.behaviour.refund_bps) && may {
            let day = today.plus(self.behaviour.refund_after_days);
            self.refunds.push_back((day, deposit, amount));
        }
    }

    /// Draws whether a user who has just joined pays once more, later.
    pub(super) fn may_pay_again(&mut self, today: Day, user: UserId) {
        self.draw_again(self.behaviour.retopup_bps, today, user);
    }

    /// The next user who pays again today; whether yet another time is drawn already.
    pub(super) fn next_again(&mut self, today: Day, books: &Books<'_>) -> Option<UserId> {
        while let Some((_, user)) = self.again.pop_front_if(|(day, _)| *day <= today) {
            if books.state().is_active(user) {
                self.draw_again(self.behaviour.retopup_again_bps, today, user);
                return Some(user);
            }
        }
        None
    }

    fn draw_again(&mut self, bps: u16, today: Day, user: UserId) {
        if self.chance.happens(bps) {
            let day = today.plus(self.behaviour.retopup_after_days);
            self.again.push_back((day, user));
        }
    }

    pub(super) fn sentence_of_refunds(&self) -> String {
        format!(
            "Every payment has a cooling-off time of {} days; the rewards it generates are held until then. Of 10,000 newcomers {} ask \
             for their first payment back after {} days. The very first user never does.",
            self.behaviour.cooling_off_days, self.behaviour.refund_bps, self.behaviour.refund_after_days
        )
    }

    pub(super) fn sentence_of_amounts(&self, what: &str, asset: Asset) -> String {
        format!("{what}: {}.", self.amounts.sentence(asset))
    }

    pub(super) fn sentence_of_further(&self, what: &str) -> String {
        format!(
            "Of 10,000 users {} {what}, {} days after joining; of 10,000 who have done so {} do it again after as long, \
             and so on.",
            self.behaviour.retopup_bps, self.behaviour.retopup_after_days, self.behaviour.retopup_again_bps
        )
    }
}
