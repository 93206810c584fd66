//! What explanations ask of orders: what a participant lacks for a generation, and who was passed over.

use std::collections::BTreeMap;

use ledger::UserId;
use money::Amount;

use super::walk::Take;
use super::{OrderId, Orders, OrdersTerms, PeriodNumber, Shortfall, Volumes, number};

/// Participants who were passed over, with how many orders and what they lack, by generation.
pub(crate) type PassedOver = BTreeMap<(UserId, u8), (u32, Option<Shortfall>)>;

/// What a generation asks of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Personal volume: for being active and for the generation.
    pub(crate) personal: Amount,
    /// Retail customers with an order.
    pub(crate) customers: u32,
    pub(crate) group: Amount,
}

impl OrdersTerms {
    pub(crate) fn asked(&self, generation: u8) -> Asked {
        let generation = self.generations.get(number::index(u32::from(generation)));
        let asks = generation.map(|generation| generation.asks);
        let personal = asks.map_or(Amount::ZERO, |asks| asks.personal);
        Asked {
            personal: personal.max(self.active_pv_min),
            customers: self.customers_min,
            group: asks.map_or(Amount::ZERO, |asks| asks.group),
        }
    }
}

impl Orders {
    /// What a participant lacks for a generation; `None` if it is nothing.
    pub(crate) fn lacks(
        &self,
        terms: &OrdersTerms,
        volumes: &Volumes,
        user: UserId,
        generation: u8,
    ) -> Option<Shortfall> {
        if self.retired.contains(&user) {
            return Some(Shortfall::Retired);
        }
        let shortfall = self.shortfall(terms, volumes, user, generation);
        (shortfall != Shortfall::Retired).then_some(shortfall)
    }

    /// Whom the orders of a finalized period passed over.
    pub(crate) fn passed_over(
        &self,
        terms: &OrdersTerms,
        volumes: &Volumes,
        period: PeriodNumber,
    ) -> PassedOver {
        let mut passed = PassedOver::new();
        let Some(settlement) = self.settlement(period) else {
            return passed;
        };
        for (index, order) in self.orders_of(period).iter().enumerate() {
            for (user, generation) in self.passed_by(*order, settlement.takes_at(index)) {
                let lacks = || self.lacks(terms, volumes, user, generation);
                let (orders, _) = passed.entry((user, generation)).or_insert_with(|| (0, lacks()));
                *orders = orders.saturating_add(1);
            }
        }
        passed
    }

    fn passed_by(&self, order: OrderId, takes: &[Take]) -> Vec<(UserId, u8)> {
        let Some(order) = self
            .order(order)
            .filter(|order| !order.counted_volume().is_zero())
        else {
            return Vec::new();
        };
        let mut passed = Vec::new();
        let mut next = UserId::new(self.first_upline(order.buyer()));
        for (generation, take) in (1u8..).zip(takes) {
            let taker = match take {
                Take::Paid(user) | Take::Lost(user, _) => Some(*user),
                Take::NoUpline => None,
            };
            while let Some(user) = next {
                next = UserId::new(self.sponsor(user.get()));
                if Some(user) == taker {
                    break;
                }
                passed.push((user, generation));
            }
        }
        passed
    }
}
