//! What happened before the close, and what the close must come to: users in a complete binary tree, all of whom paid once.

use std::collections::VecDeque;

use alloy_primitives::{Address, B256, U256};
use anyhow::Context;
use ledger::Fund;
use money::Amount;
use plan::{Cause, CompiledPlan, Day, Intake, Report};
use population::Causes;

/// 2026-03-16 12:00 in UTC, a Monday: everyone pays, and nothing is final before it.
pub(super) const TIME: u64 = 1_773_662_400;
const USDT: u128 = 1_000_000;

/// A tree in which user `n` is sponsored by user `n / 2`, and what each paid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) users: u32,
    paid: u128,
    /// Whether days end before anyone pays.
    begins: bool,
}

impl Shape {
    pub(super) const fn subscriptions(users: u32) -> Self {
        Self {
            users,
            paid: 100 * USDT,
            begins: false,
        }
    }

    pub(super) const fn orders(users: u32) -> Self {
        Self {
            users,
            paid: 150 * USDT,
            begins: true,
        }
    }

    /// Subscriptions, and what all of them accrue in a day: a thirtieth of six per cent each.
    pub(super) fn accrued(self) -> (i64, u128) {
        (
            i64::from(self.users),
            u128::from(self.users) * (self.paid * 6 / 100 / 30),
        )
    }

    /// Commissions of the first five generations, and their sum: shares of eight tenths of what was paid.
    pub(super) fn commissions(self) -> (i64, u128) {
        const RATES: [u128; 5] = [1_000, 700, 500, 300, 200];
        let volume = self.paid * 8 / 10;
        let (mut count, mut sum) = (0, 0);
        for user in 1..=self.users {
            let generations = RATES.iter().take(user.ilog2() as usize);
            for rate in generations {
                count += 1;
                sum += volume * rate / 10_000;
            }
        }
        (count, sum)
    }

    /// Ranks that users reach, by what both of their legs paid: one for each step of the ladder.
    pub(super) fn ranks_reached(self) -> i64 {
        const LADDER: [u128; 6] = [5_000, 10_000, 20_000, 50_000, 100_000, 200_000];
        let mut below = vec![0u64; self.users as usize + 2];
        for user in (1..=self.users as usize).rev() {
            below[user] += 1;
            let whole = below[user];
            below[user / 2] += whole;
        }
        let size = |user: usize| {
            below
                .get(user)
                .copied()
                .filter(|_| user <= self.users as usize)
                .unwrap_or(0)
        };
        let reached = (1..=self.users as usize).map(|user| {
            let other = u128::from(size(2 * user).min(size(2 * user + 1))) * self.paid;
            i64::from(LADDER.iter().any(|step| other >= step * USDT))
        });
        reached.sum()
    }
}

/// The causes before a close.
pub(super) struct History {
    plan_hash: B256,
    shape: Shape,
    users: u32,
    time: u64,
    before: VecDeque<(u64, Cause)>,
    after: VecDeque<(u64, Cause)>,
}

impl History {
    pub(super) fn new(plan: &CompiledPlan, shape: Shape) -> anyhow::Result<Self> {
        let date = |text: &str| Day::of_date(text).context("no date");
        let ended =
            |text: &str| Ok::<_, anyhow::Error>(Cause::Reported(Report::DayEnded { day: date(text)? }));
        let money = Amount::new(u128::from(shape.users) * 1_000 * USDT);
        let all = Amount::new(u128::from(shape.users) * shape.paid);
        let later = TIME + 17 * 86_400;
        let mut before = VecDeque::new();
        if shape.begins {
            before.push_back((TIME, ended("2026-03-15")?));
        }
        let mut after = VecDeque::from([(
            later,
            Cause::EscrowMatured {
                through_day: date("2026-03-30")?.get(),
                amount: all,
            },
        )]);
        after.push_back((later, ended("2026-04-02")?));
        let funds = plan.funds().filter(|(fund, _)| *fund != Fund::UNALLOCATED);
        let funds: Vec<Fund> = funds.map(|(fund, _)| fund).collect();
        for fund in funds {
            let from = Address::repeat_byte(0xfd);
            after.push_back((later, Cause::Funded { from, amount: money }));
            let amount = money;
            after.push_back((later, Cause::Reported(Report::FundAllocated { fund, amount })));
        }
        Ok(Self {
            plan_hash: plan.hash(),
            shape,
            users: 0,
            time: TIME,
            before,
            after,
        })
    }

    fn register(&self) -> Cause {
        let wallet = |user: u32| Address::from_word(B256::from(U256::from(user)));
        Cause::Registered(Intake {
            deposit_ref: B256::from(U256::from(self.users)),
            wallet: wallet(self.users),
            sponsor: (self.users > 1).then(|| wallet(self.users / 2)),
            amount: Amount::new(self.shape.paid),
            refundable_until: TIME + 14 * 86_400,
            plan_hash: self.plan_hash,
            disclosure_hash: B256::ZERO,
        })
    }
}

impl Causes for History {
    fn next(&mut self, _transfers: u64) -> Option<Cause> {
        if let Some((time, cause)) = self.before.pop_front() {
            self.time = time;
            return Some(cause);
        }
        if self.users < self.shape.users {
            self.users += 1;
            self.time = TIME;
            return Some(self.register());
        }
        let (time, cause) = self.after.pop_front()?;
        self.time = time;
        Some(cause)
    }

    fn time(&self) -> u64 {
        self.time
    }
}
