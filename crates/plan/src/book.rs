//! [`Book`]: a plan, its state, and the directory from wallets and references to dense ids.

mod code;
mod continuation;
mod report;
mod settlement;

use std::collections::HashMap;

use alloy_primitives::{Address, B256};
use ledger::UserId;
use money::Amount;

use crate::compiled::CompiledPlan;
use crate::outcome::Parts;
use crate::state::Origin;
use crate::{
    Cause, Day, DepositId, DiscrepancyCause, Effect, Fact, IgnoredCause, Intake, Outcome, Plans, State,
};

pub use code::{BOOK_FORMAT, NotABook};
pub use continuation::FACT_LEGS_MAX;

/// Applies causes, one after another. The same causes in the same order give the same book.
#[derive(Clone, Debug)]
pub struct Book {
    plan: CompiledPlan,
    state: State,
    users: HashMap<Address, UserId>,
    deposits: HashMap<B256, DepositId>,
    /// By user id, from 1.
    wallets: Vec<Address>,
    references: report::References,
    /// Plans that the book may change to.
    versions: Vec<CompiledPlan>,
    /// Plans that were in force before.
    former: Vec<CompiledPlan>,
    /// Maximum number of legs, and of effects, of a fact.
    legs_max: usize,
    /// What the last fact left to those that continue it.
    left: Option<Box<Parts>>,
}

impl Book {
    /// An empty book.
    pub fn new(plan: CompiledPlan) -> Self {
        Self {
            state: State::new(&plan),
            plan,
            users: HashMap::new(),
            deposits: HashMap::new(),
            wallets: Vec::new(),
            references: report::References::default(),
            versions: Vec::new(),
            former: Vec::new(),
            legs_max: FACT_LEGS_MAX,
            left: None,
        }
    }

    /// The same book, which may change to these plans when a [`Report::PlanChanged`](crate::Report) says so.
    #[must_use]
    pub fn with_versions(mut self, versions: Vec<CompiledPlan>) -> Self {
        self.versions = versions;
        self
    }

    /// Applies a cause and says what it does, or the first part of it: see [`Book::next_part`]. Total, like
    /// [`State::apply`]; `out` is emptied first.
    pub fn apply(&mut self, cause: &Cause, out: &mut Outcome) {
        if let Cause::Continued { part } = *cause {
            return self.go_on(part, out);
        }
        self.apply_whole(cause, out);
        self.cut(out);
    }

    fn apply_whole(&mut self, cause: &Cause, out: &mut Outcome) {
        match cause {
            Cause::Registered(intake) => self.register(intake, out),
            Cause::RetoppedUp(intake) => self.retop_up(intake, out),
            Cause::Refunded {
                deposit_ref, amount, ..
            } => {
                let fact = match self.deposits.get(deposit_ref) {
                    Some(deposit) => Fact::Refunded {
                        deposit: *deposit,
                        amount: *amount,
                    },
                    None => Fact::UnexpectedRefund { amount: *amount },
                };
                self.state.apply(&self.plan, &fact, out);
            }
            Cause::EscrowMatured {
                through_day, amount, ..
            } => self.apply_fact(
                &Fact::EscrowMatured {
                    through: Day::new(*through_day),
                    amount: *amount,
                },
                out,
            ),
            Cause::Funded { amount, .. } => self.apply_fact(&Fact::Funded { amount: *amount }, out),
            Cause::UserFrozen { wallet, until } => self.about(
                *wallet,
                |user| Fact::Frozen { user, until: *until },
                unknown_wallet(),
                out,
            ),
            Cause::UserUnfrozen { wallet } => {
                self.about(*wallet, |user| Fact::Unfrozen { user }, unknown_wallet(), out);
            }
            Cause::Noted | Cause::Continued { .. } => self.apply_fact(&Fact::Noted, out),
            Cause::BatchRequested { .. }
            | Cause::BatchReleased { .. }
            | Cause::BatchSettled { .. }
            | Cause::BatchCancelled { .. }
            | Cause::Claimed { .. }
            | Cause::LeavesSettled { .. }
            | Cause::CreditWithdrawn { .. }
            | Cause::TreasuryPaid { .. }
            | Cause::RootPublished { .. }
            | Cause::RootVetoed { .. } => self.settle(cause, out),
            Cause::ReserveChosen { wallet, tier, choice } => self.about(
                *wallet,
                |user| Fact::ReserveChosen {
                    user,
                    tier: *tier,
                    choice: *choice,
                },
                unknown_user(),
                out,
            ),
            Cause::Reported(report) => self.report(report, out),
            Cause::Corrected { wallet, amount } => self.about(
                *wallet,
                |user| Fact::Corrected {
                    user,
                    amount: *amount,
                },
                unknown_user(),
                out,
            ),
        }
    }

    /// The state behind the book.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The plan that is in force.
    pub const fn plan(&self) -> &CompiledPlan {
        &self.plan
    }

    /// All versions so far, for explanations: what was granted keeps the terms of its version.
    pub fn plans(&self) -> Plans<'_> {
        Plans {
            in_force: &self.plan,
            former: &self.former,
        }
    }

    /// The user with this wallet.
    pub fn user_of(&self, wallet: Address) -> Option<UserId> {
        self.users.get(&wallet).copied()
    }

    /// The wallet of a user.
    pub fn wallet_of(&self, user: UserId) -> Option<Address> {
        let position = usize::try_from(user.get()).ok()?.checked_sub(1)?;
        self.wallets.get(position).copied()
    }

    /// The deposit with this reference.
    pub fn deposit_of(&self, deposit_ref: B256) -> Option<DepositId> {
        self.deposits.get(&deposit_ref).copied()
    }

    /// Lifetime entitlement of a wallet.
    pub fn entitled(&self, wallet: Address) -> Amount {
        self.user_of(wallet)
            .map_or(Amount::ZERO, |user| self.state.entitled(user))
    }

    fn register(&mut self, intake: &Intake, out: &mut Outcome) {
        let ids = self.state.next_user().zip(self.state.next_deposit());
        let seen = self.users.contains_key(&intake.wallet) || self.deposits.contains_key(&intake.deposit_ref);
        let Some((user, deposit)) = ids.filter(|_| !seen) else {
            return self.unexpected(intake, out);
        };
        let sponsor = intake.sponsor.and_then(|wallet| self.user_of(wallet));
        let fact = Fact::Registered {
            user,
            sponsor,
            deposit,
            amount: intake.amount,
            day: Day::of_second(intake.refundable_until),
        };
        self.state
            .apply_from(&self.plan, &fact, Some(&origin_of(intake)), out);
        self.users.insert(intake.wallet, user);
        self.deposits.insert(intake.deposit_ref, deposit);
        self.wallets.push(intake.wallet);
        if sponsor.is_none() && intake.sponsor.is_some() {
            out.effects.push(Effect::Discrepancy {
                cause: DiscrepancyCause::UnknownSponsor,
            });
        }
        self.compare_plan(intake, out);
    }

    fn retop_up(&mut self, intake: &Intake, out: &mut Outcome) {
        let ids = self.user_of(intake.wallet).zip(self.state.next_deposit());
        let seen = self.deposits.contains_key(&intake.deposit_ref);
        let Some((user, deposit)) = ids.filter(|_| !seen) else {
            return self.unexpected(intake, out);
        };
        let fact = Fact::RetoppedUp {
            user,
            deposit,
            amount: intake.amount,
            day: Day::of_second(intake.refundable_until),
        };
        self.state
            .apply_from(&self.plan, &fact, Some(&origin_of(intake)), out);
        self.deposits.insert(intake.deposit_ref, deposit);
        self.compare_plan(intake, out);
    }

    /// A payment that was made under another plan is noted.
    fn compare_plan(&self, intake: &Intake, out: &mut Outcome) {
        if intake.plan_hash != self.plan.hash() {
            out.effects.push(Effect::Discrepancy {
                cause: DiscrepancyCause::IntakePlan,
            });
        }
    }

    fn unexpected(&mut self, intake: &Intake, out: &mut Outcome) {
        let fact = Fact::UnexpectedIntake {
            amount: intake.amount,
        };
        self.state.apply(&self.plan, &fact, out);
    }

    fn about(
        &mut self,
        wallet: Address,
        fact: impl FnOnce(UserId) -> Fact,
        stranger: Effect,
        out: &mut Outcome,
    ) {
        match self.user_of(wallet) {
            Some(user) => self.apply_fact(&fact(user), out),
            None => {
                self.apply_fact(&Fact::Noted, out);
                out.effects.push(stranger);
            }
        }
    }

    fn apply_fact(&mut self, fact: &Fact, out: &mut Outcome) {
        self.state.apply(&self.plan, fact, out);
    }
}

const fn origin_of(intake: &Intake) -> Origin {
    Origin {
        wallet: intake.wallet,
        deposit_ref: intake.deposit_ref,
        refundable_until: intake.refundable_until,
    }
}

fn unknown_wallet() -> Effect {
    Effect::Discrepancy {
        cause: DiscrepancyCause::UnknownWallet,
    }
}

fn unknown_user() -> Effect {
    Effect::CommandIgnored {
        cause: IgnoredCause::UnknownUser,
    }
}
