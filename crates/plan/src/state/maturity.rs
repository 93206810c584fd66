//! Maturity: held money of deposits past their cooling-off time is released, after each reward is checked again.
//!
//! Legs are summed, one for each pair of accounts, in this order: company; breakage by cause; residuals by
//! tier and tree; then user by user in the order of their ids: forfeited rewards, what pays the user's debt,
//! reserves by tier, available. Then come the moves that reserves pay for, in the order in which the
//! reserves appear above.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::escrow::{Bucket, Entry, HeldLeg};
use super::{DepositStatus, State, discrepancy, plus, position, push};
use crate::compiled::CompiledPlan;
use crate::{Day, DepositId, DiscrepancyCause, Effect, Outcome};

/// Sums of one maturity. Kept between facts for its memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    company: Amount,
    breakage: [Amount; BreakageCause::ALL.len()],
    residuals: BTreeMap<(Tier, TreeNumber), Amount>,
    reserves: BTreeMap<(UserId, Tier), Amount>,
    /// Users who receive something, in the order of their first reward.
    users: Vec<UserRelease>,
    /// By user id, from 1: position in `users` plus 1, or 0.
    slots: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct UserRelease {
    user: UserId,
    forfeited: Amount,
    netted: Amount,
    available: Amount,
}

impl State {
    /// Releases every deposit of days up to `through` that was not refunded, in the order of deposits.
    pub(super) fn mature(&mut self, plan: &CompiledPlan, through: Day, amount: Amount, out: &mut Outcome) {
        let buckets = self.take_buckets(through);
        let mut order: Vec<(DepositId, usize, Entry)> = buckets
            .iter()
            .enumerate()
            .flat_map(|(bucket, held)| {
                held.entries
                    .iter()
                    .map(move |entry| (entry.deposit, bucket, *entry))
            })
            .collect();
        order.sort_by_key(|(deposit, _, _)| *deposit);

        let mut release = std::mem::take(&mut self.release);
        release.slots.resize(self.users.len(), 0);
        let mut total = Amount::ZERO;
        for (deposit, bucket, entry) in order {
            let Some(known) = self.deposits.get_mut(position(deposit.get())) else {
                continue;
            };
            if known.status != DepositStatus::Held {
                continue;
            }
            known.status = DepositStatus::Matured;
            total = plus(total, entry.amount);
            out.effects.push(Effect::DepositMatured { deposit });
            let legs = buckets.get(bucket).map(|bucket| bucket.legs_of(&entry));
            for (number, leg) in (0u32..).zip(legs.unwrap_or_default()) {
                self.release_leg(deposit, number, leg, &mut release, out);
            }
        }
        self.post_release(plan, &mut release, out);
        self.release = release;
        if total != amount {
            discrepancy(DiscrepancyCause::MaturedAmount, out);
        }
        self.settle(plan, out);
    }

    fn take_buckets(&mut self, through: Day) -> Vec<Bucket> {
        let later = match through.get().checked_add(1) {
            Some(day) => self.escrow.split_off(&Day::new(day)),
            None => BTreeMap::new(),
        };
        std::mem::replace(&mut self.escrow, later).into_values().collect()
    }

    fn release_leg(
        &mut self,
        deposit: DepositId,
        number: u32,
        leg: &HeldLeg,
        release: &mut Release,
        out: &mut Outcome,
    ) {
        match leg.beneficiary {
            Beneficiary::Company => release.company = plus(release.company, leg.amount),
            Beneficiary::Breakage(cause) => {
                if let Some(sum) = release.breakage.get_mut(cause_index(cause)) {
                    *sum = plus(*sum, leg.amount);
                }
            }
            Beneficiary::Residual(tier, tree) => {
                let sum = release.residuals.entry((tier, tree)).or_default();
                *sum = plus(*sum, leg.amount);
            }
            Beneficiary::User(user) if self.is_forfeited(user, deposit, leg.reason) => {
                if let Some(sums) = release.user(user) {
                    sums.forfeited = plus(sums.forfeited, leg.amount);
                }
                out.effects.push(Effect::RewardForfeited { deposit, leg: number });
            }
            Beneficiary::User(user) => {
                let netted = self.net(user, leg.amount);
                let rest = leg.amount.minus_or_zero(netted);
                let reserve = pool_tier(leg.reason).filter(|tier| self.is_reserving(user, *tier));
                if let Some(sums) = release.user(user) {
                    sums.netted = plus(sums.netted, netted);
                    if reserve.is_none() {
                        sums.available = plus(sums.available, rest);
                    }
                }
                if let Some(tier) = reserve {
                    let sum = release.reserves.entry((user, tier)).or_default();
                    *sum = plus(*sum, rest);
                }
            }
        }
    }

    /// Whether a reward relied on something that has been refunded since: the recipient's registration, or
    /// for a share of a retopup every retopup of the recipient older than the one that it is a share of.
    fn is_forfeited(&self, user: UserId, deposit: DepositId, reason: Reason) -> bool {
        let Some(known) = self.user(user) else {
            return true;
        };
        let relies_on_retopup = matches!(reason, Reason::Generation(_));
        let retopup_stands = known.standing != 0 && known.standing < deposit.get();
        known.refunded || (relies_on_retopup && !retopup_stands)
    }

    fn post_release(&mut self, plan: &CompiledPlan, release: &mut Release, out: &mut Outcome) {
        let company = std::mem::take(&mut release.company);
        let held = Account::Held(Beneficiary::Company);
        push(out, held, Account::Company, company, Reason::Matured);
        for cause in BreakageCause::ALL {
            let sum = release.breakage.get_mut(cause_index(cause)).map(std::mem::take);
            let held = Account::Held(Beneficiary::Breakage(cause));
            let sum = sum.unwrap_or_default();
            push(out, held, Account::Breakage(cause), sum, Reason::Matured);
        }
        for ((tier, tree), sum) in std::mem::take(&mut release.residuals) {
            let held = Account::Held(Beneficiary::Residual(tier, tree));
            push(out, held, Account::Residual(tier, tree), sum, Reason::Matured);
        }
        release.users.sort_unstable_by_key(|sums| sums.user);
        let reserves = std::mem::take(&mut release.reserves);
        for sums in &release.users {
            self.post_user(plan, sums, &reserves, out);
            if let Some(slot) = release.slots.get_mut(position(sums.user.get())) {
                *slot = 0;
            }
        }
        release.users.clear();
    }

    fn post_user(
        &mut self,
        plan: &CompiledPlan,
        sums: &UserRelease,
        reserves: &BTreeMap<(UserId, Tier), Amount>,
        out: &mut Outcome,
    ) {
        let user = sums.user;
        let refunded = Account::Breakage(BreakageCause::Refunded);
        release_to(out, user, refunded, sums.forfeited, Reason::Matured);
        let receivable = Account::Receivable(user);
        release_to(out, user, receivable, sums.netted, Reason::Netting);
        if !reserves.is_empty() {
            let tiers = (user, Tier::FIRST)..;
            for ((_, tier), sum) in reserves.range(tiers).take_while(|((owner, _), _)| *owner == user) {
                release_to(out, user, Account::Reserve(user, *tier), *sum, Reason::Matured);
                self.add_reserve(plan, user, *tier, *sum);
            }
        }
        let available = Account::Available(user);
        release_to(out, user, available, sums.available, Reason::Matured);
        self.entitle(user, sums.available);
    }
}

impl Release {
    fn user(&mut self, user: UserId) -> Option<&mut UserRelease> {
        let slot = self.slots.get_mut(position(user.get()))?;
        if *slot == 0 {
            self.users.push(UserRelease {
                user,
                forfeited: Amount::ZERO,
                netted: Amount::ZERO,
                available: Amount::ZERO,
            });
            *slot = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        }
        self.users.get_mut(position(*slot))
    }
}

fn release_to(out: &mut Outcome, user: UserId, credit: Account, amount: Amount, reason: Reason) {
    if !amount.is_zero() {
        out.legs.push(Leg {
            debit: Account::Held(Beneficiary::User(user)),
            credit,
            amount,
            reason,
            recipient: Some(user),
            source: None,
        });
    }
}

fn cause_index(cause: BreakageCause) -> usize {
    match cause {
        BreakageCause::NoUpline => 0,
        BreakageCause::NotRetopped => 1,
        BreakageCause::Refunded => 2,
    }
}

/// The tier of a pool reward.
fn pool_tier(reason: Reason) -> Option<Tier> {
    match reason {
        Reason::PoolLayer { tier, .. } => Some(tier),
        Reason::Direct
        | Reason::Generation(_)
        | Reason::CompanyShare
        | Reason::Matured
        | Reason::Refund
        | Reason::ReserveReleased
        | Reason::Funded
        | Reason::Correction
        | Reason::Netting
        | Reason::Unexpected => None,
    }
}
