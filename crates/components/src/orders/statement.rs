//! A participant's statement for a period: volumes, what each generation paid, what was missed and why.

use ledger::UserId;
use money::Amount;

use super::volumes::add;
use super::walk::Take;
use super::{
    Buyer, LineOutcome, OrderError, OrderId, Orders, OrdersTerms, PeriodNumber, PeriodStatus, Volumes,
    check_user, number,
};
use crate::sponsors::Sponsors;

/// A participant's period. Before it is finalized it has volumes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whose.
    pub user: UserId,
    /// Which period.
    pub period: PeriodNumber,
    /// How far it is.
    pub status: PeriodStatus,
    /// Volume of own orders.
    pub own_volume: Amount,
    /// Volume of the orders of own customers.
    pub customer_volume: Amount,
    /// Both, and those of the whole downline.
    pub group_volume: Amount,
    /// Own retail customers with an order.
    pub customers: u32,
    /// Whether the personal volume is enough to be active.
    pub is_active: bool,
    /// What was paid, by generation.
    pub paid: Vec<Generation>,
    /// What was not, by generation and cause.
    pub missed: Vec<Missed>,
}

/// What a generation paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Which, from 1.
    pub generation: u8,
    /// How many orders.
    pub orders: u32,
    /// Volume of these orders.
    pub volume: Amount,
    /// What is paid.
    pub amount: Amount,
    /// What the retail rule took off.
    pub cut_by_retail: Amount,
    /// What the pay cut took off.
    pub cut_by_paycut: Amount,
    /// What refunds have taken back of the amount.
    pub clawed_back: Amount,
}

/// What a generation would have paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Which, from 1.
    pub generation: u8,
    /// How many orders.
    pub orders: u32,
    /// The sum of their claims, before any cut.
    pub claim: Amount,
    /// What was lacking.
    pub cause: Shortfall,
}

/// What a participant lacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// The participant has left.
    Retired,
    /// Personal volume to be active.
    Inactive {
        /// What there was.
        found: Amount,
        /// What the plan requests.
        needed: Amount,
    },
    /// Retail customers with an order.
    Customers {
        /// What there was.
        found: u32,
        /// What the plan requests.
        needed: u32,
    },
    /// Personal volume for the generation.
    PersonalVolume {
        /// What there was.
        found: Amount,
        /// What the plan requests.
        needed: Amount,
    },
    /// Group volume for the generation.
    GroupVolume {
        /// What there was.
        found: Amount,
        /// What the plan requests.
        needed: Amount,
    },
}

impl Shortfall {
    /// Stable name in JSON and reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Inactive { .. } => "inactive",
            Self::Customers { .. } => "customers",
            Self::PersonalVolume { .. } => "personal_volume",
            Self::GroupVolume { .. } => "group_volume",
        }
    }
}

impl Orders {
    /// The statement of a participant, with the [`volumes`](Orders::volumes) of the period. O(users + orders ·
    /// generations).
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn statement(
        &self,
        sponsors: &Sponsors,
        terms: &OrdersTerms,
        volumes: &Volumes,
        (user, period): (UserId, PeriodNumber),
    ) -> Result<Statement, OrderError> {
        check_user(sponsors, user)?;
        let mut statement = Statement {
            user,
            period,
            status: self.status(period),
            own_volume: Amount::ZERO,
            customer_volume: Amount::ZERO,
            group_volume: volumes.group(user),
            customers: volumes.customers(user),
            is_active: volumes.personal(user) >= terms.active_pv_min,
            paid: Vec::new(),
            missed: Vec::new(),
        };
        let downline = downline(sponsors, user);
        for (index, id) in self.orders_of(period).iter().enumerate() {
            let Some(order) = self.order(*id) else { continue };
            match order.buyer {
                Buyer::Participant(buyer) if buyer == user => {
                    add(&mut statement.own_volume, order.counted_volume());
                }
                Buyer::Customer(customer) if self.server(customer) == Some(user) => {
                    add(&mut statement.customer_volume, order.counted_volume());
                }
                Buyer::Participant(_) | Buyer::Customer(_) => {}
            }
            let first = self.first_upline(sponsors, order.buyer);
            let first = first.and_then(|first| downline.get(first.index()));
            if first.copied().unwrap_or(false) {
                self.tell((terms, volumes), &mut statement, index, *id);
            }
        }
        statement.paid.sort_by_key(|paid| paid.generation);
        statement.missed.sort_by_key(|missed| missed.generation);
        Ok(statement)
    }

    /// What an order of the downline paid to the participant, or did not.
    fn tell(
        &self,
        (terms, volumes): (&OrdersTerms, &Volumes),
        told: &mut Statement,
        index: usize,
        id: OrderId,
    ) {
        let Some(settlement) = self.settlement(told.period) else {
            return;
        };
        let Some(generation) = turn(told.user, settlement.takes_at(index)) else {
            return;
        };
        let Some(line) = self.lines_of(id).find(|line| line.generation == generation) else {
            return;
        };
        if line.outcome == LineOutcome::Paid(told.user) {
            told.add_paid(&line);
        } else {
            let cause = self.shortfall(terms, volumes, told.user, generation);
            told.add_missed(generation, line.claim, cause);
        }
    }

    pub(super) fn shortfall(
        &self,
        terms: &OrdersTerms,
        volumes: &Volumes,
        user: UserId,
        generation: u8,
    ) -> Shortfall {
        let personal = volumes.personal(user);
        if personal < terms.active_pv_min {
            return Shortfall::Inactive {
                found: personal,
                needed: terms.active_pv_min,
            };
        }
        let customers = volumes.customers(user);
        if customers < terms.customers_min {
            return Shortfall::Customers {
                found: customers,
                needed: terms.customers_min,
            };
        }
        let generation = terms.generations.get(number::index(u32::from(generation)));
        let asks = generation.map(|generation| generation.asks);
        let group = volumes.group(user);
        match asks {
            Some(asks) if personal < asks.personal => Shortfall::PersonalVolume {
                found: personal,
                needed: asks.personal,
            },
            Some(asks) if group < asks.group => Shortfall::GroupVolume {
                found: group,
                needed: asks.group,
            },
            // Whoever has everything and was not paid had left when the period was finalized.
            Some(_) | None => Shortfall::Retired,
        }
    }
}

impl Statement {
    fn add_paid(&mut self, line: &super::Line) {
        let known = self
            .paid
            .iter()
            .position(|paid| paid.generation == line.generation);
        let index = known.unwrap_or(self.paid.len());
        if known.is_none() {
            self.paid.push(Generation {
                generation: line.generation,
                orders: 0,
                volume: Amount::ZERO,
                amount: Amount::ZERO,
                cut_by_retail: Amount::ZERO,
                cut_by_paycut: Amount::ZERO,
                clawed_back: Amount::ZERO,
            });
        }
        if let Some(paid) = self.paid.get_mut(index) {
            paid.orders = paid.orders.saturating_add(1);
            add(&mut paid.volume, line.volume);
            add(&mut paid.amount, line.amount);
            add(&mut paid.cut_by_retail, line.cut_by_retail);
            add(&mut paid.cut_by_paycut, line.cut_by_paycut);
            add(&mut paid.clawed_back, line.clawed_back);
        }
    }

    fn add_missed(&mut self, generation: u8, claim: Amount, cause: Shortfall) {
        let same = |missed: &&mut Missed| missed.generation == generation && missed.cause == cause;
        if let Some(missed) = self.missed.iter_mut().find(same) {
            missed.orders = missed.orders.saturating_add(1);
            add(&mut missed.claim, claim);
            return;
        }
        self.missed.push(Missed {
            generation,
            orders: 1,
            claim,
            cause,
        });
    }
}

/// The generation that was this participant's turn: the first that nobody further down took. Numbers fall on the way up a line.
fn turn(user: UserId, takes: &[Take]) -> Option<u8> {
    let turns = (1u8..).zip(takes);
    let mut own = turns.filter(|(_, take)| match take {
        Take::Paid(taker) | Take::Lost(taker, _) => *taker <= user,
        Take::NoUpline => true,
    });
    own.next().map(|(generation, _)| generation)
}

/// By user id, from 1: this participant and the whole downline.
fn downline(sponsors: &Sponsors, user: UserId) -> Vec<bool> {
    let mut downline = Vec::with_capacity(sponsors.count());
    for (number, sponsor) in (1u32..).zip(sponsors.numbers()) {
        let is_below = downline.get(number::index(sponsor)).copied().unwrap_or(false);
        downline.push(is_below || number == user.get());
    }
    downline
}
