//! Rewards from funds: granted, deferred until their day, released, and reversed when their cause goes back.
//!
//! A reward is a debit of a fund or it is not. Tax is withheld when a reward is granted, instalments after it; both
//! leave the reward when it is released. A reversal before the release gives everything back to the fund; after it
//! what the user had becomes a debt, because an entitlement never falls.

use std::collections::BTreeMap;

use ledger::{Account, Fund, Leg, Reason, UserId};
use money::Amount;

use super::super::{State, plus};
use crate::compiled::CompiledPlan;
pub(super) use crate::component::{Applied, Grant};
use crate::decision::{CapStanding, Rule};
use crate::effect::{ComponentEffect, NotGranted, Record, RewardId, TaxEntry};
use crate::withholding::{Line as TaxLine, Occasion, Payment, Withheld};
use crate::{Day, Outcome};

/// A reward that can still be reversed, or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reward {
    pub(super) user: UserId,
    pub(super) source: Option<UserId>,
    pub(super) reason: Reason,
    fund: Fund,
    /// Before anything is withheld.
    pub(super) gross: Amount,
    /// Paid to the user's instalments.
    instalment: Amount,
    /// What went back of the gross.
    pub(super) reversed: Amount,
    pub(super) withheld: Option<Box<Withheld>>,
    released: bool,
}

/// Rewards from funds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Rewards {
    /// By number, from 1.
    all: Vec<Reward>,
    /// Those that wait, by the day at whose end they are released.
    due: BTreeMap<Day, Vec<RewardId>>,
    /// What components that bring their own rules granted theirs with.
    pub(super) applied: BTreeMap<RewardId, Applied>,
}

impl State {
    /// Grants a reward, as far as registration, cap and fund allow, and says how much and under which number.
    pub(super) fn grant(
        &mut self,
        plan: &CompiledPlan,
        mut grant: Grant,
        out: &mut Outcome,
    ) -> Option<(RewardId, Amount)> {
        let wanted = grant.amount;
        grant.amount = self.grantable(plan, &grant, out);
        if grant.amount.is_zero() {
            return None;
        }
        let withheld = self.withhold_credit(plan, grant.user, grant.amount, grant.reason, out);
        let id = self.post_grant(plan, &grant, withheld, Amount::ZERO, out)?;
        debug_assert!(grant.amount <= wanted);
        Some((id, grant.amount))
    }

    /// What may be granted of the wanted amount; says what may not and why.
    fn grantable(&mut self, plan: &CompiledPlan, grant: &Grant, out: &mut Outcome) -> Amount {
        let wanted = grant.amount;
        if wanted.is_zero() {
            return wanted;
        }
        if !self.is_active(grant.user) {
            not_granted(grant.user, grant.reason, wanted, NotGranted::Refunded, out);
            return Amount::ZERO;
        }
        let cap = CapStanding::of(&self.components.caps, grant.user);
        let within_cap = self.take_cap(plan, grant.user, wanted);
        let (mark, capped) = (out.mark(), wanted.saturating_sub(within_cap));
        not_granted(grant.user, grant.reason, capped, NotGranted::Capped, out);
        out.because_effects(mark, |why| why.rule = Some(Rule::Cap(cap)));
        let covered = self.fill_fund(plan, grant.fund, within_cap, out);
        let short = within_cap.saturating_sub(covered);
        self.components.caps.give_back(grant.user, short);
        not_granted(grant.user, grant.reason, short, NotGranted::FundShort, out);
        covered
    }

    /// Keeps back the tax of a reward that is credited now.
    pub(in crate::state) fn withhold_credit(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        gross: Amount,
        reason: Reason,
        out: &mut Outcome,
    ) -> Option<Box<Withheld>> {
        let terms = plan.terms.components.withholding();
        if !terms.has_credit_basis() {
            return None;
        }
        let payment = Payment {
            user,
            gross,
            occasion: Occasion::Credit(reason),
            day: self.components.today(),
        };
        let withheld = self.components.withholding.withhold(terms, &payment);
        report_withheld(&withheld, out);
        Some(Box::new(withheld))
    }

    /// Posts a reward whose money the fund has, tax and instalment decided.
    pub(super) fn post_grant(
        &mut self,
        plan: &CompiledPlan,
        grant: &Grant,
        withheld: Option<Box<Withheld>>,
        instalment: Amount,
        out: &mut Outcome,
    ) -> Option<RewardId> {
        let id = RewardId::from_index(self.components.rewards.all.len())?;
        let at_once = self
            .components
            .day
            .is_some_and(|today| grant.available_at <= today);
        let reward = Reward::of(grant, withheld, instalment, at_once);
        let mark = out.mark();
        out.change(ComponentEffect::RewardGranted {
            reward: id,
            user: grant.user,
            reason: grant.reason,
            amount: grant.amount,
            available_at: grant.available_at,
        });
        if !at_once {
            out.because_effects(mark, |why| why.taxed = reward.taxed());
        }
        if at_once {
            let from = Account::Revenue(grant.fund);
            self.deliver(plan, &reward, from, grant.reason, out);
        } else {
            out.add(reward_leg(
                &reward,
                (Account::Revenue(grant.fund), Account::Deferred(grant.user)),
                grant.amount,
                grant.reason,
            ));
            if grant.available_at < Day::LAST {
                self.schedule(&[id], grant.available_at);
            }
        }
        out.because(mark, |why| why.granted = Some(grant.reason));
        self.components.rewards.all.push(reward);
        Some(id)
    }

    /// Pays a reward that nothing can take back; no reversal record is kept.
    pub(super) fn pay_final(
        &mut self,
        plan: &CompiledPlan,
        grant: &Grant,
        withheld: Option<Box<Withheld>>,
        out: &mut Outcome,
    ) {
        let reward = Reward::of(grant, withheld, Amount::ZERO, true);
        let (mark, from) = (out.mark(), Account::Revenue(grant.fund));
        self.deliver(plan, &reward, from, grant.reason, out);
        out.because(mark, |why| why.granted = Some(grant.reason));
    }

    /// Fixes the day of rewards that had none yet.
    pub(super) fn schedule(&mut self, rewards: &[RewardId], day: Day) {
        let due = self.components.rewards.due.entry(day).or_default();
        due.extend_from_slice(rewards);
    }

    /// Releases what waited until this day.
    pub(super) fn release_rewards(&mut self, plan: &CompiledPlan, through: Day, out: &mut Outcome) {
        let later = match through.get().checked_add(1) {
            Some(day) => self.components.rewards.due.split_off(&Day::new(day)),
            None => BTreeMap::new(),
        };
        for id in std::mem::replace(&mut self.components.rewards.due, later)
            .into_values()
            .flatten()
        {
            let Some(reward) = self.components.rewards.get(id).cloned() else {
                continue;
            };
            let standing = reward.gross.saturating_sub(reward.reversed);
            if standing.is_zero() {
                continue;
            }
            if !self.is_active(reward.user) {
                self.reverse_reward(id, standing, out);
                out.ends_step();
                continue;
            }
            if let Some(reward) = self.components.rewards.get_mut(id) {
                reward.released = true;
            }
            let (mark, from) = (out.mark(), Account::Deferred(reward.user));
            let told = out.is_explained().then(|| self.reward_standing(id, &reward));
            self.deliver(plan, &reward, from, Reason::Matured, out);
            out.because(mark, |why| why.rule = told.clone().map(Rule::Released));
            out.change(ComponentEffect::RewardReleased {
                reward: id,
                user: reward.user,
            });
            out.ends_step();
        }
    }

    /// Tax, instalment, debt, and the rest to the user.
    fn deliver(
        &mut self,
        plan: &CompiledPlan,
        reward: &Reward,
        from: Account,
        reason: Reason,
        out: &mut Outcome,
    ) {
        let user = reward.user;
        let (mark, owed) = (out.mark(), self.owed_told(user, out));
        let standing = reward.gross.saturating_sub(reward.reversed);
        let (tax, instalment) = reward.standing_parts();
        let mut rest = standing.saturating_sub(tax).saturating_sub(instalment);
        let netted = self.net(user, rest);
        rest = rest.saturating_sub(netted);
        for (to, part, reason) in [
            (Account::Tax, tax, Reason::Withheld),
            (Account::Company, instalment, Reason::Instalment),
            (Account::Receivable(user), netted, Reason::Netting),
        ] {
            out.moves(reward_leg(reward, (from, to), part, reason));
        }
        if !rest.is_zero() {
            let to = self.receive(plan, user, rest);
            out.moves(reward_leg(reward, (from, to), rest, reason));
        }
        out.because(mark, |why| (why.owed, why.taxed) = (owed, reward.taxed()));
    }

    /// What the company has after the legs so far.
    pub(super) fn company_now(&self, out: &Outcome) -> Amount {
        let into = out.legs.iter().filter(|leg| leg.credit == Account::Company);
        let into = into.fold(self.treasury.company(), |sum, leg| plus(sum, leg.amount));
        into.saturating_sub(taken_of(Account::Company, out))
    }

    /// Where matured money of a user goes, counted there.
    pub(in crate::state) fn receive(&mut self, plan: &CompiledPlan, user: UserId, amount: Amount) -> Account {
        if !plan.pays_into_wallet() {
            self.entitle(user, amount);
        } else if !amount.is_zero() {
            let balance = self.components.wallets.entry(user).or_default();
            *balance = plus(*balance, amount);
        }
        plan.own_account(user)
    }

    /// Takes back a part of a reward, because what caused it went back.
    pub(super) fn reverse_reward(&mut self, id: RewardId, part: Amount, out: &mut Outcome) {
        let Some(reward) = self.components.rewards.get_mut(id) else {
            return;
        };
        let part = part.min(reward.gross.saturating_sub(reward.reversed));
        if part.is_zero() {
            return;
        }
        let (mark, before) = (out.mark(), out.is_explained().then(|| reward.clone()));
        let (tax_before, instalment_before) = reward.standing_parts();
        reward.reversed = plus(reward.reversed, part);
        if let Some(withheld) = reward.withheld.as_deref_mut() {
            let given = self.components.withholding.give_back(withheld, part);
            record_tax(&given, Record::TaxReturned, out);
        }
        let (tax_after, instalment_after) = reward.standing_parts();
        let reward = reward.clone();
        let in_company = self.company_now(out);
        let (user, fund) = (reward.user, Account::Revenue(reward.fund));
        if reward.released {
            let tax = tax_before.saturating_sub(tax_after);
            let instalment = instalment_before.saturating_sub(instalment_after);
            let owed = part.saturating_sub(tax).saturating_sub(instalment);
            for (from, amount) in [
                (Account::Tax, tax),
                // What operators took out already cannot come back.
                (Account::Company, instalment.min(in_company)),
                (Account::Receivable(user), owed),
            ] {
                out.moves(reward_leg(&reward, (from, fund), amount, Reason::Reversed));
            }
            self.owe(user, owed);
        } else {
            let accounts = (Account::Deferred(user), fund);
            out.add(reward_leg(&reward, accounts, part, Reason::Reversed));
        }
        let told = before.map(|before| self.reward_standing(id, &before));
        out.because(mark, |why| why.rule = told.clone().map(Rule::Reversed));
        self.components.caps.give_back(user, part);
        out.change(ComponentEffect::RewardReversed {
            reward: id,
            user,
            amount: part,
        });
    }
}

impl Reward {
    fn of(grant: &Grant, withheld: Option<Box<Withheld>>, instalment: Amount, released: bool) -> Self {
        Self {
            user: grant.user,
            source: grant.source,
            reason: grant.reason,
            fund: grant.fund,
            gross: grant.amount,
            instalment,
            reversed: Amount::ZERO,
            withheld,
            released,
        }
    }

    /// What stands of the tax, by policy.
    fn taxed(&self) -> Vec<TaxLine> {
        let taxed = self.withheld.iter().flat_map(|withheld| {
            let lines = withheld.lines();
            lines.map(|line| TaxLine {
                amount: withheld.standing_of(line),
                ..*line
            })
        });
        taxed.collect()
    }

    /// Tax and instalment in what stands: cumulative shares, so that several reversals take what one would.
    fn standing_parts(&self) -> (Amount, Amount) {
        let tax = self
            .withheld
            .as_ref()
            .map_or(Amount::ZERO, |withheld| withheld.standing_total());
        let instalment = self
            .instalment
            .saturating_sub(self.instalment.proportion(self.reversed, self.gross));
        (tax, instalment)
    }
}

impl Rewards {
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    fn get(&self, id: RewardId) -> Option<&Reward> {
        self.all.get(id.index())
    }

    fn get_mut(&mut self, id: RewardId) -> Option<&mut Reward> {
        self.all.get_mut(id.index())
    }
}

/// What the legs so far take from an account.
pub(super) fn taken_of(account: Account, out: &Outcome) -> Amount {
    let from = out.legs.iter().filter(|leg| leg.debit == account);
    from.fold(Amount::ZERO, |sum, leg| plus(sum, leg.amount))
}

fn reward_leg(reward: &Reward, accounts: (Account, Account), amount: Amount, reason: Reason) -> Leg {
    let leg = Leg::new(accounts, amount, reason);
    leg.about(Some(reward.user)).caused_by(reward.source)
}

/// Reports that a rule pays less than it says; nothing for a zero amount.
pub(super) fn not_granted(
    user: UserId,
    reason: Reason,
    amount: Amount,
    cause: NotGranted,
    out: &mut Outcome,
) {
    if !amount.is_zero() {
        out.change(ComponentEffect::NotGranted {
            user,
            reason,
            amount,
            cause,
        });
    }
}

/// Says what each policy keeps back.
pub(in crate::state) fn report_withheld(withheld: &Withheld, out: &mut Outcome) {
    record_tax(withheld, Record::Taxed, out);
    for line in withheld.lines().filter(|line| !line.amount.is_zero()) {
        out.change(ComponentEffect::Withheld {
            user: withheld.user(),
            policy: line.policy.saturating_add(1),
            base: line.base,
            amount: line.amount,
        });
    }
}

/// Records each line of a payment, or of what goes back of one: also those without tax, because thresholds count all payments.
fn record_tax(withheld: &Withheld, record: fn(TaxEntry) -> Record, out: &mut Outcome) {
    for line in withheld.lines() {
        let entry = TaxEntry {
            user: withheld.user(),
            policy: line.policy.saturating_add(1),
            year: line.year,
            gross: withheld.gross(),
            base: line.base,
            amount: line.amount,
        };
        out.change(ComponentEffect::Recorded(record(entry)));
    }
}
