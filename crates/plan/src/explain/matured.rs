//! [`Matured`]: which shares of which deposits the sums of a maturity consist of.
//!
//! A maturity posts one leg for each pair of accounts. Here the held shares are handed out once more, share by share in the
//! order of deposits: what was forfeited, then tax, then debts, then reserve or what the user can have.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, Tier, UserId};
use money::Amount;

use super::Context;
use super::part::{Part, Parts};
use crate::state::HeldShare;
use crate::{ComponentEffect, DepositId, Effect};

/// The parts of each pair of accounts.
#[derive(Default)]
pub(super) struct Matured {
    parts: BTreeMap<(Account, Account), Parts>,
}

/// What is left to hand out, by user.
#[derive(Default)]
struct Rest {
    over: BTreeMap<UserId, Amount>,
    debts: BTreeMap<UserId, Amount>,
}

/// What one deposit did when it matured.
struct Deposit {
    id: DepositId,
    forfeited: Vec<u32>,
    /// Tax by user, as it was kept back.
    tax: BTreeMap<UserId, Amount>,
}

impl Matured {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut matured = Self::default();
        let mut rest = Rest::default();
        for mut deposit in deposits(&context.outcome.effects) {
            let shares: Vec<HeldShare> = context.before.held_shares(deposit.id).collect();
            let then = context.under(context.before.version_of_deposit(deposit.id));
            for (number, share) in (0u32..).zip(&shares) {
                let lost = deposit.forfeited.contains(&number);
                let part = |amount| then.part(deposit.id, &shares, share, amount);
                let tax = share_tax(share, &mut deposit.tax);
                for (credit, amount) in rest.slices(context, share, (lost, tax)) {
                    let accounts = (Account::Held(share.beneficiary), credit);
                    matured.parts.entry(accounts).or_default().add(part(amount));
                }
            }
        }
        matured
    }

    /// What a leg consists of, once.
    pub(super) fn take(&mut self, leg: &Leg) -> Vec<Part> {
        let parts = self.parts.remove(&(leg.debit, leg.credit));
        parts.map(Parts::into_list).unwrap_or_default()
    }
}

/// The deposits that matured, in their order.
fn deposits(effects: &[Effect]) -> Vec<Deposit> {
    let mut deposits: Vec<Deposit> = Vec::new();
    for effect in effects {
        if let Effect::DepositMatured { deposit } = *effect {
            deposits.push(Deposit {
                id: deposit,
                forfeited: Vec::new(),
                tax: BTreeMap::new(),
            });
            continue;
        }
        let Some(last) = deposits.last_mut() else {
            continue;
        };
        if let Effect::RewardForfeited { leg, .. } = *effect {
            last.forfeited.push(leg);
        } else if let Effect::Component(ComponentEffect::Withheld { user, amount, .. }) = *effect {
            let tax = last.tax.entry(user).or_default();
            *tax = tax.plus(amount).unwrap_or(*tax);
        }
    }
    deposits
}

/// What is kept back of a share of what is kept back of its deposit: no share gives more than it is.
fn share_tax(share: &HeldShare, tax: &mut BTreeMap<UserId, Amount>) -> Amount {
    let Beneficiary::User(user) = share.beneficiary else {
        return Amount::ZERO;
    };
    let Some(left) = tax.get_mut(&user) else {
        return Amount::ZERO;
    };
    let of_share = share.amount.min(*left);
    *left = left.minus_or_zero(of_share);
    of_share
}

impl Rest {
    /// To which accounts a share goes.
    fn slices(
        &mut self,
        context: &Context<'_>,
        share: &HeldShare,
        (is_forfeited, tax): (bool, Amount),
    ) -> Vec<(Account, Amount)> {
        let user = match share.beneficiary {
            Beneficiary::Company => return vec![(Account::Company, share.amount)],
            Beneficiary::Breakage(cause) => return vec![(Account::Breakage(cause), share.amount)],
            Beneficiary::Residual(tier, tree) => return vec![(Account::Residual(tier, tree), share.amount)],
            Beneficiary::Fund(fund) => return vec![(Account::Revenue(fund), share.amount)],
            Beneficiary::User(user) => user,
        };
        let lost = if is_forfeited {
            self.lost(context, user, share.amount)
        } else {
            Amount::ZERO
        };
        let net = share.amount.minus_or_zero(lost).minus_or_zero(tax);
        let debt = self.debts.entry(user);
        let debt = debt.or_insert_with(|| context.before.receivable(user));
        let netted = net.min(*debt);
        *debt = debt.minus_or_zero(netted);
        let left = net.minus_or_zero(netted);
        let reserve = pool_tier(context, share.reason).filter(|tier| context.before.reserves(user, *tier));
        let own = match reserve {
            Some(tier) => Account::Reserve(user, tier),
            None if context.plan.pays_into_wallet() => Account::Wallet(user),
            None => Account::Available(user),
        };
        vec![
            (Account::Breakage(BreakageCause::Refunded), lost),
            (Account::Tax, tax),
            (Account::Receivable(user), netted),
            (own, left),
        ]
    }

    /// What a share loses: all of it with its user's registration, or what exceeds the cap.
    fn lost(&mut self, context: &Context<'_>, user: UserId, amount: Amount) -> Amount {
        let over = self.over.entry(user);
        let over = over.or_insert_with(|| context.before.caps().over(user));
        let relies_on_retopup = context.plan.terms.intake == crate::compiled::IntakeRule::AutoPool;
        let lost = if relies_on_retopup || !context.before.is_active(user) {
            amount
        } else {
            amount.min(*over)
        };
        *over = over.minus_or_zero(lost);
        lost
    }
}

/// The tier of a pool reward that can be reserved.
fn pool_tier(context: &Context<'_>, reason: Reason) -> Option<Tier> {
    if let Reason::PoolLayer { tier, layer } = reason {
        return context.plan.is_reserved_layer(layer).then_some(tier);
    }
    None
}
