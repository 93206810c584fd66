//! What an auditor keeps on paper: balances added up from legs, rewards from effects, deposits with what they hold. After
//! every fact all of it must agree with the state and with the rules.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Account, AccountKind, Beneficiary, BreakageCause, ClearingCause, Leg, Phase, Reason, Side};
use money::Amount;
use plan::{Book, Cause, ComponentEffect, Day, DepositId, Effect, Outcome, PayoutOutcome, RewardId, UserId};
use proptest::prelude::*;

#[derive(Default)]
pub(crate) struct Paper {
    pub(crate) balances: BTreeMap<Account, i128>,
    custody: i128,
    open: BTreeMap<DepositId, Held>,
    rewards: BTreeMap<RewardId, Reward>,
    day: Option<Day>,
    /// Paid for purchases that stand, and earned, by user.
    invested: BTreeMap<UserId, i128>,
    earned: BTreeMap<UserId, i128>,
    entitled: BTreeMap<UserId, i128>,
    /// Has the chain paid more than the books knew?
    pub(crate) overpaid: bool,
}

struct Held {
    user: UserId,
    amount: i128,
    legs: Vec<(Account, i128)>,
}

struct Reward {
    user: UserId,
    standing: i128,
    released: bool,
}

pub(crate) fn signed(amount: Amount) -> i128 {
    i128::try_from(amount.base_units()).unwrap()
}

/// What a cause brings into custody, less what it takes out.
fn flow(cause: &Cause) -> i128 {
    match cause {
        Cause::Registered(intake) | Cause::RetoppedUp(intake) => signed(intake.amount),
        Cause::Refunded { amount, .. } => -signed(*amount),
        Cause::Funded { amount, .. } => signed(*amount),
        Cause::Claimed { amount, .. }
        | Cause::CreditWithdrawn { amount, .. }
        | Cause::TreasuryPaid { amount, .. } => -signed(*amount),
        Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } => -payouts
            .iter()
            .map(|line| match line.outcome {
                PayoutOutcome::Executed(amount) => signed(amount),
                PayoutOutcome::Credited { .. } | PayoutOutcome::Skipped => 0,
            })
            .sum::<i128>(),
        Cause::EscrowMatured { .. }
        | Cause::UserFrozen { .. }
        | Cause::UserUnfrozen { .. }
        | Cause::Noted
        | Cause::Continued { .. }
        | Cause::Reported(_)
        | Cause::ReserveChosen { .. }
        | Cause::Corrected { .. }
        | Cause::BatchRequested { .. }
        | Cause::BatchReleased { .. }
        | Cause::BatchCancelled { .. }
        | Cause::RootPublished { .. }
        | Cause::RootVetoed { .. } => 0,
    }
}

/// Adds legs to balances by account, each positive on the side on which the account grows.
pub(crate) fn fold(balances: &mut BTreeMap<Account, i128>, legs: &[Leg]) {
    let moves = |leg: &&Leg| matches!(leg.movement.phase(), Phase::Single | Phase::Post);
    for leg in legs.iter().filter(moves) {
        for (account, sign) in [(leg.debit, 1), (leg.credit, -1)] {
            let sign = match account.kind().side() {
                Side::Debit => sign,
                Side::Credit => -sign,
            };
            *balances.entry(account).or_default() += sign * signed(leg.amount);
        }
    }
}

impl Paper {
    fn balance(&self, account: Account) -> i128 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    pub(crate) fn follow(
        &mut self,
        book: &Book,
        cause: &Cause,
        out: &Outcome,
        multiple: Option<i128>,
    ) -> Result<(), TestCaseError> {
        prop_assert!(
            out.legs
                .iter()
                .all(|leg| !leg.amount.is_zero() && leg.debit != leg.credit),
            "{:?}",
            out.legs
        );
        fold(&mut self.balances, &out.legs);
        self.custody += flow(cause);
        self.balances_hold(book)?;
        self.deposits_hold(out)?;
        self.rewards_hold(book, out)?;
        self.cap_holds(out, multiple)?;
        self.users_hold(book)
    }

    /// What came in is there, nothing is overdrawn, and the funds of the state are those of the legs.
    fn balances_hold(&self, book: &Book) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.balance(Account::Custody), self.custody);
        for (account, balance) in &self.balances {
            // What fits nothing may have been sent without having been taken.
            let is_open = matches!(account, Account::Clearing(_) | Account::Custody)
                || (self.overpaid && account.kind() == AccountKind::Receivable);
            prop_assert!(is_open || *balance >= 0, "{} has {}", account, balance);
            if let Account::Revenue(fund) = account {
                prop_assert_eq!(signed(book.state().fund(*fund)), *balance, "{}", account);
            }
        }
        Ok(())
    }

    /// What is held is, account by account, what the deposits hold that can still go back.
    fn deposits_hold(&mut self, out: &Outcome) -> Result<(), TestCaseError> {
        let into: Vec<(Account, i128)> = (out.legs.iter())
            .filter(|leg| leg.credit.kind() == AccountKind::Held)
            .map(|leg| (leg.credit, signed(leg.amount)))
            .collect();
        for effect in &out.effects {
            if let Effect::DepositTaken {
                deposit,
                user,
                amount,
                ..
            } = effect
            {
                let amount = if into.is_empty() { 0 } else { signed(*amount) };
                prop_assert_eq!(into.iter().map(|(_, part)| part).sum::<i128>(), amount);
                *self.invested.entry(*user).or_default() += amount;
                let (user, legs) = (*user, into.clone());
                self.open.insert(*deposit, Held { user, amount, legs });
            } else if let Effect::DepositRefunded { deposit } = effect {
                let held = self.open.remove(deposit).unwrap();
                *self.invested.get_mut(&held.user).unwrap() -= held.amount;
            } else if let Effect::DepositMatured { deposit } = effect {
                prop_assert!(self.open.remove(deposit).is_some());
            }
        }
        let mut held: BTreeMap<Account, i128> = BTreeMap::new();
        for (account, amount) in self.open.values().flat_map(|held| &held.legs) {
            *held.entry(*account).or_default() += amount;
        }
        let found: BTreeMap<Account, i128> = (self.balances.iter())
            .filter(|(account, balance)| account.kind() == AccountKind::Held && **balance != 0)
            .map(|(account, balance)| (*account, *balance))
            .collect();
        prop_assert_eq!(found, held);
        Ok(())
    }

    /// Each reward of a fund is a debit of it, and what is deferred is what is granted and not released or reversed.
    fn rewards_hold(&mut self, book: &Book, out: &Outcome) -> Result<(), TestCaseError> {
        let mut granted: BTreeMap<UserId, i128> = BTreeMap::new();
        for effect in &out.effects {
            let Effect::Component(effect) = effect else {
                continue;
            };
            if let ComponentEffect::DayEnded { day } = effect {
                prop_assert!(self.day.is_none_or(|last| last.next() == *day));
                self.day = Some(*day);
            } else if let ComponentEffect::RewardGranted {
                reward,
                user,
                amount,
                available_at,
                ..
            } = effect
            {
                prop_assert_eq!(usize::try_from(reward.get()).unwrap(), self.rewards.len() + 1);
                prop_assert!(book.state().is_active(*user), "{} gets something", user);
                *granted.entry(*user).or_default() += signed(*amount);
                let entry = Reward {
                    user: *user,
                    standing: signed(*amount),
                    released: self.day.is_some_and(|today| *available_at <= today),
                };
                self.rewards.insert(*reward, entry);
            } else if let ComponentEffect::RewardReleased { reward, user } = effect {
                let entry = self.rewards.get_mut(reward).unwrap();
                prop_assert!(entry.user == *user && !entry.released && entry.standing > 0);
                entry.released = true;
            } else if let ComponentEffect::RewardReversed { reward, user, amount } = effect {
                let entry = self.rewards.get_mut(reward).unwrap();
                entry.standing -= signed(*amount);
                prop_assert!(entry.user == *user && entry.standing >= 0 && !amount.is_zero());
                *self.earned.entry(*user).or_default() -= signed(*amount);
            }
        }
        let mut paid = paid_by_funds(out);
        for (user, amount) in &granted {
            // Accruals that nothing can take back are paid without a number.
            prop_assert!(paid.get(user).is_some_and(|paid| paid >= amount));
            let rest = paid[user] - amount;
            let accrues = out.legs.iter().any(|leg| leg.reason == Reason::Accrual);
            prop_assert!(rest == 0 || accrues);
        }
        for (user, amount) in &mut paid {
            *self.earned.entry(*user).or_default() += *amount;
        }
        let mut deferred: BTreeMap<UserId, i128> = BTreeMap::new();
        for reward in self.rewards.values().filter(|reward| !reward.released) {
            *deferred.entry(reward.user).or_default() += reward.standing;
        }
        for (account, balance) in &self.balances {
            if let Account::Deferred(user) = account {
                prop_assert_eq!(
                    *balance,
                    deferred.remove(user).unwrap_or(0),
                    "deferred of {}",
                    user
                );
            }
        }
        prop_assert!(deferred.values().all(|rest| *rest == 0));
        Ok(())
    }

    /// Nobody is granted more than the cap allows.
    fn cap_holds(&mut self, out: &Outcome, multiple: Option<i128>) -> Result<(), TestCaseError> {
        let mut risen: BTreeSet<UserId> = paid_by_funds(out).into_keys().collect();
        for leg in &out.legs {
            let change = match (leg.debit, leg.credit) {
                (Account::Custody, Account::Held(Beneficiary::User(user))) => {
                    risen.insert(user);
                    Some((user, signed(leg.amount)))
                }
                (Account::Held(Beneficiary::User(user)), Account::Custody)
                | (Account::Held(Beneficiary::User(user)), Account::Breakage(BreakageCause::Refunded)) => {
                    Some((user, -signed(leg.amount)))
                }
                _ => None,
            };
            if let Some((user, change)) = change {
                *self.earned.entry(user).or_default() += change;
            }
        }
        let Some(multiple) = multiple else { return Ok(()) };
        for user in risen {
            let invested = self.invested.get(&user).copied().unwrap_or(0);
            let earned = self.earned[&user];
            prop_assert!(
                earned <= multiple * invested,
                "{} earned {} of {}",
                user,
                earned,
                invested
            );
        }
        Ok(())
    }

    /// Balances of users are those of the state; what a user was ever entitled to never falls.
    fn users_hold(&mut self, book: &Book) -> Result<(), TestCaseError> {
        for number in 1..=u32::try_from(book.state().user_count()).unwrap() {
            let user = UserId::new(number).unwrap();
            let state = book.state();
            prop_assert_eq!(
                signed(state.wallet(user)),
                self.balance(Account::Wallet(user)),
                "wallet of {}",
                user
            );
            let entitled = signed(state.entitled(user));
            let before = self.entitled.insert(user, entitled).unwrap_or(0);
            prop_assert!(entitled >= before);
            if self.overpaid {
                continue;
            }
            prop_assert_eq!(
                signed(state.receivable(user)),
                self.balance(Account::Receivable(user)),
                "debt of {}",
                user
            );
            let payments = state.payments(user);
            let available = self.balance(Account::Available(user));
            prop_assert_eq!(signed(payments.available), available);
            prop_assert_eq!(available, entitled - signed(payments.paid), "{}", user);
        }
        Ok(())
    }
}

/// What funds pay to each user, before tax, instalments and debts.
fn paid_by_funds(out: &Outcome) -> BTreeMap<UserId, i128> {
    let mut paid = BTreeMap::new();
    for leg in &out.legs {
        let is_paid = matches!(leg.debit, Account::Revenue(_))
            && !matches!(
                leg.credit,
                Account::Breakage(_)
                    | Account::Revenue(_)
                    | Account::Custody
                    | Account::Clearing(ClearingCause::UnexpectedTreasury)
            );
        if let Some(user) = leg.recipient.filter(|_| is_paid) {
            *paid.entry(user).or_default() += signed(leg.amount);
        }
    }
    paid
}
