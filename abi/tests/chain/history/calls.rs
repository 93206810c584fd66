//! One random call after the other, mostly such as the contract takes.

mod money;
mod staff;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};

use super::book::{Book, Person};
use super::dice::Dice;
use crate::world::World;

/// Functions that change something, all of them but `grantRole`, which never succeeds, and `enrol`, for which there is no
/// predecessor.
pub(super) const NAMES: [&str; 28] = [
    "register",
    "retopup",
    "refund",
    "refundFor",
    "multicall",
    "sweepMatured",
    "fund",
    "executeBatchPayouts",
    "cancelBatch",
    "publishRoot",
    "vetoRoot",
    "claim",
    "claimTo",
    "claimFor",
    "settleLeaves",
    "withdrawCredit",
    "withdrawCreditFor",
    "freeze",
    "unfreeze",
    "schedule",
    "execute",
    "cancel",
    "revokeSigner",
    "lowerOutflowCap",
    "pause",
    "unpause",
    "revokeRole",
    "renounceRole",
];

/// More than any call of the history needs but those that pay many.
const GAS: u64 = 250_000;
/// The same of those.
const GAS_MANY: u64 = 900_000;
/// How many calls come between a pause and its end.
const PAUSED_CALLS: usize = 4;

pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) from: Address,
    pub(super) value: U256,
    pub(super) gas: u64,
    pub(super) data: Bytes,
}

/// What a call is made of.
pub(super) struct Making<'a> {
    pub(super) book: &'a mut Book,
    pub(super) world: &'a World,
    pub(super) dice: &'a mut Dice,
    /// Time of the block.
    pub(super) now: u64,
}

impl Call {
    fn of<C: SolCall>(from: Address, call: &C) -> Self {
        let name = C::SIGNATURE.split('(').next().expect("a name");
        let pays_many = ["executeBatchPayouts", "settleLeaves"].contains(&name);
        Self {
            name,
            from,
            value: U256::ZERO,
            gas: if pays_many { GAS_MANY } else { GAS },
            data: call.abi_encode().into(),
        }
    }

    const fn with_value(mut self, value: U256) -> Self {
        self.value = value;
        self
    }
}

impl Book {
    /// The calls of a block at `now`; what is paused is lifted first.
    pub(super) fn calls(&mut self, world: &World, dice: &mut Dice, now: u64, count: usize) -> Vec<Call> {
        let is_paused = self.is_paused;
        let mut making = Making {
            book: self,
            world,
            dice,
            now,
        };
        let mut calls = Vec::with_capacity(count);
        if is_paused {
            calls.push(making.unpause());
        }
        let mut paused_at = None;
        while calls.len() < count {
            let call = making.any();
            if call.as_ref().is_some_and(|call| call.name == "pause") {
                paused_at = Some(calls.len());
            }
            calls.extend(call);
            // Some calls meet the pause, and not the rest of the block.
            if paused_at.is_some_and(|at| calls.len() > at + PAUSED_CALLS) && calls.len() < count {
                paused_at = None;
                calls.push(making.unpause());
            }
        }
        calls
    }
}

impl Making<'_> {
    /// A random call; none when there is nothing that it could be about.
    fn any(&mut self) -> Option<Call> {
        match self.dice.below(100) {
            0..8 => self.register(),
            8..20 => self.retopup(),
            20..26 => self.refund(),
            26..29 => Some(self.sweep()),
            29..34 => Some(self.fund()),
            34..42 => self.batch(),
            42..43 => Some(self.cancel_batch()),
            43..45 => self.publish_root(),
            45..46 => self.veto_root(),
            46..58 => self.claim(),
            58..65 => self.settle_leaves(),
            65..68 => self.withdraw_credit(),
            68..71 => self.withdraw_credit_for(),
            71..74 => self.freeze(),
            74..76 => self.unfreeze(),
            76..84 => Some(self.schedule()),
            84..90 => self.execute(),
            90..92 => self.cancel(),
            92..94 => Some(self.revoke_signer()),
            94..95 => Some(self.lower_cap()),
            95..96 => Some(self.pause()),
            96..97 => Some(self.unpause()),
            97..98 => self.revoke_role(),
            98..99 => self.renounce_role(),
            _ => Some(self.grant_role()),
        }
    }

    /// Something that was never there before.
    fn fresh(&mut self) -> B256 {
        self.book.fresh += 1;
        keccak256(("fresh", U256::from(self.book.fresh)).abi_encode())
    }

    /// A registered user whom `wanted` takes, if there is one.
    fn somebody(&mut self, wanted: impl Fn(&Person) -> bool) -> Option<usize> {
        let people = self.book.people.iter().enumerate();
        let found: Vec<usize> = people
            .filter(|(_, person)| person.is_registered && wanted(person))
            .map(|(place, _)| place)
            .collect();
        self.dice.pick(&found).copied()
    }

    /// Anyone at all.
    fn anybody(&mut self) -> Address {
        let place = self.dice.below(self.book.people.len());
        self.book.people[place].address
    }
}
