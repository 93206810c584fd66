//! The shipped plan of subscriptions, but for its ranks, against the paper of the whole plan.

use std::collections::BTreeMap;

use money::Asset;
use naive::composed::{Bonus, Model, Terms};
use plan::{CompiledPlan, Fact, UserId, compile, workload};
use simulation::parameters::Withdrawals;
use simulation::tape::cause;

use crate::paper::Sums;
use crate::{Replica, active, compare, parameters, play};

const TEXT: &str = include_str!("../../../../plans/subscription.toml");
const USDT: i128 = 1_000_000;

struct Subscriptions<'a> {
    plan: &'a CompiledPlan,
    model: Model,
    paid: BTreeMap<UserId, i128>,
    deposits: Vec<(UserId, i128)>,
}

fn terms(multiple: i128) -> Terms {
    let rates = [
        1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
    ];
    let needed = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];
    Terms {
        tiers: vec![(50 * USDT, 600), (3_001 * USDT, 800), (5_001 * USDT, 1_000)],
        amount_max: None,
        only_working_days: true,
        divisor: 30,
        queue: false,
        multiple: 3,
        user_multiple: Some(multiple),
        generations: rates.into_iter().zip(needed).collect(),
        mode: "physical",
        only_active_directs: false,
        yield_bps: 0,
        bonus: Bonus {
            amount: 10 * USDT,
            for_first_purchase: false,
            use_bps: 1_000,
            use_max: Some(USDT),
        },
        withdrawal: Some((500, USDT)),
    }
}

impl Subscriptions<'_> {
    fn sum(&self, of: impl Fn(&str) -> bool) -> i128 {
        let balances = self.model.balances.iter();
        balances
            .filter(|(account, _)| of(account))
            .map(|(_, balance)| *balance)
            .sum()
    }

    fn one(&self, account: &str) -> i128 {
        self.model.balances.get(account).copied().unwrap_or(0)
    }
}

impl Replica for Subscriptions<'_> {
    fn follow(&mut self, fact: &Fact) {
        if let Fact::Registered { user, amount, .. } | Fact::RetoppedUp { user, amount, .. } = *fact {
            let amount = crate::number(amount);
            *self.paid.entry(user).or_default() += amount;
            self.deposits.push((user, amount));
        } else if let Fact::Refunded { deposit, .. } = fact {
            let (user, amount) = self.deposits[usize::try_from(deposit.get()).unwrap() - 1];
            *self.paid.get_mut(&user).unwrap() -= amount;
        }
        self.model.apply(&cause(self.plan, fact).unwrap());
    }

    fn sums(&self) -> Sums {
        let breakage = self.model.balances.iter().filter_map(|(account, balance)| {
            let cause = account.strip_prefix("breakage:")?;
            (*balance != 0).then(|| (cause.to_owned(), *balance))
        });
        Sums {
            custody: self.one("custody"),
            available: self.sum(|account| account.starts_with("available(")),
            held_for_users: self.sum(|account| account.starts_with("held(")),
            held_for_others: self.sum(|account| account.starts_with("held:")),
            wallets: self.sum(|account| account.starts_with("wallet(")),
            deferred: self.sum(|account| account.starts_with("deferred(")),
            receivable: self.sum(|account| account.starts_with("receivable(")),
            reserved: 0,
            company: self.one("company"),
            residual: 0,
            tax: 0,
            unallocated: self.one("revenue"),
            funds: (1..=3).map(|fund| self.one(&format!("revenue:{fund}"))).collect(),
            breakage: breakage.collect(),
        }
    }

    fn people(&self) -> Vec<(i128, i128)> {
        let of = |(user, paid): (&UserId, &i128)| {
            let wallet = workload::wallet(*user);
            let sum: i128 = ["available", "held", "wallet", "deferred"]
                .map(|kind| self.one(&format!("{kind}({wallet})")))
                .iter()
                .sum();
            (sum - self.one(&format!("receivable({wallet})")), *paid)
        };
        self.paid.iter().map(of).collect()
    }
}

#[test]
fn simulated_subscriptions_are_what_they_are_on_paper() {
    let (before, ranks) = TEXT.split_once("[ranks]").unwrap();
    let (_, withdrawal) = ranks.split_once("[withdrawal]").unwrap();
    let text = format!("{before}[withdrawal]{withdrawal}");
    for (seed, multiple) in [(1, 3), (2, 1), (3, 3)] {
        let text = text.replace("[cap]\nmultiple = 3", &format!("[cap]\nmultiple = {multiple}"));
        let plan = compile(&text).unwrap();
        let (outside, withdrawals) = match seed {
            1 => ("0", Withdrawals::AtOnce),
            2 => ("400", Withdrawals::Never),
            _ => ("400", Withdrawals::AtOnce),
        };
        let played = play(
            &plan,
            &parameters(200, seed, active(Asset::Usdt, outside, withdrawals)),
        );
        let mut replica = Subscriptions {
            plan: &plan,
            model: Model::new(terms(multiple)),
            paid: BTreeMap::new(),
            deposits: Vec::new(),
        };
        compare(&played, &mut replica);
        let last = played.report.months.last().unwrap();
        assert_eq!(seed == 1, last.revenue.is_zero());
        assert!(!last.breakage_total().is_zero() && !last.company.is_zero());
        assert_eq!(seed == 2, last.available.is_zero());
    }
}
