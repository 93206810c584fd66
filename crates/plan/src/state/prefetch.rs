//! Memory read ahead of several facts that are known together, as in every replay.
//!
//! A payment's walk up the sponsor line reads a place of memory that only the step before names, so each step waits for
//! memory; the walks of several payments do not depend on each other, so here they wait together. Nothing is changed or
//! decided: facts give the same without it, later. Not responsible for what facts do.

use std::hint::black_box;

use ledger::{Beneficiary, UserId};

use super::State;
use super::escrow::HeldLeg;
use crate::compiled::{CompiledPlan, IntakeRule};
use crate::{Fact, Outcome};

/// Facts that are read together: what they read stays in the fastest caches until they are applied.
const TOGETHER: usize = 16;

impl State {
    /// Applies facts one after another, each as [`apply`](Self::apply) does, and shows each outcome. Sooner than that,
    /// because what they will read is read together.
    pub fn apply_all<'a>(
        &mut self,
        plan: &CompiledPlan,
        facts: &'a [Fact],
        out: &mut Outcome,
        mut each: impl FnMut(&'a Fact, &Outcome),
    ) {
        for facts in facts.chunks(TOGETHER) {
            self.prefetch(plan, facts);
            for fact in facts {
                self.apply(plan, fact, out);
                each(fact, out);
            }
        }
    }

    /// Reads what these facts will read, as far as it is known before the first of them. Changes nothing.
    fn prefetch(&self, plan: &CompiledPlan, facts: &[Fact]) {
        let users: Vec<UserId> = facts.iter().filter_map(lowest_known).collect();
        match plan.terms.intake {
            IntakeRule::AutoPool => self.read_lines(&users, plan.generation_shares().len()),
            IntakeRule::Subscription => self.read_generations(plan, &users),
            IntakeRule::Booking | IntakeRule::Order | IntakeRule::Joining { .. } => {}
        }
    }

    /// Reads what it takes to let someone join under each of these users. Changes nothing.
    pub fn prefetch_joining(&self, plan: &CompiledPlan, sponsors: &[UserId]) {
        match plan.terms.intake {
            IntakeRule::Subscription => self.read_generations(plan, sponsors),
            IntakeRule::AutoPool | IntakeRule::Booking | IntakeRule::Order | IntakeRule::Joining { .. } => {
                self.read_users(sponsors, &[]);
                let seen = |seen, user| seen ^ self.sponsors.of(user).map_or(0, UserId::get);
                black_box(sponsors.iter().copied().fold(0, seen));
            }
        }
    }

    /// Reads what it takes to let each of these users pay again. Changes nothing.
    pub fn prefetch_paying(&self, plan: &CompiledPlan, users: &[UserId]) {
        match plan.terms.intake {
            IntakeRule::AutoPool => {
                for users in users.chunks(TOGETHER) {
                    self.read_lines(users, plan.generation_shares().len());
                }
            }
            IntakeRule::Subscription => self.read_generations(plan, users),
            IntakeRule::Booking | IntakeRule::Order | IntakeRule::Joining { .. } => {}
        }
    }

    /// The sponsor lines of these users, this many steps up, one step of all lines at a time.
    fn read_lines(&self, users: &[UserId], steps: usize) {
        let mut seen = 0u32;
        let mut uplines = [None; TOGETHER];
        for (upline, user) in uplines.iter_mut().zip(users) {
            *upline = Some(*user);
            seen ^= self.user(*user).map_or(0, |user| user.directs);
        }
        for _ in 0..=steps {
            for upline in &mut uplines {
                *upline = upline.and_then(|user| self.sponsors.of(user));
            }
        }
        // What was read is used, or nothing would be.
        black_box((seen, uplines));
    }

    /// What releasing these legs will read of their recipients.
    pub(super) fn read_recipients(&self, legs: &[HeldLeg], slots: &[u32]) {
        let mut seen = 0u32;
        for leg in legs {
            if let Beneficiary::User(user) = leg.beneficiary {
                let place = user.index();
                seen ^= u32::from(self.sponsors.is_active(user));
                seen ^= self.components.caps.stake(user).mark();
                seen ^= slots.get(place).copied().unwrap_or(0);
            }
        }
        black_box(seen);
    }

    /// What paying these users will read of them.
    pub(super) fn read_users(&self, users: &[UserId], slots: &[u32]) {
        let mut seen = 0u32;
        for user in users {
            let place = user.index();
            seen ^= self.users.get(place).map_or(0, |user| user.directs);
            seen ^= slots.get(place).copied().unwrap_or(0);
        }
        black_box(seen);
    }
}

/// The lowest user of a payment's sponsor line who is known before it.
fn lowest_known(fact: &Fact) -> Option<UserId> {
    match *fact {
        Fact::Registered { sponsor, .. } => sponsor,
        Fact::RetoppedUp { user, .. } => Some(user),
        Fact::Refunded { .. }
        | Fact::EscrowMatured { .. }
        | Fact::Funded { .. }
        | Fact::Frozen { .. }
        | Fact::Unfrozen { .. }
        | Fact::ReserveChosen { .. }
        | Fact::Corrected { .. }
        | Fact::UnexpectedIntake { .. }
        | Fact::UnexpectedRefund { .. }
        | Fact::Component(_)
        | Fact::Noted => None,
    }
}

#[cfg(test)]
mod tests;
