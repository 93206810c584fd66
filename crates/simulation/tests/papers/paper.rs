//! [`Paper`]: payments in escrow, rewards of funds that wait, and who has what, kept by hand.

use std::collections::BTreeMap;

/// Sums of everything at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) custody: i128,
    pub(crate) available: i128,
    pub(crate) held_for_users: i128,
    pub(crate) held_for_others: i128,
    pub(crate) wallets: i128,
    pub(crate) deferred: i128,
    pub(crate) receivable: i128,
    pub(crate) reserved: i128,
    pub(crate) company: i128,
    pub(crate) residual: i128,
    pub(crate) tax: i128,
    pub(crate) unallocated: i128,
    pub(crate) funds: Vec<i128>,
    pub(crate) breakage: BTreeMap<String, i128>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    deferred: i128,
    pub(crate) wallet: i128,
    available: i128,
    debt: i128,
    paid: i128,
    pub(crate) is_gone: bool,
}

/// A payment in escrow: so much for each fund, the rest for the company.
#[derive(Clone, Debug)]
struct Deposit {
    user: usize,
    amount: i128,
    for_funds: Vec<(usize, i128)>,
    day: u32,
    is_open: bool,
    is_registration: bool,
}

#[derive(Clone, Debug)]
struct Reward {
    user: usize,
    fund: usize,
    left: i128,
    tax: i128,
    instalment: i128,
    due: Option<u32>,
    is_given: bool,
}

/// Everything but the rules of the components.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paper {
    /// Whether matured rewards go to a wallet balance first.
    pub(crate) has_wallets: bool,
    pub(crate) sums: Sums,
    pub(crate) people: Vec<Person>,
    deposits: Vec<Deposit>,
    rewards: Vec<Reward>,
    /// The last day that ended.
    pub(crate) ended: u32,
}

impl Paper {
    pub(crate) fn new(funds: usize, has_wallets: bool) -> Self {
        let sums = Sums {
            funds: vec![0; funds],
            ..Sums::default()
        };
        Self {
            has_wallets,
            sums,
            ..Self::default()
        }
    }

    /// A payment comes in; who pays for the first time joins.
    pub(crate) fn take(&mut self, user: usize, amount: i128, day: u32, for_funds: Vec<(usize, i128)>) {
        let is_registration = user == self.people.len();
        if is_registration {
            self.people.push(Person::default());
        }
        self.sums.custody += amount;
        self.sums.held_for_others += amount;
        self.people[user].paid += amount;
        self.deposits.push(Deposit {
            user,
            amount,
            for_funds,
            day,
            is_open: true,
            is_registration,
        });
    }

    /// A payment is refunded: whose it was, how much, and whether it was the registration.
    pub(crate) fn refund(&mut self, deposit: usize) -> (usize, i128, bool) {
        let deposit = &mut self.deposits[deposit];
        assert!(deposit.is_open);
        deposit.is_open = false;
        self.sums.custody -= deposit.amount;
        self.sums.held_for_others -= deposit.amount;
        let person = &mut self.people[deposit.user];
        person.paid -= deposit.amount;
        (deposit.user, deposit.amount, deposit.is_registration)
    }

    /// Payments up to this day cannot go back any more.
    pub(crate) fn mature(&mut self, through: u32, expected: i128) {
        let mut total = 0;
        for deposit in self
            .deposits
            .iter_mut()
            .filter(|deposit| deposit.is_open && deposit.day <= through)
        {
            deposit.is_open = false;
            total += deposit.amount;
            let mut rest = deposit.amount;
            for (fund, amount) in &deposit.for_funds {
                self.sums.funds[*fund] += amount;
                rest -= amount;
            }
            self.sums.company += rest;
        }
        self.sums.held_for_others -= total;
        assert_eq!(total, expected, "what the chain matures");
    }

    /// What of the payments in escrow is the company's.
    pub(crate) fn held_for_company(&self) -> i128 {
        let open = self.deposits.iter().filter(|deposit| deposit.is_open);
        open.map(|deposit| {
            let funds: i128 = deposit.for_funds.iter().map(|(_, amount)| amount).sum();
            deposit.amount - funds
        })
        .sum()
    }

    pub(crate) fn funded(&mut self, amount: i128) {
        self.sums.custody += amount;
        self.sums.unallocated += amount;
    }

    pub(crate) fn allocated(&mut self, fund: usize, amount: i128) {
        assert!(amount <= self.sums.unallocated);
        self.sums.unallocated -= amount;
        self.sums.funds[fund] += amount;
    }

    /// A fund grants something that waits until the end of a day, or until one is said; its number.
    pub(crate) fn grant(&mut self, user: usize, fund: usize, amount: i128, due: Option<u32>) -> usize {
        self.grant_taxed(user, fund, amount, (0, 0), due)
    }

    pub(crate) fn grant_taxed(
        &mut self,
        user: usize,
        fund: usize,
        amount: i128,
        (tax, instalment): (i128, i128),
        due: Option<u32>,
    ) -> usize {
        assert!(amount > 0 && !self.people[user].is_gone);
        self.sums.funds[fund] -= amount;
        self.people[user].deferred += amount;
        self.rewards.push(Reward {
            user,
            fund,
            left: amount,
            tax,
            instalment,
            due,
            is_given: false,
        });
        self.rewards.len() - 1
    }

    pub(crate) fn set_due(&mut self, reward: usize, due: u32) {
        self.rewards[reward].due = Some(due);
    }

    /// A day ended: what waited until it is its user's own, or goes back if the user left.
    pub(crate) fn end_day(&mut self, day: u32) {
        assert!(self.ended == 0 || self.ended + 1 == day, "a day after the other");
        self.ended = day;
        for number in 0..self.rewards.len() {
            let reward = self.rewards[number].clone();
            if reward.is_given || reward.left == 0 || reward.due.is_none_or(|due| due > day) {
                continue;
            }
            if self.people[reward.user].is_gone {
                self.reverse(number, reward.left);
                continue;
            }
            self.rewards[number].is_given = true;
            let person = &mut self.people[reward.user];
            person.deferred -= reward.left;
            self.sums.tax += reward.tax;
            self.sums.company += reward.instalment;
            let net = reward.left - reward.tax - reward.instalment;
            let pays_debt = net.min(person.debt);
            person.debt -= pays_debt;
            if self.has_wallets {
                person.wallet += net - pays_debt;
            } else {
                person.available += net - pays_debt;
            }
        }
    }

    /// A part of a reward goes back to its fund.
    pub(crate) fn reverse(&mut self, number: usize, part: i128) {
        let reward = &mut self.rewards[number];
        let part = part.min(reward.left);
        let is_all = part == reward.left;
        reward.left -= part;
        let person = &mut self.people[reward.user];
        self.sums.funds[reward.fund] += part;
        if reward.is_given {
            // Partly reversed rewards are neither taxed nor divided here.
            assert!(is_all || reward.tax + reward.instalment == 0);
            let (tax, instalment) = if is_all {
                (reward.tax, reward.instalment)
            } else {
                (0, 0)
            };
            self.sums.tax -= tax;
            self.sums.company -= instalment;
            person.debt += part - tax - instalment;
        } else {
            person.deferred -= part;
        }
    }

    /// What is left of a withdrawal pays debts first.
    pub(crate) fn withdraw(&mut self, user: usize, amount: i128, fee_bps: u128) {
        let gross = u128::try_from(amount).unwrap();
        let (fee, net) = naive::withholding::withdrawal(gross, 0, fee_bps);
        let (fee, net) = (i128::try_from(fee).unwrap(), i128::try_from(net).unwrap());
        let person = &mut self.people[user];
        assert_eq!(person.wallet, amount, "everything is taken out");
        person.wallet -= amount;
        self.sums.company += fee;
        let pays_debt = net.min(person.debt);
        person.debt -= pays_debt;
        person.available += net - pays_debt;
    }

    pub(crate) fn all(&self) -> Sums {
        let sum = |of: fn(&Person) -> i128| self.people.iter().map(of).sum();
        let mut sums = self.sums.clone();
        sums.available = sum(|person| person.available);
        sums.wallets = sum(|person| person.wallet);
        sums.deferred = sum(|person| person.deferred);
        sums.receivable = sum(|person| person.debt);
        sums.breakage.retain(|_, amount| *amount != 0);
        sums
    }

    pub(crate) fn everybody(&self) -> Vec<(i128, i128)> {
        let received = |person: &Person| person.deferred + person.wallet + person.available - person.debt;
        self.people
            .iter()
            .map(|person| (received(person), person.paid))
            .collect()
    }
}
