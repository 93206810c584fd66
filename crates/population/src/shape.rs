//! Who joins, who pays again, and when it matures: the same size gives the same history.
//!
//! Everyone registers, under a user of the newer half, so that uplines are long; retopups are spread evenly; each day what is
//! past its cooling-off time matures. What was paid on the last days stays held.

use std::collections::VecDeque;

use money::Amount;
use plan::workload::cause;
use plan::{Cause, CompiledPlan, Day, DepositId, Fact, UserId};

use crate::Causes;

/// Days between a deposit and its maturity.
const COOLING_OFF_DAYS: u32 = 14;
/// Days on which a population joins: so many that most of what it pays is mature at the end.
const DAYS: u32 = 200;
/// Transfers of a registration and of a retopup, maturity included, about.
const TRANSFERS_PER_REGISTRATION: u64 = 5;
const TRANSFERS_PER_RETOPUP: u64 = 22;
const SECONDS_PER_DAY: u64 = 86_400;

/// How large a population is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Users, exactly.
    pub users: u32,
    /// Transfers, at least.
    pub transfers: u64,
}

/// What happens next, for as long as someone asks.
pub(crate) struct History<'a> {
    plan: &'a CompiledPlan,
    size: Size,
    random: u64,
    users: u32,
    deposits: u32,
    retopups: u64,
    day: u32,
    actions_per_day: u32,
    /// Paid actions left on this day.
    left: u32,
    /// What was taken on each day that has not matured, oldest first.
    taken: VecDeque<Amount>,
}

impl Causes for History<'_> {
    fn next(&mut self, transfers: u64) -> Option<Cause> {
        cause(self.plan, &self.next_fact(transfers)?)
    }

    fn time(&self) -> u64 {
        u64::from(self.day) * SECONDS_PER_DAY
    }
}

impl<'a> History<'a> {
    pub(crate) fn new(plan: &'a CompiledPlan, size: Size) -> Self {
        let actions_per_day = (size.users / DAYS).max(4);
        Self {
            plan,
            size,
            random: 20_260_101,
            users: 0,
            deposits: 0,
            retopups: 0,
            day: 0,
            actions_per_day,
            left: actions_per_day,
            taken: VecDeque::from([Amount::ZERO]),
        }
    }

    /// The next fact; `None` when everyone has joined and there are `transfers` enough.
    fn next_fact(&mut self, transfers: u64) -> Option<Fact> {
        if self.users >= self.size.users && transfers >= self.size.transfers {
            return None;
        }
        if self.left == 0 {
            self.mature()
        } else if self.users < self.size.users && !self.owes_a_retopup() {
            self.register()
        } else {
            self.retop_up()
        }
    }

    /// Whether users who are there have paid again less often than the size wants.
    fn owes_a_retopup(&self) -> bool {
        let all = u64::from(self.size.users);
        let wanted = self
            .size
            .transfers
            .saturating_sub(all * TRANSFERS_PER_REGISTRATION);
        let by_now = wanted / TRANSFERS_PER_RETOPUP * u64::from(self.users) / all.max(1);
        self.users > 0 && self.retopups < by_now
    }

    fn register(&mut self) -> Option<Fact> {
        let half = self.users.div_ceil(2);
        let sponsor = self
            .random()
            .checked_rem(u64::from(half))
            .and_then(|back| UserId::new(self.users - u32::try_from(back).ok()?));
        let amount = self.plan.registration_price();
        let (deposit, day) = self.pay(amount)?;
        self.users += 1;
        Some(Fact::Registered {
            user: UserId::new(self.users)?,
            sponsor,
            deposit,
            amount,
            day,
        })
    }

    fn retop_up(&mut self) -> Option<Fact> {
        let user = self.random() % u64::from(self.users.max(1)) + 1;
        let amount = self.plan.retopup_price();
        let (deposit, day) = self.pay(amount)?;
        self.retopups += 1;
        Some(Fact::RetoppedUp {
            user: UserId::new(u32::try_from(user).ok()?)?,
            deposit,
            amount,
            day,
        })
    }

    fn pay(&mut self, amount: Amount) -> Option<(DepositId, Day)> {
        self.deposits += 1;
        self.left -= 1;
        let today = self.taken.back_mut()?;
        *today = today.checked_add(amount).ok()?;
        let day = Day::new(self.day + COOLING_OFF_DAYS);
        Some((DepositId::new(self.deposits)?, day))
    }

    /// The day after, and what matures on it.
    fn mature(&mut self) -> Option<Fact> {
        let through = Day::new(self.day);
        self.day += 1;
        self.left = self.actions_per_day;
        self.taken.push_back(Amount::ZERO);
        let is_due = self.taken.len() > COOLING_OFF_DAYS as usize + 1;
        let amount = if is_due {
            self.taken.pop_front()?
        } else {
            Amount::ZERO
        };
        Some(Fact::EscrowMatured { through, amount })
    }

    /// splitmix64: well mixed, and a few operations.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
