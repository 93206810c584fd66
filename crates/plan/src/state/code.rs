//! The compact form of a [`State`], of plans without components.
//!
//! What was read is used only if it holds together: every number names something that is there. Not responsible for whether it is what
//! the facts give; the caller compares it with the books.

use ledger::UserId;

use super::component::{Components, kept_of};
use super::escrow::{Bucket, Entry, HeldLeg};
use super::payout::{Batch, Hold, Payee, Treasury};
use super::{Debt, Deposit, DepositStatus, State, User, position};
use crate::autopool::{Pools, Seat, TierNodes, TierSet};
use crate::code::{Code, Source, code_struct};
use crate::compiled::CompiledPlan;
use crate::sponsors::Sponsors;
use crate::sponsors::Standing;

code_struct! {
    User { entitled, directs, newest_retopup, registration }
    Seat { chosen, reserving, progressed, first }
    Deposit { user, day, entry, kind, status, next_retopup }
    TierNodes { nodes, places }
    Debt { corrected, open }
    Bucket { entries, legs }
    Entry { deposit, amount, first_leg, legs }
    HeldLeg { amount, beneficiary, reason, recipient }
    Payee { paid, drawn, credit, hold }
    Hold { batch, amount, pending }
    Batch { users }
    Treasury { company, residuals, breakage }
}

impl Code for TierSet {
    fn put(&self, out: &mut Vec<u8>) {
        self.bits().put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        u64::take(from).map(Self::from_bits)
    }
}

impl Code for DepositStatus {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Held => 0,
            Self::Refunded => 1,
            Self::Matured => 2,
        });
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        match u8::take(from)? {
            0 => Some(Self::Held),
            1 => Some(Self::Refunded),
            2 => Some(Self::Matured),
            _ => None,
        }
    }
}

impl State {
    /// Appends the compact form. Nothing is appended of a state with components, which has none, and `false` returned.
    pub(crate) fn write(&self, plan: &CompiledPlan, out: &mut Vec<u8>) -> bool {
        if !self.components.are_kept(plan) || self.versions != Default::default() {
            return false;
        }
        self.sponsors.count().put(out);
        for (sponsor, standing) in self.sponsors.numbers().zip(self.sponsors.standings()) {
            sponsor.put(out);
            standing.put(out);
        }
        self.users.put(out);
        let pools = &self.components.pools;
        pools.seats().put(out);
        self.deposits.put(out);
        pools.tiers().put(out);
        self.escrow.put(out);
        pools.reserves().put(out);
        self.debts.put(out);
        self.facts.put(out);
        self.payees.put(out);
        self.batches.put(out);
        self.treasury.put(out);
        self.release.slots.len().put(out);
        self.components.funds.balances.put(out);
        true
    }

    /// Reads a state that holds together.
    pub(crate) fn read(plan: &CompiledPlan, from: &mut Source<'_>) -> Option<Self> {
        let mut sponsors = Sponsors::new(kept_of(plan));
        for (number, standing) in Vec::<(u32, u32)>::take(from)? {
            let sponsor = UserId::new(number);
            if sponsor.map_or(0, UserId::get) != number {
                return None;
            }
            let user = sponsors.join(sponsor)?;
            sponsors.set_standing(user, Standing::from_number(standing)?);
        }
        let users = Code::take(from)?;
        let seats: Vec<Seat> = Code::take(from)?;
        let deposits = Code::take(from)?;
        let tiers = Code::take(from)?;
        let escrow = Code::take(from)?;
        let mut state = Self {
            sponsors,
            users,
            deposits,
            escrow,
            ..Self::default()
        };
        if seats.len() != state.users.len() {
            return None;
        }
        let pools = Pools::from_parts(seats, tiers, Code::take(from)?)?;
        state.debts = Code::take(from)?;
        state.facts = Code::take(from)?;
        state.payees = Code::take(from)?;
        state.batches = Code::take(from)?;
        state.treasury = Code::take(from)?;
        let slots = usize::take(from)?;
        state.components = Components::of_kept(plan, pools, &Vec::take(from)?);
        if slots > state.users.len() || !state.is_sound(plan) {
            return None;
        }
        state.release.slots.resize(slots, 0);
        Some(state)
    }

    /// Whether every number names something that is there.
    fn is_sound(&self, plan: &CompiledPlan) -> bool {
        let users = self.users.len();
        self.sponsors.count() == users
            && self.components.pools.tiers().len() == usize::from(plan.tiers())
            && self.users_are_sound()
            && self.deposits_are_sound()
            && self.escrow_is_sound()
            && self.money_is_sound()
    }

    fn has_user(&self, number: u32) -> bool {
        position(number) < self.users.len() && number != 0
    }

    fn has_deposit(&self, number: u32) -> bool {
        position(number) < self.deposits.len() && number != 0
    }

    fn users_are_sound(&self) -> bool {
        let standings = self
            .sponsors
            .standings()
            .all(|standing| match Standing::from_number(standing) {
                Some(Standing::Retopped(retopup)) => self.has_deposit(retopup.get()),
                Some(Standing::Registered | Standing::Gone) | None => true,
            });
        let users = self.users.iter().all(|user| {
            let retopped = user.newest_retopup == 0 || self.has_deposit(user.newest_retopup);
            self.has_deposit(user.registration.get()) && retopped
        });
        standings && users
    }

    fn deposits_are_sound(&self) -> bool {
        self.deposits.iter().zip(1u32..).all(|(deposit, number)| {
            let followed = deposit.next_retopup == 0 || self.has_deposit(deposit.next_retopup);
            let held = || {
                let bucket = self.escrow.get(&deposit.day);
                let entry = bucket.and_then(|bucket| bucket.entries.get(place(deposit.entry)));
                entry.is_some_and(|entry| entry.deposit.get() == number)
            };
            let is_placed = deposit.status != DepositStatus::Held || held();
            self.has_user(deposit.user.get()) && followed && is_placed
        })
    }

    fn escrow_is_sound(&self) -> bool {
        self.escrow.values().all(|bucket| {
            let entries = bucket.entries.iter().all(|entry| {
                let end = entry.first_leg.checked_add(entry.legs);
                let is_within = end.is_some_and(|end| end <= bucket.legs.len());
                self.has_deposit(entry.deposit.get()) && is_within
            });
            let legs = bucket.legs.iter().all(|leg| {
                let recipient = leg.recipient == 0 || self.has_user(leg.recipient);
                let beneficiary = ledger::Account::Held(leg.beneficiary).user();
                recipient && beneficiary.is_none_or(|user| self.has_user(user.get()))
            });
            entries && legs
        })
    }

    fn money_is_sound(&self) -> bool {
        let debts = self.debts.keys().all(|user| self.has_user(user.get()));
        let payees = self.payees.iter().all(|(user, payee)| {
            let batch = payee.hold.map(|hold| self.batches.contains_key(&hold.batch));
            self.has_user(user.get()) && payee.drawn <= self.entitled(*user) && batch.unwrap_or(true)
        });
        let batches = (self.batches.values())
            .flat_map(|batch| &batch.users)
            .all(|user| self.has_user(user.get()));
        debts && payees && batches
    }
}

/// Position in an array by a number that counts from 0.
fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
