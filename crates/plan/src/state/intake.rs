//! Registrations and retopups: who joins, and how the payment is divided.

use ledger::{Account, Beneficiary, BreakageCause, ClearingCause, Leg, Movement, Reason, Tier, UserId};
use money::Amount;

use super::pool::Purse;
use super::standing::Standing;
use super::{Seat, State, User, discrepancy, position, push};
use crate::compiled::CompiledPlan;
use crate::decision::{Price, Rule, Unroutable};
use crate::{Day, DepositId, DepositKind, DiscrepancyCause, Effect, Funding, Outcome};

/// A payment into escrow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) user: UserId,
    pub(super) deposit: DepositId,
    pub(super) amount: Amount,
    pub(super) day: Day,
}

impl State {
    /// A new user joins. Ids are the next free ones.
    pub(super) fn register(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        named_sponsor: Option<UserId>,
        out: &mut Outcome,
    ) {
        let sponsor = named_sponsor.filter(|sponsor| self.user(*sponsor).is_some());
        let ordinal = sponsor.and_then(|sponsor| self.user_mut(sponsor)).map(|sponsor| {
            sponsor.directs = sponsor.directs.saturating_add(1);
            sponsor.directs
        });
        self.sponsors.join(sponsor);
        self.users.push(User {
            entitled: Amount::ZERO,
            directs: 0,
            newest_retopup: 0,
            registration: payment.deposit,
        });
        self.seats.push(Seat::default());
        out.effects.push(Effect::Joined {
            user: payment.user,
            wallet: alloy_primitives::Address::ZERO,
            sponsor,
            ordinal: ordinal.unwrap_or(0),
            deposit: payment.deposit,
        });
        self.take(&payment, DepositKind::Registration, out);
        if sponsor != named_sponsor {
            discrepancy(DiscrepancyCause::UnknownSponsor, out);
        }
        self.join_components(plan, payment.user, sponsor, out);
        let Some(terms) = plan.auto_pool() else {
            return self.component_intake(plan, payment, true, out);
        };
        let price = terms.registration.price;
        if payment.amount != price {
            return unroutable(payment.amount, Unroutable::Registration(price), out);
        }
        let route = terms.route(ordinal, self.room(plan, Tier::FIRST));
        let mark = out.mark();
        self.pay_sponsor(terms.direct_share_of(route), (payment.user, sponsor), out);
        out.because(mark, |why| why.rule = Some(Rule::Route(route)));
        let company = terms.company_share_of(route);
        let mut closes = None;
        if route.place().is_some() {
            let placed = self.place_next(plan, Tier::FIRST, payment.user, Funding::Registration, out);
            self.pay_layers(plan, &placed, Purse::Escrow { company }, out);
            closes = placed.closes;
        } else {
            hold_rest(out, company, Price::Registration, payment.user);
        }
        self.hold(&payment, out);
        if let Some(tree) = closes {
            self.close(plan, Tier::FIRST, tree, out);
        }
    }

    /// The sponsor's share of what does not buy a place.
    fn pay_sponsor(&self, share: Amount, (user, sponsor): (UserId, Option<UserId>), out: &mut Outcome) {
        let beneficiary = match sponsor {
            None => Beneficiary::Company,
            Some(sponsor) if self.is_active(sponsor) => Beneficiary::User(sponsor),
            Some(_) => Beneficiary::Breakage(BreakageCause::Refunded),
        };
        hold_leg(out, beneficiary, share, Reason::Direct, sponsor, user);
    }

    /// A user pays again, and the uplines share it.
    pub(super) fn retop_up(&mut self, plan: &CompiledPlan, payment: Payment, out: &mut Outcome) {
        self.take(&payment, DepositKind::Retopup, out);
        let Some(terms) = plan.auto_pool().map(|terms| &terms.retopup) else {
            return self.component_intake(plan, payment, false, out);
        };
        let price = terms.price;
        if payment.amount != price {
            return unroutable(payment.amount, Unroutable::Retopup(price), out);
        }
        let mut upline = self.sponsor(payment.user);
        for (generation, share) in (1u8..).zip(&terms.generations) {
            let known = upline.and_then(|upline| Some((upline, self.standing(upline)?)));
            let (beneficiary, rests_on) = match known {
                None => (Beneficiary::Breakage(BreakageCause::NoUpline), None),
                Some((_, Standing::Gone)) => (Beneficiary::Breakage(BreakageCause::Refunded), None),
                Some((_, Standing::Registered)) => (Beneficiary::Breakage(BreakageCause::NotRetopped), None),
                Some((upline, Standing::Retopped(retopup))) => (Beneficiary::User(upline), Some(retopup)),
            };
            let (mark, reason) = (out.mark(), Reason::Generation(generation));
            hold_leg(out, beneficiary, *share, reason, upline, payment.user);
            out.because(mark, |why| why.rule = rests_on.map(Rule::Retopup));
            upline = upline.and_then(|upline| self.sponsor(upline));
        }
        hold_rest(out, terms.company, Price::Retopup, payment.user);
        self.hold(&payment, out);
        self.append_retopup(payment);
    }

    /// Adds a retopup to the end of its user's list; the oldest that stands is what eligibility requests.
    fn append_retopup(&mut self, payment: Payment) {
        let number = payment.deposit.get();
        let Some(user) = self.user_mut(payment.user) else {
            return;
        };
        let previous = std::mem::replace(&mut user.newest_retopup, number);
        if self.standing(payment.user) == Some(Standing::Registered) {
            self.set_standing(payment.user, Standing::Retopped(payment.deposit));
        }
        if let Some(previous) = self
            .deposits
            .get_mut(position(previous))
            .filter(|_| previous != 0)
        {
            previous.next_retopup = number;
        }
    }
}

/// Money of which the plan has no use waits for a human.
pub(super) fn unroutable(amount: Amount, cause: Unroutable, out: &mut Outcome) {
    let (mark, clearing) = (out.mark(), Account::Clearing(ClearingCause::UnexpectedIntake));
    push(out, Account::Custody, clearing, amount, Reason::Unexpected);
    out.because(mark, |why| why.rule = Some(Rule::Unroutable(cause)));
    discrepancy(DiscrepancyCause::IntakeAmount, out);
}

/// What a price leaves for the company, held as the other shares are.
pub(super) fn hold_rest(out: &mut Outcome, amount: Amount, price: Price, source: UserId) {
    let mark = out.mark();
    hold_leg(
        out,
        Beneficiary::Company,
        amount,
        Reason::CompanyShare,
        None,
        source,
    );
    out.because(mark, |why| why.rule = Some(Rule::Rest(price)));
}

/// A share of a payment that is held until the cooling-off time has ended.
pub(super) fn hold_leg(
    out: &mut Outcome,
    beneficiary: Beneficiary,
    amount: Amount,
    reason: Reason,
    recipient: Option<UserId>,
    source: UserId,
) {
    if !amount.is_zero() {
        out.legs.push(Leg {
            debit: Account::Custody,
            credit: Account::Held(beneficiary),
            amount,
            reason,
            recipient,
            source: Some(source),
            movement: Movement::Single,
        });
    }
}
