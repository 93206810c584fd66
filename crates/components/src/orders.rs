//! Orders: volumes by commission period, unilevel commissions with dynamic compression, and the periods themselves.
//!
//! An order is by a participant, whose sponsor is then generation 1, or by a retail customer, whose serving
//! participant is then generation 1: a customer stands in the tree as a leaf under that participant, but is no user
//! and never earns. Nobody earns on their own order.
//!
//! A period is open, closed, finalized, released, in that order. When it is finalized, every order in it is paid along the
//! line above its buyer. *Compression* says who takes a generation:
//!
//! - `none`: the upline at that distance; what cannot be paid is breakage, inactive or unqualified;
//! - `standard`: an inactive participant is passed over for this order and the next active upline takes the same
//!   generation; if that one does not meet what the generation requests, it is breakage, unqualified;
//! - `generous`: an active upline who does not meet what the generation requests is passed over, too, and the same
//!   generation is offered to the next one; so breakage arises only where the line ends.
//!
//! Who was passed over for a generation is not considered again for a higher one of the same order.
//!
//! Everything that decides is fixed when the period is finalized; later refunds take back exactly the lines that the
//! refunded order caused and change nobody else's qualification. Not responsible for accounts, holds and time:
//! decisions say who gets how much; the caller moves the money and sends the commands.

mod error;
mod explained;
mod findings;
mod line;
mod number;
mod order;
mod period;
mod refund;
mod scale;
mod statement;
pub mod table;
mod terms;
mod volumes;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use ledger::UserId;
use money::Amount;

use crate::sponsors::Sponsors;
use plan_file::Day;

pub use crate::orders::table::OrdersTable;
pub use error::OrderError;
pub use explained::{Asked, Commission, PassedOver};
pub use line::{Line, LineOutcome};
pub use number::{CustomerId, OrderId, PeriodNumber};
pub use order::{Buyer, NewOrder, Order, Placed};
pub use period::{PeriodStatus, Released};
pub use refund::{Clawback, OrderRefund, Taken};
pub use scale::Totals;
pub use statement::{Generation, Missed, Shortfall, Statement};
pub use terms::{CUSTOMERS_MAX, HOLD_DAYS_MAX, OrdersTerms};
pub use volumes::Volumes;

/// Orders and their periods. Equal histories give equal states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Users who left: they count as inactive.
    retired: BTreeSet<UserId>,
    /// Who serves a customer, by customer id, from 1.
    servers: Vec<UserId>,
    /// By order id, from 1.
    orders: Vec<Order>,
    /// Periods with orders, and those that a command has named.
    periods: BTreeMap<PeriodNumber, period::Period>,
    /// All periods before this one are closed.
    first_open: PeriodNumber,
}

impl Orders {
    /// A user leaves, as after a refunded registration: inactive in every period that is finalized from now on, whatever the
    /// volume. A repeat changes nothing.
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn retire(&mut self, sponsors: &Sponsors, user: UserId) -> Result<(), OrderError> {
        check_user(sponsors, user)?;
        self.retired.insert(user);
        Ok(())
    }

    /// A new retail customer of a participant; ids are given in order, from 1.
    ///
    /// # Errors
    /// `unknown_user` for a participant who has not joined, `too_many` at the end of ids.
    pub fn serve(&mut self, sponsors: &Sponsors, server: UserId) -> Result<CustomerId, OrderError> {
        check_user(sponsors, server)?;
        let customer = number::next(self.servers.len())
            .and_then(CustomerId::new)
            .ok_or(OrderError::TooMany)?;
        self.servers.push(server);
        Ok(customer)
    }

    /// Places an order. It counts in the period of its day, or in the first open one if that is closed, and keeps its day.
    ///
    /// # Errors
    /// `unknown_user`, `unknown_customer`, `order_empty`, `amount_too_large`, `volume_above_share`, `too_many`; nothing
    /// has changed then.
    pub fn place(
        &mut self,
        sponsors: &Sponsors,
        terms: &OrdersTerms,
        new: &NewOrder,
    ) -> Result<Placed, OrderError> {
        self.check_buyer(sponsors, new.buyer)?;
        let volume = order::volume(terms, new)?;
        let id = number::next(self.orders.len())
            .and_then(OrderId::new)
            .ok_or(OrderError::TooMany)?;
        let own = terms.period_of(new.day);
        let period = own.max(self.first_open);
        self.orders.push(Order {
            buyer: new.buyer,
            amount: new.amount,
            volume,
            day: new.day,
            period,
            refunded: Amount::ZERO,
            counted: new.amount,
            fund: terms.fund,
        });
        self.periods.entry(period).or_default().orders.push(id);
        let fund = terms.fund_of(new.amount);
        Ok(Placed {
            order: id,
            period,
            is_late: period != own,
            volume,
            fund,
            company: new.amount.saturating_sub(fund),
        })
    }

    /// The order with this id.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(number::index(id.get()))
    }

    /// How many orders were placed.
    pub fn count(&self) -> usize {
        self.orders.len()
    }

    /// The participant who serves this customer.
    pub fn server(&self, customer: CustomerId) -> Option<UserId> {
        self.servers.get(number::index(customer.get())).copied()
    }

    /// The first upline of an order, who is generation 1.
    fn first_upline(&self, sponsors: &Sponsors, buyer: Buyer) -> Option<UserId> {
        match buyer {
            Buyer::Participant(user) => sponsors.of(user),
            Buyer::Customer(customer) => self.server(customer),
        }
    }

    fn check_buyer(&self, sponsors: &Sponsors, buyer: Buyer) -> Result<(), OrderError> {
        match buyer {
            Buyer::Participant(user) => check_user(sponsors, user),
            Buyer::Customer(customer) if self.server(customer).is_some() => Ok(()),
            Buyer::Customer(customer) => Err(OrderError::UnknownCustomer { customer }),
        }
    }
}

/// The day on which what is released today matures.
fn matures(terms: &OrdersTerms, day: Day) -> Day {
    day.plus(terms.hold_days())
}

fn check_user(sponsors: &Sponsors, user: UserId) -> Result<(), OrderError> {
    if sponsors.has(user) {
        Ok(())
    } else {
        Err(OrderError::UnknownUser { user })
    }
}
