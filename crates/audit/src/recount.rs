//! The books that follow from facts: every fact applied to an empty plan state, and its outcome recorded.
//!
//! This fold is written apart from the one that posting uses, row by row instead of by batch, so that a mistake
//! in one shows in the other.

mod component;
mod payout;

use ledger::{Account, AccountKind, Beneficiary, Leg, Reason};
use money::Amount;
use plan::{Book, DepositKind, Effect, Funding, Outcome, ReserveChoice};

use crate::books::{
    AccountRow, BalanceRow, Books, DepositRow, IncomeRow, NodeRow, PostedFact, RewardRow, TransferRow,
    TreeRow, UserRow,
};

/// Times are stored as SQL's `bigint`; what a chain reports beyond is stored as the largest.
const TIME_MAX: u64 = i64::MAX as u64;

/// Facts applied so far, and the books that follow.
#[derive(Clone, Debug)]
pub struct Recount {
    book: Book,
    outcome: Outcome,
    books: Books,
}

impl Recount {
    /// No facts, to be applied to this empty book.
    #[must_use]
    pub fn new(book: Book) -> Self {
        Self {
            book,
            outcome: Outcome::default(),
            books: Books::default(),
        }
    }

    /// The books.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
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
        self.move_money(key.0, leg);
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
        let withheld = withheld(leg.credit);
        if withheld.is_none() {
            let income = self.books.incomes.entry(user.get()).or_default();
            let counter = income_of(income, leg.reason);
            *counter = sum(*counter, leg.amount);
        }
        let reward = RewardRow {
            user: user.get(),
            source: source.get(),
            kind: leg.reason.name().to_owned(),
            tier,
            distance,
            amount: leg.amount,
            deposit: deposit.filter(|_| leg.debit == Account::Custody),
            withheld,
        };
        self.books.rewards.insert(key, reward);
    }

    fn balance(&mut self, account: Account) -> &mut BalanceRow {
        let id = account.id().get();
        let guarded = account.kind().is_guarded();
        self.books.accounts.entry(id).or_insert_with(|| AccountRow {
            kind: account.kind().name().to_owned(),
            user: account.user().map(ledger::UserId::get),
            detail: account.detail(),
            tree: account.tree().map(ledger::TreeNumber::get),
            guarded,
        });
        self.books.balances.entry(id).or_insert_with(|| BalanceRow {
            guarded,
            ..BalanceRow::default()
        })
    }

    fn take_effect(&mut self, fact: &PostedFact, effect: &Effect) {
        match effect {
            Effect::Joined { .. } => self.join(fact, effect),
            Effect::DepositTaken { .. } => self.take_deposit(fact.seq, effect),
            Effect::DepositRefunded { deposit } => {
                let closed = self.close_deposit(deposit.get(), "refunded", fact.seq);
                if let Some((user, _)) = closed.filter(|(_, kind)| kind == "retopup") {
                    self.change_user(user, |user| user.retopups = user.retopups.saturating_sub(1));
                }
            }
            Effect::DepositMatured { deposit } => {
                self.close_deposit(deposit.get(), "matured", fact.seq);
            }
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
            if let Some(sponsor) = sponsor {
                self.change_user(sponsor.get(), |user| {
                    user.directs = user.directs.saturating_add(1);
                });
            }
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
                DepositKind::Retopup => {
                    self.change_user(user.get(), |user| user.retopups = user.retopups.saturating_add(1));
                    "retopup"
                }
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

    /// Returns user and kind of the deposit.
    fn close_deposit(&mut self, deposit: u32, state: &str, fact_seq: u64) -> Option<(u32, String)> {
        let row = self.books.deposits.get_mut(&deposit)?;
        state.clone_into(&mut row.state);
        row.closed_fact = Some(fact_seq);
        Some((row.user, row.kind.clone()))
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
            let tier = u32::from(tier.get());
            if let Some(row) = self.books.trees.get_mut(&(tier, tree.get())) {
                row.nodes = row.nodes.saturating_add(1);
            }
            let funding = match funding {
                Funding::Registration => "registration",
                Funding::Progression => "progression",
            };
            let row = NodeRow {
                user: user.get(),
                funding: funding.to_owned(),
                fact_seq,
            };
            self.books.nodes.insert((tier, tree.get(), *index), row);
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

const fn income_of(income: &mut IncomeRow, reason: Reason) -> &mut Amount {
    if matches!(reason, Reason::PoolLayer { .. }) {
        &mut income.pool_layer
    } else if matches!(reason, Reason::Generation(_)) {
        &mut income.generation
    } else {
        &mut income.direct
    }
}

/// A sum that stops at the top; posting would have refused it long before.
fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
