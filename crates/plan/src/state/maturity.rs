//! Maturity: held money of deposits past their cooling-off time is released, after each reward is checked again.
//!
//! Legs are summed, one for each pair of accounts, in this order: company; breakage by cause; residuals by
//! tier and tree; funds by number; then user by user in the order of their ids: forfeited rewards, tax, what pays the user's debt,
//! reserves by tier, available. Then come the moves that reserves pay for, in the order in which the
//! reserves appear above.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, BreakageCause, Fund, Leg, Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::escrow::{Bucket, Entry, HeldLeg};
use super::{DepositStatus, State, discrepancy, plus, position, push};
use crate::compiled::{CompiledPlan, IntakeRule};
use crate::decision::{HeldPart, Rule, Why};
use crate::sponsors::Standing;
use crate::withholding::Line as TaxLine;
use crate::{Day, DepositId, DiscrepancyCause, Effect, Outcome};

/// Deposits whose recipients are read together, and users who are paid together: see [`ahead`](super::prefetch).
const DEPOSITS_TOGETHER: usize = 8;
const USERS_TOGETHER: usize = 32;

/// Sums of one maturity. Kept between facts for its memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    company: Amount,
    breakage: [Amount; BreakageCause::ALL.len()],
    residuals: BTreeMap<(Tier, TreeNumber), Amount>,
    funds: BTreeMap<Fund, Amount>,
    reserves: BTreeMap<(UserId, Tier), Amount>,
    /// Rewards that relied on something refunded since: rare.
    forfeited: BTreeMap<UserId, Amount>,
    /// What is withheld as tax.
    withheld: BTreeMap<UserId, Amount>,
    /// What pays debts: rare.
    netted: BTreeMap<UserId, Amount>,
    /// Users who receive something, in the order of their first reward.
    users: Vec<UserRelease>,
    /// The same users by id.
    order: Vec<UserId>,
    /// By user id, from 1: position in `users` plus 1, or 0.
    pub(super) slots: Vec<u32>,
    /// Why, for who explains it.
    told: Option<Box<Reasons>>,
}

/// Of what the sums consist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reasons {
    /// Held shares, by the accounts between which they move.
    parts: BTreeMap<(Account, Account), Vec<HeldPart>>,
    taxed: BTreeMap<UserId, Vec<TaxLine>>,
    owed: BTreeMap<UserId, Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct UserRelease {
    user: UserId,
    available: Amount,
}

impl State {
    /// Releases every deposit of days up to `through` that was not refunded, in the order of deposits.
    pub(super) fn mature(&mut self, plan: &CompiledPlan, through: Day, amount: Amount, out: &mut Outcome) {
        let mut buckets = self.take_buckets(through);
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
        release.told = out.is_explained().then(Box::default);
        let mut total = Amount::ZERO;
        for (number, (deposit, bucket, entry)) in order.iter().enumerate() {
            if number.is_multiple_of(DEPOSITS_TOGETHER) {
                let together = order.iter().skip(number).take(DEPOSITS_TOGETHER);
                for (_, bucket, entry) in together {
                    let legs = buckets.get(*bucket).map(|bucket| bucket.legs_of(entry));
                    self.read_recipients(legs.unwrap_or_default(), &release.slots);
                }
            }
            let Some(known) = self.deposits.get_mut(deposit.index()) else {
                continue;
            };
            if known.status != DepositStatus::Held {
                continue;
            }
            known.status = DepositStatus::Matured;
            total = plus(total, entry.amount);
            let deposit = *deposit;
            out.effects.push(Effect::DepositMatured { deposit });
            self.component_matured(plan, deposit, out);
            let legs = buckets.get(*bucket).map(|bucket| bucket.legs_of(entry));
            for (number, leg) in (0u32..).zip(legs.unwrap_or_default()) {
                self.release_leg(plan, deposit, (number, leg), &mut release, out);
            }
            out.ends_step();
        }
        if let Some(mut bucket) = buckets.pop() {
            bucket.clear();
            self.spare = bucket;
        }
        let mark = out.mark();
        self.post_release(plan, &mut release, out);
        if let Some(told) = release.told.take() {
            out.because_each(mark, |leg, why| told.tell(leg, why));
        }
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
        plan: &CompiledPlan,
        deposit: DepositId,
        (number, leg): (u32, &HeldLeg),
        release: &mut Release,
        out: &mut Outcome,
    ) {
        let held = Held {
            deposit,
            share: number,
            from: Account::Held(leg.beneficiary),
        };
        let to = match leg.beneficiary {
            Beneficiary::User(user) => return self.release_to_user(plan, user, (held, leg), release, out),
            Beneficiary::Company => {
                release.company = plus(release.company, leg.amount);
                Account::Company
            }
            Beneficiary::Breakage(cause) => {
                if let Some(sum) = release.breakage.get_mut(cause_index(cause)) {
                    *sum = plus(*sum, leg.amount);
                }
                Account::Breakage(cause)
            }
            Beneficiary::Residual(tier, tree) => {
                let sum = release.residuals.entry((tier, tree)).or_default();
                *sum = plus(*sum, leg.amount);
                Account::Residual(tier, tree)
            }
            Beneficiary::Fund(fund) => {
                let sum = release.funds.entry(fund).or_default();
                *sum = plus(*sum, leg.amount);
                Account::Revenue(fund)
            }
        };
        release.tell(held, to, leg.amount);
    }

    /// What was forfeited, then tax, then debts, then the reserve or what the user can have.
    fn release_to_user(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        (held, leg): (Held, &HeldLeg),
        release: &mut Release,
        out: &mut Outcome,
    ) {
        let is_forfeited = self.is_forfeited(plan, user, held.deposit, leg.reason);
        let lost = self.forfeit(user, is_forfeited, leg);
        if !lost.is_zero() {
            let sum = release.forfeited.entry(user).or_default();
            *sum = plus(*sum, lost);
            release.add(user, Amount::ZERO);
            release.tell(held, Account::Breakage(BreakageCause::Refunded), lost);
            let mark = out.mark();
            out.effects.push(Effect::RewardForfeited {
                deposit: held.deposit,
                leg: held.share,
            });
            out.because_effects(mark, |why| {
                let is_over_cap = !is_forfeited;
                why.rule = Some(Rule::Forfeited { is_over_cap });
            });
        }
        let gross = leg.amount.saturating_sub(lost);
        if gross.is_zero() {
            return;
        }
        let withheld = self.withhold_credit(plan, user, gross, leg.reason, out);
        if let Some(told) = release.told.as_deref_mut() {
            let lines = withheld.iter().flat_map(|withheld| withheld.lines());
            told.taxed.entry(user).or_default().extend(lines);
            told.owed.entry(user).or_insert_with(|| self.receivable(user));
        }
        let tax = withheld.map_or(Amount::ZERO, |withheld| withheld.total());
        if !tax.is_zero() {
            let sum = release.withheld.entry(user).or_default();
            *sum = plus(*sum, tax);
            release.tell(held, Account::Tax, tax);
        }
        let net = gross.saturating_sub(tax);
        let netted = self.net(user, net);
        if !netted.is_zero() {
            let sum = release.netted.entry(user).or_default();
            *sum = plus(*sum, netted);
            release.tell(held, Account::Receivable(user), netted);
        }
        let rest = net.saturating_sub(netted);
        let reserve =
            pool_tier(plan, leg.reason).filter(|tier| self.components.pools.is_reserving(user, *tier));
        if let Some(tier) = reserve {
            let sum = release.reserves.entry((user, tier)).or_default();
            *sum = plus(*sum, rest);
            release.add(user, Amount::ZERO);
            release.tell(held, Account::Reserve(user, tier), rest);
        } else {
            release.add(user, rest);
            release.tell(held, plan.own_account(user), rest);
        }
    }

    /// What a reward loses of itself because it relied on something that has been refunded since: everything, or what
    /// exceeds the cap of someone whose own purchase was refunded.
    fn forfeit(&mut self, user: UserId, is_forfeited: bool, leg: &HeldLeg) -> Amount {
        let lost = if is_forfeited {
            leg.amount
        } else {
            leg.amount.min(self.components.caps.over(user))
        };
        if !lost.is_zero() {
            self.components.caps.give_back(user, lost);
        }
        lost
    }

    /// Whether a reward relied on something that has been refunded since: the recipient's registration, or
    /// for a share of a retopup every retopup of the recipient older than the one that it is a share of.
    fn is_forfeited(&self, plan: &CompiledPlan, user: UserId, deposit: DepositId, reason: Reason) -> bool {
        let Some(standing) = self.sponsors.standing(user) else {
            return true;
        };
        let relies_on_retopup =
            plan.terms.intake == IntakeRule::AutoPool && matches!(reason, Reason::Generation(_));
        match standing {
            Standing::Gone => true,
            Standing::Registered => relies_on_retopup,
            Standing::Retopped(oldest) => relies_on_retopup && oldest >= deposit,
        }
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
        for (fund, sum) in std::mem::take(&mut release.funds) {
            let held = Account::Held(Beneficiary::Fund(fund));
            push(out, held, Account::Revenue(fund), sum, Reason::Allocated);
        }
        release.order.extend(release.users.iter().map(|sums| sums.user));
        release.order.sort_unstable();
        let order = std::mem::take(&mut release.order);
        for (number, user) in order.iter().enumerate() {
            if number.is_multiple_of(USERS_TOGETHER) {
                let together = order.get(number..).unwrap_or_default();
                let together = together.get(..USERS_TOGETHER).unwrap_or(together);
                self.read_users(together, &release.slots);
            }
            let slot = release.slots.get_mut(user.index()).map(std::mem::take);
            let sums = slot.and_then(|slot| release.users.get(position(slot)));
            let available = sums.map_or(Amount::ZERO, |sums| sums.available);
            self.post_user(plan, *user, release, available, out);
            out.ends_step();
        }
        release.users.clear();
        release.order = order;
        release.order.clear();
        release.reserves.clear();
        release.forfeited.clear();
        release.withheld.clear();
        release.netted.clear();
    }

    fn post_user(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        release: &Release,
        available: Amount,
        out: &mut Outcome,
    ) {
        if let Some(sum) = release.forfeited.get(&user) {
            let refunded = Account::Breakage(BreakageCause::Refunded);
            release_to(out, user, refunded, *sum, Reason::Matured);
        }
        if let Some(sum) = release.withheld.get(&user) {
            release_to(out, user, Account::Tax, *sum, Reason::Withheld);
        }
        if let Some(sum) = release.netted.get(&user) {
            release_to(out, user, Account::Receivable(user), *sum, Reason::Netting);
        }
        if !release.reserves.is_empty() {
            let tiers = release.reserves.range((user, Tier::FIRST)..);
            for ((_, tier), sum) in tiers.take_while(|((owner, _), _)| *owner == user) {
                release_to(out, user, Account::Reserve(user, *tier), *sum, Reason::Matured);
                if let Some(terms) = plan.auto_pool() {
                    self.components.pools.reserve(terms, (user, *tier), *sum);
                }
            }
        }
        let to = self.receive(plan, user, available);
        release_to(out, user, to, available, Reason::Matured);
    }
}

/// A held share that is released.
#[derive(Clone, Copy)]
struct Held {
    deposit: DepositId,
    share: u32,
    from: Account,
}

impl Reasons {
    /// Of what a leg consists.
    fn tell(&self, leg: &Leg, why: &mut Why) {
        if let Some(user) = leg.recipient {
            if leg.reason == Reason::Withheld {
                why.taxed = self.taxed.get(&user).cloned().unwrap_or_default();
                return;
            }
            why.owed = self.owed.get(&user).copied().unwrap_or_default();
        }
        let parts = self.parts.get(&(leg.debit, leg.credit));
        why.parts = parts.cloned().unwrap_or_default();
    }
}

impl Release {
    /// Records where a part of a share goes, if decisions are recorded.
    #[inline]
    fn tell(&mut self, held: Held, to: Account, amount: Amount) {
        if let Some(told) = self.told.as_deref_mut().filter(|_| !amount.is_zero()) {
            told.parts.entry((held.from, to)).or_default().push(HeldPart {
                deposit: held.deposit,
                share: held.share,
                amount,
            });
        }
    }

    /// Makes an amount available to a user, or with zero only notes that there is something about the user.
    #[inline]
    fn add(&mut self, user: UserId, available: Amount) {
        let Some(slot) = self.slots.get_mut(user.index()) else {
            return;
        };
        if let Some(sums) = self.users.get_mut(position(*slot)).filter(|_| *slot != 0) {
            sums.available = plus(sums.available, available);
        } else {
            self.users.push(UserRelease { user, available });
            *slot = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        }
    }
}

fn release_to(out: &mut Outcome, user: UserId, credit: Account, amount: Amount, reason: Reason) {
    let held = Account::Held(Beneficiary::User(user));
    out.moves(Leg::new((held, credit), amount, reason).about(Some(user)));
}

fn cause_index(cause: BreakageCause) -> usize {
    match cause {
        BreakageCause::NoUpline => 0,
        BreakageCause::NotRetopped => 1,
        BreakageCause::Refunded => 2,
        BreakageCause::Unqualified => 3,
        BreakageCause::Inactive => 4,
        BreakageCause::Capped => 5,
        BreakageCause::Flushed => 6,
    }
}

/// The tier of a pool reward that can be reserved.
fn pool_tier(plan: &CompiledPlan, reason: Reason) -> Option<Tier> {
    if let Reason::PoolLayer { tier, layer } = reason {
        return plan.auto_pool()?.is_reserved_layer(layer).then_some(tier);
    }
    None
}

#[cfg(test)]
mod tests;
