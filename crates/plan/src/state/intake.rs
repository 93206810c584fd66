//! Payments into escrow: who joins or pays again. How the payment is divided is the components' to say.

use alloy_primitives::{Address, B256};
use ledger::{Account, Beneficiary, ClearingCause, Leg, Reason, UserId};
use money::Amount;

use super::{State, User, discrepancy, position, push};
use crate::compiled::CompiledPlan;
pub(super) use crate::component::Payment;
use crate::decision::{Price, Rule, Unroutable};
use crate::sponsors::Standing;
use crate::{DepositKind, DiscrepancyCause, Effect, Outcome};

/// What a payment is called outside, which only effects carry on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) wallet: Address,
    pub(crate) deposit_ref: B256,
    /// The second until which the payer may have it back.
    pub(crate) refundable_until: u64,
}

impl State {
    /// A new user joins. Ids are the next free ones.
    pub(super) fn register(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        origin: Option<&Origin>,
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
        out.effects.push(Effect::Joined {
            user: payment.user,
            wallet: origin.map_or(Address::ZERO, |origin| origin.wallet),
            sponsor,
            ordinal: ordinal.unwrap_or(0),
            deposit: payment.deposit,
        });
        self.take(&payment, origin, DepositKind::Registration, out);
        if sponsor != named_sponsor {
            discrepancy(DiscrepancyCause::UnknownSponsor, out);
        }
        self.join_components(plan, payment.user, sponsor, out);
        self.component_intake(plan, payment, true, out);
    }

    /// A user pays again.
    pub(super) fn pay_again(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        origin: Option<&Origin>,
        out: &mut Outcome,
    ) {
        self.take(&payment, origin, DepositKind::Retopup, out);
        self.component_intake(plan, payment, false, out);
    }

    /// Adds a retopup to the end of its user's list; the oldest that stands is what eligibility requests.
    pub(super) fn append_retopup(&mut self, payment: Payment) {
        let number = payment.deposit.get();
        let Some(user) = self.user_mut(payment.user) else {
            return;
        };
        let previous = std::mem::replace(&mut user.newest_retopup, number);
        if self.sponsors.standing(payment.user) == Some(Standing::Registered) {
            self.sponsors
                .set_standing(payment.user, Standing::Retopped(payment.deposit));
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
#[inline]
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
#[inline]
pub(super) fn hold_leg(
    out: &mut Outcome,
    beneficiary: Beneficiary,
    amount: Amount,
    reason: Reason,
    recipient: Option<UserId>,
    source: UserId,
) {
    let leg = Leg::new((Account::Custody, Account::Held(beneficiary)), amount, reason);
    out.moves(leg.about(recipient).caused_by(Some(source)));
}
