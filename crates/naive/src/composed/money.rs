//! Balances by name, sums over the lists, and what goes from hand to hand: debts, withdrawals, the bonus.

use alloy_primitives::Address;

use crate::told::tell;

use super::{AccrualState, Bought, Model, Money, PaymentState, Person, WELCOME, YIELD};

impl Model {
    pub(super) fn add(&mut self, account: &str, amount: Money) {
        let balance = self.balances.entry(account.to_owned()).or_default();
        *balance += amount;
        if *balance == 0 {
            self.balances.remove(account);
        }
    }

    pub(super) fn tell(&mut self, what: &str, amount: Money) {
        tell(&mut self.told, what.to_owned(), amount);
    }

    pub(super) fn balance(&self, account: &str) -> Money {
        self.balances.get(account).copied().unwrap_or(0)
    }

    pub(super) fn find(&self, wallet: Address) -> Option<&Person> {
        self.people.iter().find(|person| person.wallet == wallet)
    }

    pub(super) fn person(&self, wallet: Address) -> &Person {
        self.find(wallet).unwrap()
    }

    pub(super) fn person_mut(&mut self, wallet: Address) -> &mut Person {
        self.people
            .iter_mut()
            .find(|person| person.wallet == wallet)
            .unwrap()
    }

    pub(super) fn bought(&self, place: usize) -> &Bought {
        self.payments[place].bought.as_ref().unwrap()
    }

    /// Lifetime entitlement.
    pub fn entitled(&self, wallet: Address) -> Money {
        self.find(wallet).map_or(0, |person| person.entitled)
    }

    /// Paid for purchases that stand.
    pub(super) fn invested(&self, user: Address) -> Money {
        let own = self.payments.iter().filter(|payment| payment.payer == user);
        own.filter(|payment| payment.bought.is_some() && payment.state != PaymentState::GoneBack)
            .map(|payment| payment.amount)
            .sum()
    }

    /// Granted, and neither taken back nor forfeited.
    pub(super) fn earned(&self, user: Address) -> Money {
        let mut sum = 0;
        for payment in &self.payments {
            let Some(bought) = &payment.bought else { continue };
            if payment.state != PaymentState::GoneBack {
                let own = bought.shares.iter().filter(|share| share.user == Some(user));
                sum += own.map(|share| share.amount - share.forfeited).sum::<Money>();
            }
            if payment.payer == user {
                let own = bought.accruals.iter();
                sum += own
                    .filter(|accrual| accrual.state != AccrualState::TakenBack)
                    .map(|accrual| accrual.amount)
                    .sum::<Money>();
            }
        }
        sum
    }

    pub(super) fn cap_room(&self, user: Address) -> Money {
        match self.terms.user_multiple {
            Some(multiple) => (multiple * self.invested(user) - self.earned(user)).max(0),
            None => Money::MAX,
        }
    }

    /// What a subscription may still accrue. What was taken back with its user stays accrued.
    pub(super) fn room(&self, place: usize) -> Money {
        let accrued: Money = self
            .bought(place)
            .accruals
            .iter()
            .map(|accrual| accrual.amount)
            .sum();
        self.bought(place).multiple * self.payments[place].amount - accrued
    }

    pub(super) fn runs(&self, place: usize) -> bool {
        let payment = &self.payments[place];
        payment.bought.is_some() && payment.state != PaymentState::GoneBack && self.room(place) > 0
    }

    pub(super) fn has_subscription(&self, user: Address) -> bool {
        (0..self.payments.len()).any(|place| self.payments[place].payer == user && self.runs(place))
    }

    /// Matured money: debts first. `why` is said of the rest, `of` is the rule behind a share.
    pub(super) fn give(&mut self, user: Address, amount: Money, why: &str, of: &str) {
        let netted = self.pay_debt(user, amount);
        let rest = amount - netted;
        self.tell(&format!("escrow netting moved {user}{of}"), netted);
        self.tell(&format!("{why} {user}{of}"), rest);
        if self.terms.withdrawal.is_some() {
            self.add(&format!("wallet({user})"), rest);
        } else {
            self.make_available(user, rest);
        }
    }

    fn make_available(&mut self, user: Address, amount: Money) {
        self.person_mut(user).entitled += amount;
        self.add(&format!("available({user})"), amount);
    }

    fn pay_debt(&mut self, user: Address, at_most: Money) -> Money {
        let paid = self.person(user).debt.min(at_most);
        self.person_mut(user).debt -= paid;
        self.add(&format!("receivable({user})"), -paid);
        paid
    }

    fn owe(&mut self, user: Address, amount: Money) {
        self.person_mut(user).debt += amount;
        self.add(&format!("receivable({user})"), amount);
    }

    pub(super) fn corrected(&mut self, user: Address, amount: Money) {
        let Some(person) = self.find(user) else { return };
        let in_all = person.corrected + amount;
        // A correction that is too large is remembered nowhere.
        if amount > 0 && in_all <= person.entitled {
            self.person_mut(user).corrected = in_all;
            self.owe(user, amount);
            self.add("company", amount);
            self.tell(&format!("settlement correction moved {user}"), amount);
        }
    }

    pub(super) fn withdrawn(&mut self, user: Address, amount: Money) {
        let Some((fee, min)) = self.terms.withdrawal else {
            return;
        };
        let fee = amount * fee / 10_000;
        let is_there = amount <= self.balance(&format!("wallet({user})"));
        if self.find(user).is_none() || !is_there || amount < min || amount == fee {
            return;
        }
        self.add(&format!("wallet({user})"), -amount);
        self.add("company", fee);
        let netted = self.pay_debt(user, amount - fee);
        self.make_available(user, amount - fee - netted);
        self.tell(&format!("withdrawal fee company {user}"), fee);
        self.tell(&format!("escrow netting moved {user}"), netted);
        self.tell(
            &format!("withdrawal withdrawal moved {user}"),
            amount - fee - netted,
        );
    }

    /// An accrual goes back into its fund; what its user has already is owed.
    pub(super) fn take_back(&mut self, place: usize, number: usize) {
        let user = self.payments[place].payer;
        let accrual = &mut self.payments[place].bought.as_mut().unwrap().accruals[number];
        let (amount, before) = (accrual.amount, accrual.state);
        accrual.state = AccrualState::TakenBack;
        match before {
            AccrualState::TakenBack => return,
            AccrualState::Waits(_) => self.add(&format!("deferred({user})"), -amount),
            AccrualState::Given => self.owe(user, amount),
        }
        self.add(&format!("revenue:{YIELD}"), amount);
        self.tell(&format!("rewards reversed returned {user}"), amount);
    }

    pub(super) fn give_bonus(&mut self, user: Address) {
        let amount = self.terms.bonus.amount;
        let person = self.person_mut(user);
        person.bonus_left = amount - person.bonus_used;
    }

    /// What the bonus pays of a purchase: the company gets it out of the fund.
    pub(super) fn use_bonus(&mut self, user: Address, cash: Money) -> Money {
        let bonus = &self.terms.bonus;
        let share = cash * bonus.use_bps / 10_000;
        let used = (self.person(user).bonus_left)
            .min(share)
            .min(bonus.use_max.unwrap_or(share))
            .min(self.balance(&format!("revenue:{WELCOME}")))
            .min(self.terms.amount_max.map_or(share, |max| max - cash));
        let person = self.person_mut(user);
        person.bonus_left -= used;
        person.bonus_used += used;
        self.add(&format!("revenue:{WELCOME}"), -used);
        self.add("company", used);
        self.tell("bonus spent company -", used);
        used
    }

    pub(super) fn return_bonus(&mut self, user: Address, used: Money) {
        self.add("company", -used);
        self.add(&format!("revenue:{WELCOME}"), used);
        self.tell("bonus reversed returned -", used);
        let has_nothing = self.invested(user) == 0;
        let is_lost = self.terms.bonus.for_first_purchase && has_nothing;
        let person = self.person_mut(user);
        person.bonus_used -= used;
        person.bonus_left += used;
        if is_lost {
            person.bonus_left = 0;
        }
    }
}
