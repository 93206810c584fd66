//! The compact form of a [`State`], of plans without components.
//!
//! What was read is used only if it holds together: every number names something that is there. Not responsible for whether it is what
//! the facts give; whoever loads it compares it with the books.

use ledger::UserId;

use super::component::{Components, kept_of};
use super::escrow::{Bucket, Entry, HeldLeg};
use super::payout::{Batch, Hold, Payee, Treasury};
use super::standing::Standing;
use super::{Debt, Deposit, DepositStatus, Seat, State, TierSet, TierState, User, position};
use crate::code::{Code, Source, code_struct};
use crate::compiled::CompiledPlan;
use crate::sponsors::Sponsors;

code_struct! {
    User { entitled, directs, newest_retopup, registration }
    Seat { chosen, reserving, progressed, first }
    Deposit { user, day, entry, kind, status, next_retopup }
    TierState { nodes, places }
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
        self.0.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        u64::take(from).map(Self)
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
        if self.components != Components::of_funds(plan, &self.components.funds.balances)
            || self.versions != Default::default()
        {
            return false;
        }
        self.sponsors.count().put(out);
        for (sponsor, standing) in self.sponsors.numbers().zip(self.sponsors.notes()) {
            sponsor.put(out);
            standing.put(out);
        }
        self.users.put(out);
        self.seats.put(out);
        self.deposits.put(out);
        self.tiers.put(out);
        self.escrow.put(out);
        self.reserves.put(out);
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
            if sponsor.map_or(0, UserId::get) != number || Standing::of_note(standing).note() != standing {
                return None;
            }
            let user = sponsors.join(sponsor)?;
            sponsors.set_note(user, standing);
        }
        let mut state = Self {
            sponsors,
            users: Code::take(from)?,
            seats: Code::take(from)?,
            deposits: Code::take(from)?,
            tiers: Code::take(from)?,
            escrow: Code::take(from)?,
            reserves: Code::take(from)?,
            debts: Code::take(from)?,
            facts: Code::take(from)?,
            payees: Code::take(from)?,
            batches: Code::take(from)?,
            treasury: Code::take(from)?,
            ..Self::default()
        };
        let slots = usize::take(from)?;
        state.components = Components::of_funds(plan, &Vec::take(from)?);
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
            && self.seats.len() == users
            && self.tiers.len() == usize::from(plan.tiers())
            && self.users_are_sound()
            && self.deposits_are_sound()
            && self.tiers_are_sound()
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
        let standings = self.sponsors.notes().all(|note| match Standing::of_note(note) {
            Standing::Retopped(retopup) => self.has_deposit(retopup.get()),
            Standing::Registered | Standing::Gone => true,
        });
        let users = self.users.iter().all(|user| {
            let retopped = user.newest_retopup == 0 || self.has_deposit(user.newest_retopup);
            self.has_deposit(user.registration.get()) && retopped
        });
        let first = self.tiers.first().map_or(&[][..], |tier| &tier.nodes);
        let seats = self.seats.iter().zip(1u32..).all(|(seat, number)| {
            let node = seat.first.map(|node| first.get(place(node)));
            node.is_none_or(|found| found.is_some_and(|user| user.get() == number))
        });
        standings && users && seats
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

    fn tiers_are_sound(&self) -> bool {
        self.tiers.iter().all(|tier| {
            let nodes = tier.nodes.iter().all(|user| self.has_user(user.get()));
            let places = tier.places.iter();
            nodes
                && places
                    .into_iter()
                    .all(|(user, node)| tier.nodes.get(place(*node)) == Some(user))
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
        let reserves = self.reserves.iter().all(|((user, tier), amount)| {
            let has_tier = usize::from(tier.get()) <= self.tiers.len();
            self.has_user(user.get()) && has_tier && !amount.is_zero()
        });
        let debts = self.debts.keys().all(|user| self.has_user(user.get()));
        let payees = self.payees.iter().all(|(user, payee)| {
            let batch = payee.hold.map(|hold| self.batches.contains_key(&hold.batch));
            self.has_user(user.get()) && payee.drawn <= self.entitled(*user) && batch.unwrap_or(true)
        });
        let batches = (self.batches.values())
            .flat_map(|batch| &batch.users)
            .all(|user| self.has_user(user.get()));
        reserves && debts && payees && batches
    }
}

/// Position in an array by a number that counts from 0.
fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
