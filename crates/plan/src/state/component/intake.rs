//! Payments into escrow: what the plan's intake rule makes of them, and what a refund or the end of the cooling-off time does to it.

use ledger::{Beneficiary, Fund, Reason, UserId};
use money::Amount;

use super::super::State;
use super::super::intake::{Payment, hold_leg, unroutable};
use crate::compiled::{CompiledPlan, IntakeRule};
use crate::component::Event;
use crate::decision::Unroutable;
use crate::{DepositId, Outcome};

impl State {
    /// Divides a payment as the plan's components say, and remembers what it was.
    pub(in crate::state) fn component_intake(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        is_first: bool,
        out: &mut Outcome,
    ) {
        let divided = match plan.terms.intake {
            IntakeRule::AutoPool if is_first => self.enter_pools(plan, payment, out),
            IntakeRule::AutoPool => self.share_retopup(plan, payment, out),
            IntakeRule::Subscription => self.subscribe(plan, payment, out),
            IntakeRule::Booking => self.book_payment(plan, payment, out),
            IntakeRule::Order => self.order_by_payment(plan, payment, out),
            IntakeRule::Joining { price } if is_first && payment.amount == price => {
                allocate(plan, payment.user, price, out);
                Ok(())
            }
            IntakeRule::Joining { price } => Err(Unroutable::Joining(price)),
        };
        match divided {
            Ok(()) => {
                self.hold(&payment, out);
                self.tell(plan, Event::Paid(payment), out);
            }
            Err(cause) => unroutable(payment.amount, cause, out),
        }
    }

    /// What a deposit was is forgotten by the components too: it went back.
    pub(in crate::state) fn component_refund(
        &mut self,
        plan: &CompiledPlan,
        deposit: DepositId,
        out: &mut Outcome,
    ) {
        match plan.terms.intake {
            IntakeRule::AutoPool | IntakeRule::Joining { .. } => {}
            IntakeRule::Subscription => self.reverse_subscription(plan, deposit, out),
            IntakeRule::Booking => self.reverse_booking(plan, deposit, out),
            IntakeRule::Order => self.reverse_order(plan, deposit, out),
        }
        self.tell(plan, Event::Refunded(deposit), out);
    }

    /// A deposit cannot go back any more.
    pub(in crate::state) fn component_matured(
        &mut self,
        plan: &CompiledPlan,
        deposit: DepositId,
        out: &mut Outcome,
    ) {
        self.release_purchase(deposit);
        self.components.binary.bookings.remove(&deposit);
        self.order_matured(deposit);
        self.tell(plan, Event::Matured(deposit), out);
    }
}

/// Gives the funds their shares of a payment and the company the rest.
pub(super) fn allocate(plan: &CompiledPlan, user: UserId, amount: Amount, out: &mut Outcome) {
    let mut rest = amount;
    for (fund, share) in &plan.terms.components.allocations {
        let part = share.floor_of(amount);
        rest = rest.saturating_sub(part);
        hold_fund(out, *fund, part, user);
    }
    hold_leg(out, Beneficiary::Company, rest, Reason::CompanyShare, None, user);
}

/// The part of a payment that a fund receives.
pub(super) fn hold_fund(out: &mut Outcome, fund: Fund, amount: Amount, user: UserId) {
    hold_leg(
        out,
        Beneficiary::Fund(fund),
        amount,
        Reason::Allocated,
        None,
        user,
    );
}
