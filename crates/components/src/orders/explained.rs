//! What a finalized period knew of participants, for who explains it: what they had and lacked for a generation, and who
//! was passed over.

use std::collections::BTreeMap;

use ledger::UserId;
use money::Amount;

use super::walk::Take;
use super::{
    Line, LineOutcome, OrderId, Orders, OrdersTerms, PeriodNumber, Shortfall, Totals, Volumes, number,
};
use crate::sponsors::Sponsors;

/// What a generation asks of a participant, or what a participant has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Personal volume: for being active and for the generation.
    pub personal: Amount,
    /// Retail customers with an order.
    pub customers: u32,
    /// Volume of the group.
    pub group: Amount,
}

/// A generation of an order, with what was asked and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// What the period decided.
    pub line: Line,
    /// The totals of the period.
    pub totals: Totals,
    /// What the generation asks.
    pub asked: Asked,
    /// Volumes and customers of whose turn it was.
    pub found: Asked,
    /// What the participant lacked.
    pub lacked: Option<Shortfall>,
}

/// A participant passed over in a generation, with the number of orders of a period that did so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Who.
    pub user: UserId,
    /// Which generation, from 1.
    pub generation: u8,
    /// How many orders.
    pub orders: u32,
    /// What the participant lacked.
    pub lacked: Option<Shortfall>,
}

impl OrdersTerms {
    fn asked(&self, generation: u8) -> Asked {
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
    fn lacks(
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

    /// A line of a period, with what was asked and found of whose turn it was.
    pub fn commission(
        &self,
        terms: &OrdersTerms,
        volumes: &Volumes,
        line: Line,
        totals: Totals,
    ) -> Commission {
        let (user, is_lost) = match line.outcome {
            LineOutcome::Paid(user) => (Some(user), false),
            LineOutcome::Breakage { passed, .. } => (passed, true),
        };
        let found = user.map(|user| Asked {
            personal: volumes.personal(user),
            customers: volumes.customers(user),
            group: volumes.group(user),
        });
        let lost = user.filter(|_| is_lost);
        Commission {
            line,
            totals,
            asked: terms.asked(line.generation),
            found: found.unwrap_or_default(),
            lacked: lost.and_then(|user| self.lacks(terms, volumes, user, line.generation)),
        }
    }

    /// Whom the orders of a finalized period passed over.
    pub fn passed_over(
        &self,
        sponsors: &Sponsors,
        terms: &OrdersTerms,
        volumes: &Volumes,
        period: PeriodNumber,
    ) -> Vec<PassedOver> {
        let Some(settlement) = self.settlement(period) else {
            return Vec::new();
        };
        let mut passed: BTreeMap<(UserId, u8), u32> = BTreeMap::new();
        for (index, order) in self.orders_of(period).iter().enumerate() {
            for place in self.passed_by(sponsors, *order, settlement.takes_at(index)) {
                let orders = passed.entry(place).or_default();
                *orders = orders.saturating_add(1);
            }
        }
        let all = passed.into_iter().map(|((user, generation), orders)| PassedOver {
            user,
            generation,
            orders,
            lacked: self.lacks(terms, volumes, user, generation),
        });
        all.collect()
    }

    fn passed_by(&self, sponsors: &Sponsors, order: OrderId, takes: &[Take]) -> Vec<(UserId, u8)> {
        let Some(order) = self
            .order(order)
            .filter(|order| !order.counted_volume().is_zero())
        else {
            return Vec::new();
        };
        let mut passed = Vec::new();
        let mut next = self.first_upline(sponsors, order.buyer());
        for (generation, take) in (1u8..).zip(takes) {
            let taker = match take {
                Take::Paid(user) | Take::Lost(user, _) => Some(*user),
                Take::NoUpline => None,
            };
            while let Some(user) = next {
                next = sponsors.of(user);
                if Some(user) == taker {
                    break;
                }
                passed.push((user, generation));
            }
        }
        passed
    }
}
