//! A long, plausible history for measurements: the same seed gives the same facts.
//!
//! Users join under random recent users, so that upline chains are long; everybody retops up, so that a retopup
//! pays ten generations; every tenth user reserves pool rewards; each day what is past its cooling-off time
//! matures. Not responsible for timing anything: it has no clock.

use std::collections::VecDeque;

use ledger::{Tier, UserId};
use money::Amount;

use crate::compiled::CompiledPlan;
use crate::{Day, DepositId, Fact, ReserveChoice};

/// Days between a deposit and its maturity.
const COOLING_OFF_DAYS: u32 = 14;
/// Paid actions of one day.
const ACTIONS_PER_DAY: u32 = 5_000;
/// One user in so many reserves.
const RESERVING_USERS: u32 = 10;

/// An endless iterator of facts that follow each other.
#[derive(Clone, Debug)]
pub struct Workload {
    registration: Amount,
    retopup: Amount,
    random: u64,
    users: u32,
    deposits: u32,
    day: u32,
    /// Paid actions left on this day.
    left: u32,
    /// What was taken on each day that has not matured, oldest first.
    taken: VecDeque<Amount>,
    next: Next,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Register,
    Reserve,
    RetopUp,
    Mature,
}

impl Workload {
    /// The history of this seed under a plan.
    #[must_use]
    pub fn new(plan: &CompiledPlan, seed: u64) -> Self {
        Self {
            registration: plan.registration_price(),
            retopup: plan.retopup_price(),
            random: seed,
            users: 0,
            deposits: 0,
            day: 0,
            left: ACTIONS_PER_DAY,
            taken: VecDeque::from([Amount::ZERO]),
            next: Next::Register,
        }
    }

    /// splitmix64: well mixed, and a few operations.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A user of the newer half.
    fn recent_user(&mut self) -> Option<UserId> {
        let half = self.users.div_ceil(2);
        let back = self.random().checked_rem(u64::from(half))?;
        UserId::new(self.users.checked_sub(u32::try_from(back).ok()?)?)
    }

    fn pay(&mut self, amount: Amount) -> Option<(DepositId, Day)> {
        self.deposits = self.deposits.checked_add(1)?;
        self.left = self.left.saturating_sub(1);
        let today = self.taken.back_mut()?;
        *today = today.plus(amount).ok()?;
        let day = Day::new(self.day.checked_add(COOLING_OFF_DAYS)?);
        Some((DepositId::new(self.deposits)?, day))
    }

    /// The day after, and what matures on it.
    fn mature(&mut self) -> Option<Fact> {
        let through = Day::new(self.day);
        self.day = self.day.checked_add(1)?;
        self.left = ACTIONS_PER_DAY;
        self.taken.push_back(Amount::ZERO);
        let is_due = self.taken.len() > usize::try_from(COOLING_OFF_DAYS).ok()?.checked_add(1)?;
        let amount = if is_due {
            self.taken.pop_front()?
        } else {
            Amount::ZERO
        };
        Some(Fact::EscrowMatured { through, amount })
    }
}

impl Iterator for Workload {
    type Item = Fact;

    fn next(&mut self) -> Option<Fact> {
        match self.next {
            Next::Register => {
                let sponsor = self.recent_user();
                let (deposit, day) = self.pay(self.registration)?;
                self.users = self.users.checked_add(1)?;
                self.next = if self.users.is_multiple_of(RESERVING_USERS) {
                    Next::Reserve
                } else {
                    Next::RetopUp
                };
                Some(Fact::Registered {
                    user: UserId::new(self.users)?,
                    sponsor,
                    deposit,
                    amount: self.registration,
                    day,
                })
            }
            Next::Reserve => {
                self.next = Next::RetopUp;
                Some(Fact::ReserveChosen {
                    user: UserId::new(self.users)?,
                    tier: Tier::FIRST,
                    choice: ReserveChoice::In,
                })
            }
            Next::RetopUp => {
                let (deposit, day) = self.pay(self.retopup)?;
                self.next = if self.left == 0 {
                    Next::Mature
                } else {
                    Next::Register
                };
                Some(Fact::RetoppedUp {
                    user: UserId::new(self.users)?,
                    deposit,
                    amount: self.retopup,
                    day,
                })
            }
            Next::Mature => {
                self.next = Next::Register;
                self.mature()
            }
        }
    }
}
