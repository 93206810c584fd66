//! Payments for what is booked, and pairs of members on both sides.

use std::collections::BTreeMap;

use naive::binary::{Model, Terms};
use plan::report::Side;
use plan::{Day, Report};

use super::{Page, Paid, allocate};
use crate::second::Share;
use crate::second::desk::{Desk, Due};

#[derive(Debug)]
pub(in crate::second) struct Bookings {
    model: Model,
    terms: Terms,
    allocations: Vec<(usize, u128)>,
    fund: usize,
    direct_bonus: Option<u128>,
    hold_days: u32,
    sponsors: Vec<Option<usize>>,
    /// Where users want who joins next: 0 for their left side, 1 for their right side.
    wanted: BTreeMap<usize, usize>,
    /// By payment: who paid, how much, whether it was the first, and the sponsor's reward for it.
    made: BTreeMap<usize, (usize, u128, bool, Option<usize>)>,
    /// Rewards of the pairs that stand.
    pairs: BTreeMap<usize, Vec<usize>>,
}

impl Bookings {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            model: Model::default(),
            terms: page.binary(),
            allocations: page.allocations(),
            fund: page.fund_at("binary.fund").unwrap(),
            direct_bonus: page.units("binary.direct_bonus"),
            hold_days: page.number("binary.hold_days").unwrap(),
            sponsors: Vec::new(),
            wanted: BTreeMap::new(),
            made: BTreeMap::new(),
            pairs: BTreeMap::new(),
        }
    }

    pub(super) fn follow(&mut self, page: &Page) {
        self.terms = page.binary();
    }

    pub(super) fn join(&mut self, user: usize, sponsor: Option<usize>) {
        assert_eq!(user, self.sponsors.len());
        let wanted = sponsor.and_then(|sponsor| self.wanted.get(&sponsor).copied());
        self.model.join(sponsor, wanted);
        self.sponsors.push(sponsor);
    }

    pub(super) fn retire(&mut self, user: usize) {
        self.model.retire(user);
    }

    pub(super) fn divide(&mut self, (user, payment): Paid, amount: u128) -> Option<Vec<Share>> {
        if amount > self.terms.price - self.model.paid(user) {
            return None;
        }
        let (accepted, is_first) = self.model.pay(&self.terms, user, amount);
        if accepted != amount {
            return None;
        }
        self.made.insert(payment, (user, amount, is_first, None));
        Some(allocate(&self.allocations, "booking", amount))
    }

    pub(super) fn divided(&mut self, desk: &mut Desk, (user, payment): Paid, day: u32) {
        let (_, _, is_first, reward) = self.made.get_mut(&payment).unwrap();
        if let (true, Some(sponsor), Some(amount)) = (*is_first, self.sponsors[user], self.direct_bonus) {
            *reward = desk.grant(Due {
                user: sponsor,
                rule: "binary direct".to_owned(),
                fund: self.fund,
                amount,
                on: Some(day),
            });
        }
    }

    pub(super) fn refunded(&mut self, desk: &mut Desk, payment: usize) {
        let Some((user, accepted, is_first, reward)) = self.made.remove(&payment) else {
            return;
        };
        let undone = self.model.unpay(&self.terms, user, accepted, is_first);
        if let Some(reward) = reward {
            desk.reverse(reward, u128::MAX);
        }
        for pair in undone {
            let reward = self.pairs.get_mut(&pair.user).unwrap().remove(pair.number - 1);
            desk.reverse(reward, u128::MAX);
        }
    }

    pub(super) fn end_day(&mut self, desk: &mut Desk, day: Day) {
        if !day.ends_month() {
            return;
        }
        let budget = desk.reach(self.fund);
        let before = desk.taxes.entries.len();
        let has_tax = desk.has_credit_tax();
        let granted = self
            .model
            .close(&self.terms, day.month().get(), budget, |user, value| {
                if !has_tax {
                    return 0;
                }
                let taxes = &mut desk.taxes;
                let taxes = taxes.pay(u32::try_from(user).unwrap(), value, Some("pair"), day.get());
                taxes.into_iter().map(|(_, tax)| tax).sum()
            });
        desk.fill(self.fund, granted.iter().map(|pair| pair.value).sum());
        for (place, pair) in granted.into_iter().enumerate() {
            let due = Due {
                user: pair.user,
                rule: format!("binary pair {}", pair.number),
                fund: self.fund,
                amount: pair.value,
                on: Some(day.get() + self.hold_days),
            };
            let reward = desk.post_taxed(due, pair.instalment, has_tax.then_some(before + place));
            self.pairs.entry(pair.user).or_default().push(reward);
        }
    }

    pub(super) fn waiting(&self, desk: &Desk, fund: usize) -> (u64, u128) {
        let lots = self.model.lots();
        let active = lots.iter().enumerate().filter(|(user, _)| desk.is_active(*user));
        let pairs = active.map(|(_, [left, right])| left.min(right)).sum::<usize>();
        let pairs = if fund == self.fund { pairs } else { 0 };
        (pairs as u64, pairs as u128 * self.terms.pair_value)
    }

    pub(super) fn report(&mut self, desk: &Desk, report: &Report) {
        if let Report::SideChosen { wallet, side } = *report
            && let Some(user) = desk.find(wallet)
        {
            match side {
                None => self.wanted.remove(&user),
                Some(Side::Left) => self.wanted.insert(user, 0),
                Some(Side::Right) => self.wanted.insert(user, 1),
            };
        }
    }
}
