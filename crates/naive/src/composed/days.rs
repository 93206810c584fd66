//! What time brings: accruals of a day, what waited for it, and payments that cannot go back any more.

use alloy_primitives::Address;

use super::{Accrual, AccrualState, Model, Money, PaymentState, YIELD};

impl Model {
    pub(super) fn days_ended(&mut self, through: u32) {
        let first = self.last_day.map_or(through, |last| last + 1);
        if through < first || through > first + 365 || through > 2_932_896 {
            return;
        }
        for day in first..=through {
            self.last_day = Some(day);
            self.accrue(day);
            self.let_go(day);
        }
    }

    fn accrue(&mut self, day: u32) {
        // Day 0 was a Thursday.
        if self.terms.only_working_days && matches!(day % 7, 2 | 3) {
            return;
        }
        let places: Vec<usize> = (0..self.payments.len())
            .filter(|place| self.runs(*place))
            .collect();
        // What everyone would get of a full fund, and what that leaves of the caps.
        let mut wanted: Vec<(usize, Money)> = Vec::new();
        for place in places {
            let (payment, bought) = (&self.payments[place], self.bought(place));
            let daily = (payment.amount + bought.bonus) * bought.rate / 10_000 / self.terms.divisor;
            let taken: Money = (wanted.iter())
                .filter(|(other, _)| self.payments[*other].payer == payment.payer)
                .map(|(_, amount)| amount)
                .sum();
            let room = self.cap_room(payment.payer).saturating_sub(taken).max(0);
            wanted.push((place, daily.min(self.room(place)).min(room)));
        }
        let total: Money = wanted.iter().map(|(_, amount)| amount).sum();
        let in_fund = self.balance(&format!("revenue:{YIELD}"));
        let mut left = in_fund;
        for (place, wanted) in wanted {
            let amount = if total <= in_fund {
                wanted
            } else if self.terms.queue {
                wanted.min(left)
            } else {
                wanted * in_fund / total
            };
            left -= amount;
            let user = self.payments[place].payer;
            // Who is gone gets nothing; it stays in the fund.
            if amount > 0 && !self.person(user).refunded {
                self.accrued(place, amount, day);
            }
        }
    }

    /// What can go back waits until the day after the one on which it cannot.
    fn accrued(&mut self, place: usize, amount: Money, day: u32) {
        let payment = &self.payments[place];
        let (user, ripe_on) = (payment.payer, payment.day + 1);
        self.add(&format!("revenue:{YIELD}"), -amount);
        let state = if payment_is_open(self, place) && ripe_on > day {
            self.add(&format!("deferred({user})"), amount);
            self.tell(&format!("subscription accrual paid {user}"), amount);
            AccrualState::Waits(ripe_on)
        } else {
            self.give(user, amount, "subscription accrual paid", "");
            AccrualState::Given
        };
        let bought = self.payments[place].bought.as_mut().unwrap();
        bought.accruals.push(Accrual { amount, state });
    }

    fn let_go(&mut self, day: u32) {
        for place in 0..self.payments.len() {
            let user = self.payments[place].payer;
            for number in 0..self.payments[place]
                .bought
                .as_ref()
                .map_or(0, |bought| bought.accruals.len())
            {
                let accrual = &self.bought(place).accruals[number];
                let amount = accrual.amount;
                if !matches!(accrual.state, AccrualState::Waits(until) if until <= day) {
                    continue;
                }
                if self.person(user).refunded {
                    self.take_back(place, number);
                } else {
                    self.add(&format!("deferred({user})"), -amount);
                    self.give(user, amount, "rewards matured moved", "");
                    self.payments[place].bought.as_mut().unwrap().accruals[number].state =
                        AccrualState::Given;
                }
            }
        }
    }

    pub(super) fn matured(&mut self, through: u32) {
        for place in 0..self.payments.len() {
            let payment = &mut self.payments[place];
            if payment.state != PaymentState::Open || payment.day > through {
                continue;
            }
            payment.state = PaymentState::Ripe;
            let shares = payment.bought.as_ref().map_or(0, |bought| bought.shares.len());
            for number in 0..shares {
                let share = &self.bought(place).shares[number];
                let (amount, account) = (share.amount, share.account.clone());
                match share.user {
                    Some(user) => self.matured_for(user, place, number, amount),
                    None => {
                        let what = share.when_matured();
                        self.add(&format!("held:{account}"), -amount);
                        self.add(&account, amount);
                        self.tell(&what, amount);
                    }
                }
            }
        }
    }

    /// A reward goes to breakage if its user is gone, and so does what exceeds the cap since a purchase was refunded.
    fn matured_for(&mut self, user: Address, place: usize, number: usize, amount: Money) {
        let over = match self.terms.user_multiple {
            Some(multiple) => (self.earned(user) - multiple * self.invested(user)).max(0),
            None => 0,
        };
        let lost = if self.person(user).refunded {
            amount
        } else {
            amount.min(over)
        };
        let share = &mut self.payments[place].bought.as_mut().unwrap().shares[number];
        share.forfeited = lost;
        let of = format!(" = {}", share.rule);
        self.add(&format!("held({user})"), -amount);
        self.add("breakage:refunded", lost);
        self.tell(&format!("escrow forfeited not_paid:refunded {user}{of}"), lost);
        self.give(user, amount - lost, "escrow matured moved", &of);
    }
}

fn payment_is_open(model: &Model, place: usize) -> bool {
    model.payments[place].state == PaymentState::Open
}
