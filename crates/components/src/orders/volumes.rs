//! Volumes of a period by participant: personal volume, group volume by one reverse scan, retail customers.
//!
//! Not kept in the state: they follow from the period's orders, and a plan of many periods would keep them forever.

use ledger::UserId;
use money::Amount;

use super::{Buyer, Orders, OrdersTerms, PeriodNumber, number};
use crate::orders::table::PersonalVolume;
use crate::sponsors::Sponsors;

/// Volumes of one period. After the period is finalized they are those that decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// By user id, from 1: what counts as personal volume under the plan.
    personal: Vec<Amount>,
    /// By user id, from 1: own orders and those of own customers, and the same of the whole downline.
    group: Vec<Amount>,
    /// By user id, from 1: own retail customers with an order.
    customers: Vec<u32>,
    /// Of all orders.
    total: Amount,
    /// Of the orders of retail customers.
    retail: Amount,
}

impl Orders {
    /// The volumes of a period: O(users + orders).
    pub fn volumes(&self, sponsors: &Sponsors, terms: &OrdersTerms, period: PeriodNumber) -> Volumes {
        let users = sponsors.count();
        let mut volumes = Volumes {
            personal: vec![Amount::ZERO; users],
            group: vec![Amount::ZERO; users],
            customers: vec![0; users],
            ..Volumes::default()
        };
        let mut has_bought = vec![false; self.servers.len()];
        for id in self.orders_of(period) {
            let Some(order) = self.order(*id) else { continue };
            let volume = order.counted_volume();
            add(&mut volumes.total, volume);
            let (server, counts) = match order.buyer {
                Buyer::Participant(user) => (user.get(), true),
                Buyer::Customer(customer) => {
                    add(&mut volumes.retail, volume);
                    let server = self.server(customer).map_or(0, UserId::get);
                    let seen = has_bought.get_mut(customer.index());
                    if let (Some(seen @ false), false) = (seen, order.counted.is_zero()) {
                        *seen = true;
                        if let Some(count) = volumes.customers.get_mut(number::index(server)) {
                            *count = count.saturating_add(1);
                        }
                    }
                    (server, terms.personal_volume == PersonalVolume::OwnAndCustomers)
                }
            };
            let index = number::index(server);
            if let (true, Some(personal)) = (counts, volumes.personal.get_mut(index)) {
                add(personal, volume);
            }
            if let Some(group) = volumes.group.get_mut(index) {
                add(group, volume);
            }
        }
        sum_downlines(sponsors, &mut volumes.group);
        volumes
    }
}

impl Volumes {
    /// What counts as the personal volume of this user.
    pub fn personal(&self, user: UserId) -> Amount {
        amount_at(&self.personal, user)
    }

    /// The volume of this user, the user's customers and the whole downline with its customers.
    pub fn group(&self, user: UserId) -> Amount {
        amount_at(&self.group, user)
    }

    /// Retail customers of this user who have an order in the period.
    pub fn customers(&self, user: UserId) -> u32 {
        let customers = self.customers.get(user.index());
        customers.copied().unwrap_or(0)
    }

    /// The volume of all orders.
    pub const fn total(&self) -> Amount {
        self.total
    }

    /// The volume of the orders of retail customers.
    pub const fn retail(&self) -> Amount {
        self.retail
    }
}

fn amount_at(amounts: &[Amount], user: UserId) -> Amount {
    let amount = amounts.get(user.index());
    amount.copied().unwrap_or(Amount::ZERO)
}

/// Adds everyone's sum to the sponsor's, from the last to the first: a sponsor's id is the smaller.
fn sum_downlines(sponsors: &Sponsors, group: &mut [Amount]) {
    for (index, sponsor) in sponsors.numbers().enumerate().rev() {
        let Some(sum) = group.get(index).copied() else {
            continue;
        };
        if let (false, Some(above)) = (sum.is_zero(), group.get_mut(number::index(sponsor))) {
            add(above, sum);
        }
    }
}

/// At most 2^31 orders of 96 bits: no sum exceeds 128 bits.
pub(super) fn add(sum: &mut Amount, amount: Amount) {
    *sum = sum.checked_add(amount).unwrap_or(*sum);
}
