//! [`Trade`]: what people pay for and what rules make of it.

mod bookings;
mod campaign;
mod shop;

use plan::{Day, Report};

use super::Share;
use super::desk::Desk;
use super::page::Page;
use bookings::Bookings;
use campaign::Campaign;
use shop::Shop;

#[derive(Debug)]
pub(super) enum Trade {
    Bookings(Box<Bookings>),
    Shop(Box<Shop>),
    Campaign(Box<Campaign>),
}

/// A payment: its user, and its place in the list of payments.
pub(super) type Paid = (usize, usize);

impl Trade {
    pub(super) fn new(page: &Page) -> Self {
        if page.has("binary") {
            Self::Bookings(Box::new(Bookings::new(page)))
        } else if page.has("orders") {
            Self::Shop(Box::new(Shop::new(page)))
        } else {
            Self::Campaign(Box::new(Campaign::new(page)))
        }
    }

    pub(super) fn follow(&mut self, page: &Page) {
        match self {
            Self::Bookings(bookings) => bookings.follow(page),
            Self::Shop(shop) => shop.follow(page),
            Self::Campaign(campaign) => campaign.follow(page),
        }
    }

    pub(super) fn join(&mut self, user: usize, sponsor: Option<usize>) {
        match self {
            Self::Bookings(bookings) => bookings.join(user, sponsor),
            Self::Shop(shop) => shop.join(sponsor),
            Self::Campaign(_) => {}
        }
    }

    pub(super) fn retire(&mut self, user: usize) {
        match self {
            Self::Bookings(bookings) => bookings.retire(user),
            Self::Shop(shop) => shop.retire(user),
            Self::Campaign(_) => {}
        }
    }

    /// Who gets what of a payment; nothing if there is no use for it.
    pub(super) fn divide(
        &mut self,
        paid: Paid,
        amount: u128,
        is_first: bool,
        today: Day,
    ) -> Option<Vec<Share>> {
        match self {
            Self::Bookings(bookings) => bookings.divide(paid, amount),
            Self::Shop(shop) => shop.divide(paid, amount, today),
            Self::Campaign(campaign) => campaign.divide(amount, is_first),
        }
    }

    /// What a payment brings besides; it can go back until the end of a day.
    pub(super) fn divided(&mut self, desk: &mut Desk, paid: Paid, day: u32) {
        match self {
            Self::Bookings(bookings) => bookings.divided(desk, paid, day),
            Self::Shop(_) | Self::Campaign(_) => {}
        }
    }

    pub(super) fn refunded(&mut self, desk: &mut Desk, payment: usize) {
        match self {
            Self::Bookings(bookings) => bookings.refunded(desk, payment),
            Self::Shop(shop) => shop.refunded(desk, payment),
            Self::Campaign(_) => {}
        }
    }

    pub(super) fn matured(&mut self, desk: &mut Desk, payment: usize) {
        if let Self::Shop(shop) = self {
            shop.matured(desk, payment);
        }
    }

    /// What waits to be paid out of a fund.
    pub(super) fn waiting(&self, desk: &Desk, fund: usize) -> (u64, u128) {
        match self {
            Self::Bookings(bookings) => bookings.waiting(desk, fund),
            Self::Shop(shop) => shop.waiting(fund),
            Self::Campaign(_) => (0, 0),
        }
    }

    /// After the rewards of the day were released.
    pub(super) fn end_day(&mut self, desk: &mut Desk, day: Day) {
        match self {
            Self::Bookings(bookings) => bookings.end_day(desk, day),
            Self::Shop(shop) => shop.end_day(desk, day),
            Self::Campaign(_) => {}
        }
    }

    pub(super) fn report(&mut self, desk: &mut Desk, report: &Report, is_open: impl Fn(&usize) -> bool) {
        match self {
            Self::Bookings(bookings) => bookings.report(desk, report),
            Self::Shop(shop) => shop.report(desk, report, is_open),
            Self::Campaign(campaign) => campaign.report(desk, report),
        }
    }
}

/// Shares of funds, and the rest for the company.
fn allocate(allocations: &[(usize, u128)], company: &str, amount: u128) -> Vec<Share> {
    let mut rest = amount;
    let mut shares = Vec::new();
    for (fund, bps) in allocations {
        let part = amount * bps / 10_000;
        rest -= part;
        shares.push(Share {
            rule: "allocations allocated".to_owned(),
            fund: Some(*fund),
            amount: part,
        });
    }
    shares.push(Share {
        rule: format!("{company} company_share"),
        fund: None,
        amount: rest,
    });
    shares
}
