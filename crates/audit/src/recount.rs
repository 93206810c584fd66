//! The books that follow from facts: every fact applied to an empty plan state, and its outcome recorded.
//!
//! Posting keeps every sum and every count as it goes. Here only what facts say is recorded, and whatever can be summed or
//! counted is summed and counted at the end ([`totals`]), so that a mistake in one shows in the other.

mod component;
mod payout;
mod record;
mod totals;

use ledger::{Account, AccountKind, Beneficiary, Leg, Reason};
use money::Amount;
use plan::{Book, DepositKind, Effect, Funding, Outcome, ReserveChoice};

use crate::books::{
    Books, ContinuedRow, DepositRow, NodeRow, PostedFact, RewardRow, TransferRow, TreeRow, UserRow,
};

/// Times are stored as SQL's `bigint`; what a chain reports beyond is stored as the largest.
const TIME_MAX: u64 = i64::MAX as u64;

/// Facts applied so far, and what they say.
#[derive(Clone, Debug)]
pub struct Recount {
    book: Book,
    outcome: Outcome,
    /// Without what is summed or counted.
    books: Books,
}

impl Recount {
    /// No facts, to be applied to this empty book.
    pub fn new(book: Book) -> Self {
        Self {
            book,
            outcome: Outcome::default(),
            books: Books::default(),
        }
    }

    /// Counts accruals and what funds granted only behind this fact: their tables are younger than the ledger.
    #[must_use]
    pub const fn funded_after(mut self, fact_seq: u64) -> Self {
        self.books.funded_after = fact_seq;
        self
    }

    /// Takes records only behind this fact: their tables are younger than the ledger.
    #[must_use]
    pub const fn recorded_after(mut self, fact_seq: u64) -> Self {
        self.books.recorded_after = fact_seq;
        self
    }

    /// The books that follow.
    #[must_use]
    pub fn into_books(mut self) -> Books {
        totals::add(&mut self.books);
        self.books
    }

    /// Applies the next fact.
    pub fn apply(&mut self, fact: &PostedFact) {
        self.book.apply(&fact.cause, &mut self.outcome);
        let outcome = std::mem::take(&mut self.outcome);
        let mut deposit = None;
        for effect in &outcome.effects {
            if let Effect::DepositTaken { deposit: taken, .. } = effect {
                deposit = Some(taken.get());
            }
            self.take_effect(fact, effect);
        }
        for (number, leg) in (0u32..).zip(&outcome.legs) {
            self.take_leg((fact.seq, number), leg, deposit);
        }
        self.outcome = outcome;
    }

    fn take_leg(&mut self, key: (u64, u32), leg: &Leg, deposit: Option<u32>) {
        let transfer = TransferRow {
            debit: leg.debit.id().get(),
            credit: leg.credit.id().get(),
            amount: leg.amount,
            reason: leg.reason.code(),
            phase: leg.movement.phase().code(),
            resolves: leg
                .movement
                .resolves()
                .map(|pending| (pending.fact_seq, pending.leg)),
        };
        self.books.transfers.insert(key, transfer);
        // A fund's rewards have numbers, days and reversals of their own: they are effects of components.
        let is_reward = leg.reason.is_reward() && leg.debit.kind() != AccountKind::Revenue;
        let (Some(user), Some(source), true) = (leg.recipient, leg.source, is_reward) else {
            return;
        };
        let (tier, distance) = if let Reason::PoolLayer { tier, layer } = leg.reason {
            (Some(u32::from(tier.get())), u32::from(layer))
        } else if let Reason::Generation(generation) = leg.reason {
            (None, u32::from(generation))
        } else {
            (None, 1)
        };
        let reward = RewardRow {
            user: user.get(),
            source: source.get(),
            kind: leg.reason.name().to_owned(),
            tier,
            distance,
            amount: leg.amount,
            deposit: deposit.filter(|_| leg.debit == Account::Custody),
            withheld: withheld(leg.credit),
        };
        self.books.rewards.insert(key, reward);
    }

    fn take_effect(&mut self, fact: &PostedFact, effect: &Effect) {
        match effect {
            Effect::Joined { .. } => self.join(fact, effect),
            Effect::DepositTaken { .. } => self.take_deposit(fact.seq, effect),
            Effect::DepositRefunded { deposit } => self.close_deposit(deposit.get(), "refunded", fact.seq),
            Effect::DepositMatured { deposit } => self.close_deposit(deposit.get(), "matured", fact.seq),
            Effect::UserRefunded { user } => {
                self.change_user(user.get(), |user| "refunded".clone_into(&mut user.status));
            }
            Effect::Frozen { user, until } => {
                self.change_user(user.get(), |user| user.frozen_until = Some(*until.min(&TIME_MAX)));
            }
            Effect::Unfrozen { user } => self.change_user(user.get(), |user| user.frozen_until = None),
            Effect::TreeOpened { .. } | Effect::Placed { .. } | Effect::TreeClosed { .. } => {
                self.take_place(fact.seq, effect);
            }
            Effect::RewardForfeited { deposit, leg } => {
                let caused = self.books.deposits.get(&deposit.get());
                let caused = caused.map_or(0, |deposit| deposit.fact_seq);
                self.books.forfeited.insert((caused, *leg), fact.seq);
            }
            Effect::ReserveSet { user, tier, choice } => {
                let choice = match choice {
                    ReserveChoice::In => "in",
                    ReserveChoice::Out => "out",
                };
                let key = (user.get(), u32::from(tier.get()));
                self.books.choices.insert(key, (choice.to_owned(), fact.seq));
            }
            // The node that a move took says it already.
            Effect::Progressed { .. } => {}
            Effect::Component(effect) => self.take_component(fact.seq, effect),
            Effect::Continues { parts, legs, amount } => {
                let row = ContinuedRow {
                    parts: *parts,
                    legs: u64::from(*legs),
                    amount: *amount,
                };
                self.books.continued.insert(fact.seq, row);
            }
            Effect::PayoutHeld { .. }
            | Effect::PayoutRefused { .. }
            | Effect::PayoutReduced { .. }
            | Effect::PayoutSettled { .. }
            | Effect::PayoutReleased { .. }
            | Effect::Paid { .. }
            | Effect::Claimed { .. } => self.take_payout(fact.seq, effect),
            Effect::BatchHeld { .. } | Effect::BatchExecuted { .. } | Effect::BatchEnded { .. } => {
                self.take_batch(fact.seq, effect);
            }
            // A root is the work of another process; nothing in the books follows from it.
            Effect::RootPublished { .. } | Effect::RootVetoed { .. } => {}
            Effect::CommandIgnored { cause } => self.note(fact.seq, format!("ignored:{}", cause.name())),
            Effect::Discrepancy { cause } => self.note(fact.seq, cause.name().to_owned()),
        }
    }

    fn join(&mut self, fact: &PostedFact, effect: &Effect) {
        if let Effect::Joined {
            user,
            wallet,
            sponsor,
            ordinal,
            ..
        } = effect
        {
            let row = UserRow {
                wallet: *wallet,
                sponsor: sponsor.map(ledger::UserId::get),
                ordinal: *ordinal,
                status: "active".to_owned(),
                frozen_until: None,
                directs: 0,
                retopups: 0,
                registered_fact: fact.seq,
                registered_at: fact.effective_at,
                paid: Amount::ZERO,
            };
            self.books.users.insert(user.get(), row);
        }
    }

    fn take_deposit(&mut self, fact_seq: u64, effect: &Effect) {
        if let Effect::DepositTaken {
            deposit,
            deposit_ref,
            kind,
            user,
            amount,
            refundable_until,
        } = effect
        {
            let kind = match kind {
                DepositKind::Registration => "registration",
                DepositKind::Retopup => "retopup",
            };
            let row = DepositRow {
                deposit_ref: *deposit_ref,
                kind: kind.to_owned(),
                user: user.get(),
                amount: *amount,
                refundable_until: *refundable_until.min(&TIME_MAX),
                state: "held".to_owned(),
                fact_seq,
                closed_fact: None,
            };
            self.books.deposits.insert(deposit.get(), row);
        }
    }

    fn close_deposit(&mut self, deposit: u32, state: &str, fact_seq: u64) {
        if let Some(row) = self.books.deposits.get_mut(&deposit) {
            state.clone_into(&mut row.state);
            row.closed_fact = Some(fact_seq);
        }
    }

    fn take_place(&mut self, fact_seq: u64, effect: &Effect) {
        if let Effect::TreeOpened { tier, tree } = effect {
            let row = TreeRow {
                nodes: 0,
                status: "open".to_owned(),
                opened_fact: fact_seq,
                closed_fact: None,
            };
            self.books.trees.insert((u32::from(tier.get()), tree.get()), row);
        } else if let Effect::TreeClosed { tier, tree } = effect {
            if let Some(row) = self.books.trees.get_mut(&(u32::from(tier.get()), tree.get())) {
                "closed".clone_into(&mut row.status);
                row.closed_fact = Some(fact_seq);
            }
        } else if let Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        } = effect
        {
            let funding = match funding {
                Funding::Registration => "registration",
                Funding::Progression => "progression",
            };
            let row = NodeRow {
                user: user.get(),
                funding: funding.to_owned(),
                fact_seq,
            };
            let key = (u32::from(tier.get()), tree.get(), *index);
            self.books.nodes.insert(key, row);
        }
    }

    fn change_user(&mut self, user: u32, change: impl FnOnce(&mut UserRow)) {
        if let Some(row) = self.books.users.get_mut(&user) {
            change(row);
        }
    }

    fn note(&mut self, fact_seq: u64, cause: String) {
        let next = self
            .books
            .discrepancies
            .range((fact_seq, 0)..=(fact_seq, u32::MAX))
            .next_back()
            .map_or(0, |((_, last), _)| last.saturating_add(1));
        self.books.discrepancies.insert((fact_seq, next), cause);
    }
}

fn withheld(credit: Account) -> Option<String> {
    if let Account::Held(Beneficiary::Breakage(cause)) | Account::Breakage(cause) = credit {
        return Some(cause.name().to_owned());
    }
    let is_residual = matches!(
        credit,
        Account::Held(Beneficiary::Residual(..)) | Account::Residual(..)
    );
    is_residual.then(|| "residual".to_owned())
}

/// A sum that stops at the top; posting would have refused it long before.
fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
