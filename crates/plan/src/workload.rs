//! A long, plausible history for measurements: the same seed gives the same facts.
//!
//! Users join under random recent users, so that upline chains are long; everyone buys a retopup, so that a retopup
//! pays ten generations; every tenth user reserves pool rewards; each day what is past its cooling-off time
//! matures. Not responsible for timing anything: it has no clock.

use std::collections::VecDeque;

use alloy_primitives::{Address, B256, U256};
use ledger::{Tier, UserId};
use money::Amount;

use crate::compiled::CompiledPlan;
use crate::{Cause, Day, DepositId, Fact, Intake, ReserveChoice};

/// Days between a deposit and its maturity.
const COOLING_OFF_DAYS: u32 = 14;
/// Paid actions of one day.
const ACTIONS_PER_DAY: u32 = 5_000;
/// One in this many users reserves.
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
        *today = today.checked_add(amount).ok()?;
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

/// The wallet that stands for a user in [`cause`].
pub fn wallet(user: UserId) -> Address {
    Address::from_word(B256::from(U256::from(user.get())))
}

/// The reference that stands for a deposit in [`cause`].
pub fn deposit_ref(deposit: DepositId) -> B256 {
    B256::from(U256::from(deposit.get()))
}

/// A fact of a workload as the outside would tell it, for a [`Book`](crate::Book) or an inbox. `None` for facts
/// that a workload does not have.
pub fn cause(plan: &CompiledPlan, fact: &Fact) -> Option<Cause> {
    let intake = |user, sponsor: Option<UserId>, deposit, amount, day: Day| Intake {
        deposit_ref: deposit_ref(deposit),
        wallet: wallet(user),
        sponsor: sponsor.map(wallet),
        amount,
        refundable_until: u64::from(day.get()).saturating_mul(86_400),
        plan_hash: plan.hash(),
        disclosure_hash: B256::ZERO,
    };
    match *fact {
        Fact::Registered {
            user,
            sponsor,
            deposit,
            amount,
            day,
        } => Some(Cause::Registered(intake(user, sponsor, deposit, amount, day))),
        Fact::RetoppedUp {
            user,
            deposit,
            amount,
            day,
        } => Some(Cause::RetoppedUp(intake(user, None, deposit, amount, day))),
        Fact::EscrowMatured { through, amount } => Some(Cause::EscrowMatured {
            through_day: through.get(),
            amount,
        }),
        Fact::ReserveChosen { user, tier, choice } => Some(Cause::ReserveChosen {
            wallet: wallet(user),
            tier,
            choice,
        }),
        Fact::Refunded { .. }
        | Fact::Funded { .. }
        | Fact::Frozen { .. }
        | Fact::Unfrozen { .. }
        | Fact::Corrected { .. }
        | Fact::UnexpectedIntake { .. }
        | Fact::UnexpectedRefund { .. }
        | Fact::Component(_)
        | Fact::Noted => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Book, Effect, Outcome, State, compile};

    #[test]
    fn a_book_does_the_same_with_causes_as_a_state_with_facts() {
        let plan = compile(include_str!("../../../plans/auto-pool.toml")).unwrap();
        let (mut book, mut state) = (Book::new(plan.clone()), State::new(&plan));
        let (mut told, mut bare) = (Outcome::default(), Outcome::default());
        let mut maturities = 0;
        for fact in Workload::new(&plan, 7).take(80_000) {
            book.apply(&cause(&plan, &fact).unwrap(), &mut told);
            state.apply(&plan, &fact, &mut bare);
            assert_eq!(told.legs, bare.legs, "{fact:?}");
            assert!(
                !told
                    .effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::Discrepancy { .. }))
            );
            maturities += usize::from(matches!(fact, Fact::EscrowMatured { .. }) && !bare.legs.is_empty());
        }
        assert_eq!(book.state(), &state);
        assert!(maturities > 0);
    }
}
