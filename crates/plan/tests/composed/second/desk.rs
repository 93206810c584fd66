//! [`Desk`]: funds, the rewards that they pay, and what is on its way to users: taxes, debts, wallet balances. Users are numbers
//! from 0, and every sum that moves is told.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use naive::Changes;
use naive::told::tell;
use naive::withholding::{Book as Taxes, Entry, withdrawal};

use super::page::Page;

pub(super) type Money = i128;

/// What is paid, by which rule and from which fund.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) user: usize,
    /// Component and rule.
    pub(super) rule: String,
    pub(super) fund: usize,
    pub(super) amount: u128,
    /// The day at whose end it is the user's own, once it is known.
    pub(super) on: Option<u32>,
}

#[derive(Debug)]
struct Reward {
    due: Due,
    instalment: u128,
    reversed: u128,
    /// Among the payments of the tax book.
    taxed: Option<usize>,
    is_released: bool,
}

#[derive(Debug)]
pub(super) struct Desk {
    /// What the last cause moved, and why.
    pub(super) told: Changes,
    /// Of every user.
    pub(super) wallets: Vec<Address>,
    gone: Vec<bool>,
    /// By number; 0 belongs to no fund.
    pub(super) funds: Vec<u128>,
    behind: Vec<Option<usize>>,
    /// What of a fund is not for everyone.
    pub(super) reserved: BTreeMap<u32, u128>,
    reserved_fund: Option<usize>,
    rewards: Vec<Reward>,
    pub(super) taxes: Taxes,
    has_credit_tax: bool,
    debts: BTreeMap<usize, u128>,
    balances: BTreeMap<usize, u128>,
    entitled: BTreeMap<usize, u128>,
    corrected: BTreeMap<usize, u128>,
    /// Fee and smallest amount, in plans with wallet balances.
    withdrawal: Option<(u128, u128)>,
    pub(super) last_day: Option<u32>,
    is_ending: bool,
}

impl Desk {
    pub(super) fn new(page: &Page) -> Self {
        let behind = page.funds();
        let mut desk = Self {
            told: Changes::new(),
            wallets: Vec::new(),
            gone: Vec::new(),
            funds: vec![0; behind.len()],
            behind,
            reserved: BTreeMap::new(),
            reserved_fund: page.fund_at("orders.fund"),
            rewards: Vec::new(),
            taxes: Taxes::default(),
            has_credit_tax: false,
            debts: BTreeMap::new(),
            balances: BTreeMap::new(),
            entitled: BTreeMap::new(),
            corrected: BTreeMap::new(),
            withdrawal: None,
            last_day: None,
            is_ending: false,
        };
        desk.follow(page);
        desk
    }

    /// Another version of the plan file.
    pub(super) fn follow(&mut self, page: &Page) {
        self.taxes.rules = page.taxes();
        self.has_credit_tax = self.taxes.rules.iter().any(|rule| !rule.at_payout);
        let has_wallets = page.has("withdrawal") || self.taxes.rules.iter().any(|rule| rule.at_payout);
        let fee = page.number("withdrawal.fee_bps").unwrap_or(0).into();
        let least = page.units("withdrawal.min").unwrap_or(0);
        self.withdrawal = has_wallets.then_some((fee, least));
    }

    pub(super) fn tell(&mut self, what: &str, amount: u128) {
        tell(&mut self.told, what.to_owned(), Money::try_from(amount).unwrap());
    }

    fn tell_of(&mut self, what: &str, user: usize, amount: u128) {
        let who = self.wallets[user];
        self.tell(&format!("{what} {who}"), amount);
    }

    pub(super) fn join(&mut self, wallet: Address) -> usize {
        self.wallets.push(wallet);
        self.gone.push(false);
        self.wallets.len() - 1
    }

    pub(super) fn find(&self, wallet: Address) -> Option<usize> {
        self.wallets.iter().position(|known| *known == wallet)
    }

    pub(super) const fn has_credit_tax(&self) -> bool {
        self.has_credit_tax
    }

    pub(super) fn retire(&mut self, user: usize) {
        self.gone[user] = true;
    }

    pub(super) fn is_active(&self, user: usize) -> bool {
        !self.gone[user]
    }

    /// The day on which things happen.
    pub(super) fn today(&self) -> u32 {
        match self.last_day {
            Some(day) if self.is_ending => day,
            Some(day) => day + 1,
            None => 0,
        }
    }

    pub(super) fn begin_day(&mut self, day: u32) {
        self.last_day = Some(day);
        self.is_ending = true;
    }

    pub(super) fn end_day(&mut self) {
        self.is_ending = false;
    }

    pub(super) fn free(&self, fund: usize) -> u128 {
        let kept = match self.reserved_fund == Some(fund) {
            true => self.reserved.values().sum(),
            false => 0,
        };
        self.funds[fund].saturating_sub(kept)
    }

    /// What a fund and all behind it have together.
    pub(super) fn reach(&self, fund: usize) -> u128 {
        self.free(fund) + self.behind[fund].map_or(0, |behind| self.reach(behind))
    }

    /// Brings what is missing from the funds behind; how much of `wanted` is there then.
    pub(super) fn fill(&mut self, fund: usize, wanted: u128) -> u128 {
        let mut missing = wanted.saturating_sub(self.free(fund));
        let mut next = self.behind[fund];
        while let Some(behind) = next {
            let part = missing.min(self.free(behind));
            self.funds[behind] -= part;
            self.funds[fund] += part;
            self.tell("funds allocated moved -", part);
            missing -= part;
            next = self.behind[behind];
        }
        wanted - missing
    }

    /// A rule grants something: nothing to who is gone, and no more than the fund has.
    pub(super) fn grant(&mut self, mut due: Due) -> Option<usize> {
        if due.amount == 0 || self.gone[due.user] {
            return None;
        }
        due.amount = self.fill(due.fund, due.amount);
        if due.amount == 0 {
            return None;
        }
        self.withhold(due.user, due.amount, self.today());
        Some(self.post(due, 0))
    }

    /// Withholds of what is credited now.
    fn withhold(&mut self, user: usize, amount: u128, day: u32) {
        if self.has_credit_tax {
            let user = u32::try_from(user).unwrap();
            self.taxes.pay(user, amount, Some("reward"), day);
        }
    }

    /// Posts what was granted, its tax the last in the tax book.
    pub(super) fn post(&mut self, due: Due, instalment: u128) -> usize {
        let entry = self.taxes.entries.len().checked_sub(1);
        self.post_taxed(due, instalment, entry.filter(|_| self.has_credit_tax))
    }

    pub(super) fn post_taxed(&mut self, due: Due, instalment: u128, taxed: Option<usize>) -> usize {
        self.funds[due.fund] -= due.amount;
        let is_at_once = due
            .on
            .is_some_and(|on| self.last_day.is_some_and(|day| on <= day));
        let (rule, user, amount) = (format!("{} paid", due.rule), due.user, due.amount);
        self.rewards.push(Reward {
            due,
            instalment,
            reversed: 0,
            taxed,
            is_released: is_at_once,
        });
        let number = self.rewards.len() - 1;
        if is_at_once {
            self.deliver(number, &rule);
        } else {
            self.tell_of(&rule, user, amount);
        }
        number
    }

    pub(super) fn granted(&self, reward: usize) -> u128 {
        self.rewards[reward].due.amount
    }

    pub(super) fn schedule(&mut self, reward: usize, day: u32) {
        self.rewards[reward].due.on = Some(day);
    }

    /// A day ends: what waited for it is released, or goes back if its user is gone.
    pub(super) fn release(&mut self, day: u32) {
        for number in 0..self.rewards.len() {
            let reward = &self.rewards[number];
            let (standing, user) = (reward.due.amount - reward.reversed, reward.due.user);
            if reward.is_released || reward.due.on.is_none_or(|on| on > day) || standing == 0 {
                continue;
            }
            if self.gone[user] {
                self.reverse(number, standing);
            } else {
                self.rewards[number].is_released = true;
                self.deliver(number, "rewards matured moved");
            }
        }
    }

    /// Taxes that stand, by policy.
    fn taxes_of(&self, reward: &Reward) -> Vec<(String, u128)> {
        let Some(entry) = reward.taxed.map(|entry| &self.taxes.entries[entry]) else {
            return Vec::new();
        };
        let standing = |amount: u128| amount - share(amount, entry);
        let taxes = entry.taxes.iter();
        taxes
            .map(|tax| (tax.policy.clone(), standing(tax.amount)))
            .collect()
    }

    fn deliver(&mut self, number: usize, why: &str) {
        let reward = &self.rewards[number];
        let user = reward.due.user;
        let instalment = reward.standing_instalment();
        let mut rest = reward.due.amount - reward.reversed - instalment;
        for (policy, tax) in self.taxes_of(reward) {
            rest -= tax;
            self.withheld(user, &policy, tax);
        }
        self.tell_of("binary instalment moved", user, instalment);
        let rest = rest - self.pay_debt(user, rest);
        self.tell_of(why, user, rest);
        match self.withdrawal {
            Some(_) => *self.balances.entry(user).or_default() += rest,
            None => *self.entitled.entry(user).or_default() += rest,
        }
    }

    fn withheld(&mut self, user: usize, policy: &str, tax: u128) {
        let who = self.wallets[user];
        self.tell(
            &format!("withholding withheld moved {who} = withholding {policy}"),
            tax,
        );
    }

    fn pay_debt(&mut self, user: usize, at_most: u128) -> u128 {
        let debt = self.debts.entry(user).or_default();
        let paid = at_most.min(*debt);
        *debt -= paid;
        self.tell_of("escrow netting moved", user, paid);
        paid
    }

    /// The cause of a reward went back, or a part of it.
    pub(super) fn reverse(&mut self, number: usize, part: u128) {
        let reward = &self.rewards[number];
        let part = part.min(reward.due.amount - reward.reversed);
        if part == 0 {
            return;
        }
        let (user, fund, taxed) = (reward.due.user, reward.due.fund, reward.taxed);
        let before = reward.standing_instalment();
        let tax: u128 = taxed.map_or(0, |entry| {
            let given = self.taxes.reverse(entry, part);
            given.into_iter().map(|(_, amount)| amount).sum()
        });
        let reward = &mut self.rewards[number];
        reward.reversed += part;
        if reward.is_released {
            let kept = before - reward.standing_instalment();
            *self.debts.entry(user).or_default() += part - tax - kept;
        }
        self.funds[fund] += part;
        self.tell_of("rewards reversed returned", user, part);
    }

    pub(super) fn correct(&mut self, user: usize, amount: u128) {
        let so_far = self.corrected.entry(user).or_default();
        if amount > 0 && *so_far + amount <= self.entitled.get(&user).copied().unwrap_or(0) {
            *so_far += amount;
            *self.debts.entry(user).or_default() += amount;
            self.tell_of("settlement correction moved", user, amount);
        }
    }

    /// A user takes money out of the wallet balance: tax, fee, debts, and the rest.
    pub(super) fn withdraw(&mut self, user: usize, amount: u128) {
        let Some((fee_bps, least)) = self.withdrawal else {
            return;
        };
        let balance = self.balances.get(&user).copied().unwrap_or(0);
        let mut taxes = self.taxes.clone();
        let withheld = taxes.pay(u32::try_from(user).unwrap(), amount, None, self.today());
        let tax = withheld.iter().map(|(_, tax)| tax).sum();
        let (fee, net) = withdrawal(amount, tax, fee_bps);
        if amount > balance || amount < least || net == 0 {
            return;
        }
        self.taxes = taxes;
        self.balances.insert(user, balance - amount);
        for (policy, tax) in withheld {
            self.withheld(user, &policy, tax);
        }
        self.tell_of("withdrawal fee company", user, fee);
        let rest = net - self.pay_debt(user, net);
        self.tell_of("withdrawal withdrawal moved", user, rest);
        *self.entitled.entry(user).or_default() += rest;
    }
}

impl Reward {
    fn standing_instalment(&self) -> u128 {
        self.instalment - self.instalment * self.reversed / self.due.amount
    }
}

/// The part of an amount that belongs to what was reversed.
fn share(amount: u128, entry: &Entry) -> u128 {
    (amount * entry.reversed).checked_div(entry.gross).unwrap_or(0)
}
