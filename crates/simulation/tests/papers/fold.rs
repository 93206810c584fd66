//! Every shipped plan: the books of a simulation are the plain fold of the legs of its facts, replayed from their causes.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, Reason, Side, UserId};
use plan::{Book, CompiledPlan, Fact, Outcome, compile};
use simulation::parameters::{Activity, Withdrawals};
use simulation::tape::cause;

use crate::paper::Sums;
use crate::{Replica, active, compare, number, parameters, play};

pub(crate) const PLANS: [&str; 6] = [
    include_str!("../../../../plans/auto-pool.toml"),
    include_str!("../../../../plans/auto-pool-rolling.toml"),
    include_str!("../../../../plans/subscription.toml"),
    include_str!("../../../../plans/binary-ev.toml"),
    include_str!("../../../../plans/unilevel-orders.toml"),
    include_str!("../../../../plans/referral-campaign.toml"),
];

struct Fold<'a> {
    plan: &'a CompiledPlan,
    book: Book,
    out: Outcome,
    balances: BTreeMap<Account, i128>,
    paid: BTreeMap<UserId, i128>,
}

impl Fold<'_> {
    fn sum(&self, of: impl Fn(&Account) -> bool) -> i128 {
        let balances = self.balances.iter();
        balances
            .filter(|(account, _)| of(account))
            .map(|(_, balance)| *balance)
            .sum()
    }
}

impl Replica for Fold<'_> {
    fn follow(&mut self, fact: &Fact) {
        self.book.apply(&cause(self.plan, fact).unwrap(), &mut self.out);
        let mut conserved = 0;
        for leg in &self.out.legs {
            let amount = number(leg.amount);
            for (account, sign) in [(leg.debit, 1), (leg.credit, -1)] {
                let sign = match account.kind().side() {
                    Side::Debit => sign,
                    Side::Credit => -sign,
                };
                *self.balances.entry(account).or_default() += sign * amount;
            }
            let source = leg.source.unwrap_or(UserId::new(1).unwrap());
            if leg.debit == Account::Custody && leg.reason != Reason::Funded {
                conserved += amount;
                *self.paid.entry(source).or_default() += amount;
            } else if leg.credit == Account::Custody {
                conserved -= amount;
                *self.paid.entry(source).or_default() -= amount;
            }
        }
        let flow = match fact {
            Fact::Registered { amount, .. } | Fact::RetoppedUp { amount, .. } => number(*amount),
            Fact::Refunded { amount, .. } => -number(*amount),
            _ => 0,
        };
        assert_eq!(conserved, flow, "{fact:?}");
    }

    fn sums(&self) -> Sums {
        let is_own = |account: &Account| matches!(account, Account::Held(Beneficiary::User(_)));
        let mut breakage = BTreeMap::new();
        for (account, balance) in self.balances.iter().filter(|(_, balance)| **balance != 0) {
            if let Account::Breakage(cause) = account {
                breakage.insert(cause.name().to_owned(), *balance);
            }
        }
        let of_fund = |wanted| self.sum(|account| *account == Account::Revenue(wanted));
        Sums {
            custody: self.sum(|account| *account == Account::Custody),
            available: self.sum(|account| matches!(account, Account::Available(_))),
            held_for_users: self.sum(is_own),
            held_for_others: self.sum(|account| matches!(account, Account::Held(_)) && !is_own(account)),
            wallets: self.sum(|account| matches!(account, Account::Wallet(_))),
            deferred: self.sum(|account| matches!(account, Account::Deferred(_))),
            receivable: self.sum(|account| matches!(account, Account::Receivable(_))),
            reserved: self.sum(|account| matches!(account, Account::Reserve(..))),
            company: self.sum(|account| *account == Account::Company),
            residual: self.sum(|account| matches!(account, Account::Residual(..))),
            tax: self.sum(|account| *account == Account::Tax),
            unallocated: of_fund(ledger::Fund::UNALLOCATED),
            funds: self.plan.funds().map(|(fund, _)| of_fund(fund)).collect(),
            breakage,
        }
    }

    fn people(&self) -> Vec<(i128, i128)> {
        let own = |user: UserId| {
            let sum = |account: &Account| account.user() == Some(user);
            let owes = self.sum(|account| *account == Account::Receivable(user));
            self.sum(sum) - 2 * owes
        };
        let users = self.paid.iter();
        users.map(|(user, paid)| (own(*user), *paid)).collect()
    }
}

#[test]
fn what_a_simulation_says_is_the_plain_sum_of_its_facts() {
    for text in PLANS {
        let plan = compile(text).unwrap();
        for seed in 1..=3 {
            let (outside, withdrawals) = match seed {
                1 => ("0", Withdrawals::Never),
                2 => ("700", Withdrawals::Never),
                _ => ("700", Withdrawals::AtOnce),
            };
            let activity: Activity = active(plan.asset(), outside, withdrawals);
            let played = play(&plan, &parameters(400, seed, activity));
            let mut fold = Fold {
                plan: &plan,
                book: Book::new(plan.clone()),
                out: Outcome::default(),
                balances: BTreeMap::new(),
                paid: BTreeMap::new(),
            };
            compare(&played, &mut fold);
            assert_eq!(fold.book.state().user_count(), 400, "{}", plan.name());
        }
    }
}
