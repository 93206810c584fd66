//! [`Driver`]: what turns people who join and days that pass into the facts of a kind of plan.
//!
//! One driver for each kind of plan. The run tells it when a day begins and ends and who joins; it answers with facts,
//! which the [`Books`](crate::Books) apply at once. Not responsible for how many join, when, and under whom.

pub mod auto_pool;
pub mod campaign;
mod escrow;
mod operator;
pub mod orders;
mod payments;
pub mod purchases;
mod turn;

use money::{Amount, Asset};
use plan::{CompiledPlan, Day, IntakeKind, UserId};

use crate::{Books, Parameters};

pub use auto_pool::AutoPool;
pub use campaign::Campaign;
pub use orders::Orders;
pub use purchases::Purchases;

/// Turns arrivals and days into facts.
pub trait Driver {
    /// What it assumes of people and of the operator, one plain sentence each. A report begins with them.
    fn assumptions(&self) -> Vec<String>;

    /// A day begins: whatever the calendar causes before anyone joins.
    fn open_day(&mut self, today: Day, books: &mut Books<'_>);

    /// Someone joins under a sponsor; nobody's direct is only the very first.
    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>);

    /// A day ends: ticks, closes of periods.
    fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        let _ = (today, books);
    }
}

/// The driver of a plan's kind, decided by what a payment is.
pub fn for_plan(plan: &CompiledPlan, parameters: &Parameters) -> Box<dyn Driver> {
    match plan.intake_kind() {
        IntakeKind::AutoPool => Box::new(AutoPool::new(plan, parameters)),
        IntakeKind::Subscription {
            amount_min,
            amount_max,
        } => Box::new(Purchases::of_subscriptions(
            plan, parameters, amount_min, amount_max,
        )),
        IntakeKind::Booking {
            first_payment_min,
            price,
        } => Box::new(Purchases::of_booking(plan, parameters, first_payment_min, price)),
        IntakeKind::Order => Box::new(Orders::new(plan, parameters)),
        IntakeKind::Joining { price } => Box::new(Campaign::new(plan, parameters, price)),
    }
}

/// So many whole units of an asset.
fn units(asset: Asset, units: u128) -> Amount {
    asset.parse_amount(&units.to_string()).unwrap_or(Amount::ZERO)
}
