//! Random histories of intakes, refunds, maturities and users' commands.

use alloy_primitives::{B256, U256};
use money::Amount;
use plan::{Cause, Intake, ReserveChoice, Tier};

use crate::{compiled, wallet};

const BNB: u128 = 1_000_000_000_000_000_000;

/// A random history with everything in it that a chain and users can do, sensible and not.
pub(crate) struct History {
    random: u64,
    users: u64,
    deposits: u64,
    day: u32,
    held: Vec<(u64, u64, u128, u32)>,
}

impl History {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: seed,
            users: 0,
            deposits: 0,
            day: 20,
            held: Vec::new(),
        }
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    fn intake(&mut self, user: u64, sponsor: Option<u64>, bnb: u128) -> Intake {
        self.deposits += 1;
        self.held.push((self.deposits, user, bnb * BNB, self.day));
        Intake {
            deposit_ref: B256::from(U256::from(self.deposits)),
            wallet: wallet(user),
            sponsor: sponsor.map(wallet),
            amount: Amount::new(bnb * BNB),
            refundable_until: u64::from(self.day) * 86_400,
            plan_hash: compiled().hash(),
            disclosure_hash: B256::ZERO,
        }
    }

    fn mature(&mut self) -> Cause {
        let through_day = self.day - 1;
        self.day += 1;
        let (due, held) = self.held.iter().partition(|(.., day)| *day <= through_day);
        self.held = held;
        let due: Vec<(u64, u64, u128, u32)> = due;
        let amount = Amount::new(due.iter().map(|(_, _, amount, _)| amount).sum());
        Cause::EscrowMatured { through_day, amount }
    }

    pub(crate) fn next(&mut self) -> Cause {
        let somebody = 1 + self.below(self.users + 1);
        match self.below(40) {
            0..=15 => {
                self.users += 1;
                let sponsor = (self.users > 1).then(|| 1 + (somebody - 1) % (self.users - 1));
                Cause::Registered(self.intake(self.users, sponsor, 20))
            }
            16..=25 => Cause::RetoppedUp(self.intake(somebody, None, 40)),
            26 => Cause::Registered(self.intake(somebody, Some(somebody), 21)),
            27..=28 if !self.held.is_empty() => {
                let index = usize::try_from(self.below(self.held.len() as u64)).unwrap();
                let (deposit, user, amount, _) = self.held.swap_remove(index);
                Cause::Refunded {
                    deposit_ref: B256::from(U256::from(deposit)),
                    wallet: wallet(user),
                    to: wallet(user),
                    amount: Amount::new(amount),
                }
            }
            29..=31 => self.mature(),
            32..=35 => Cause::ReserveChosen {
                wallet: wallet(somebody),
                tier: Tier::FIRST,
                choice: if self.below(3) == 0 {
                    ReserveChoice::Out
                } else {
                    ReserveChoice::In
                },
            },
            36 => Cause::UserFrozen {
                wallet: wallet(somebody),
                until: u64::MAX,
            },
            37 => Cause::UserUnfrozen {
                wallet: wallet(somebody),
            },
            38 => Cause::Corrected {
                wallet: wallet(somebody),
                amount: Amount::new(BNB),
            },
            _ => Cause::Funded {
                from: wallet(somebody),
                amount: Amount::new(3),
            },
        }
    }

    pub(crate) fn take(mut self, length: usize) -> Vec<Cause> {
        (0..length).map(|_| self.next()).collect()
    }
}
