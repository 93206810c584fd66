//! Refunds: reverses exactly what a deposit caused, and invalidates what relied on it.

use ledger::{Account, Beneficiary, ClearingCause, Leg, Reason, UserId};
use money::Amount;

use super::{DepositStatus, State, discrepancy, push, unexpected_refund};
use crate::compiled::CompiledPlan;
use crate::sponsors::Standing;
use crate::{DepositId, DepositKind, DiscrepancyCause, Effect, Outcome};

impl State {
    /// A deposit is refunded to its payer. One that is not held is not the books' to give back.
    pub(super) fn refund(
        &mut self,
        plan: &CompiledPlan,
        deposit: DepositId,
        amount: Amount,
        out: &mut Outcome,
    ) {
        let Some((known, bucket, entry)) = self.held(deposit) else {
            unexpected_refund(amount, out);
            return;
        };
        let (user, kind) = (known.user, known.kind);
        let legs = bucket.legs_of(&entry);
        if legs.is_empty() {
            let clearing = Account::Clearing(ClearingCause::UnexpectedIntake);
            push(out, clearing, Account::Custody, entry.amount, Reason::Refund);
        }
        for leg in legs {
            let accounts = (Account::Held(leg.beneficiary), Account::Custody);
            let refunded = Leg::new(accounts, leg.amount, Reason::Refund);
            out.moves(refunded.about(leg.recipient()).caused_by(Some(user)));
        }
        if amount != entry.amount {
            refund_difference(entry.amount, amount, out);
        }
        if let Some(known) = self.deposits.get_mut(deposit.index()) {
            known.status = DepositStatus::Refunded;
        }
        out.effects.push(Effect::DepositRefunded { deposit });
        self.give_back_caps(plan, out);
        self.component_refund(plan, deposit, out);
        match kind {
            DepositKind::Registration => self.deactivate(plan, user, out),
            DepositKind::Retopup => self.unstand(user, deposit),
        }
    }

    /// The rewards that a refund took back no longer count as earned.
    fn give_back_caps(&mut self, plan: &CompiledPlan, out: &Outcome) {
        if plan.terms.components.subscription.is_none() {
            return;
        }
        for leg in &out.legs {
            if let Account::Held(Beneficiary::User(user)) = leg.debit {
                self.components.caps.give_back(user, leg.amount);
            }
        }
    }

    /// The user's position earns no more.
    fn deactivate(&mut self, plan: &CompiledPlan, user: UserId, out: &mut Outcome) {
        self.sponsors.set_standing(user, Standing::Gone);
        self.retire_components(plan, user, out);
        out.effects.push(Effect::UserRefunded { user });
    }

    /// If the oldest retopup that stands went back, the next older one takes its place.
    fn unstand(&mut self, user: UserId, deposit: DepositId) {
        if self.sponsors.standing(user) != Some(Standing::Retopped(deposit)) {
            return;
        }
        let mut next = Some(deposit);
        while let Some(retopup) = next.and_then(|next| self.deposits.get(next.index())) {
            if retopup.status != DepositStatus::Refunded {
                break;
            }
            next = DepositId::new(retopup.next_retopup);
        }
        self.sponsors
            .set_standing(user, next.map_or(Standing::Registered, Standing::Retopped));
    }
}

/// The chain sent another amount than it took: the books follow the chain, and a human must look.
fn refund_difference(taken: Amount, sent: Amount, out: &mut Outcome) {
    let clearing = Account::Clearing(ClearingCause::UnexpectedRefund);
    let (more, less) = (sent.saturating_sub(taken), taken.saturating_sub(sent));
    push(out, clearing, Account::Custody, more, Reason::Unexpected);
    push(out, Account::Custody, clearing, less, Reason::Unexpected);
    discrepancy(DiscrepancyCause::UnexpectedRefund, out);
}
