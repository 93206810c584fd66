//! [`State`]: everything the rules need to know about users, deposits and pools, and one fact after another
//! applied to it.
//!
//! Dense arrays by id. Facts are never refused: what fits nothing goes to clearing with a discrepancy, so that
//! the books hold what the chain holds. Not responsible for wallets and references: see [`Book`](crate::Book).
//!
//! Order inside an [`Outcome`], fixed because a leg's position is its number: first the legs of the payment
//! (sponsor, or layers from the parent upwards, or generations from the sponsor upwards; then the company),
//! then the progressions that they cause, then the reserves that a closing tree releases, by index.

mod code;
pub(crate) mod component;
mod escrow;
mod explained;
mod intake;
mod maturity;
mod payout;
mod prefetch;
mod query;
mod refund;
mod versions;

use std::collections::BTreeMap;

use alloy_primitives::B256;
use ledger::{Account, ClearingCause, Fund, Leg, Reason, UserId};
use money::Amount;

use crate::compiled::CompiledPlan;
use crate::sponsors::Sponsors;
use crate::{Day, DepositId, DepositKind, DiscrepancyCause, Effect, Fact, IgnoredCause, Outcome};

pub use component::Waiting;
pub use explained::HeldShare;
pub(crate) use intake::Origin;
use intake::Payment;
pub use payout::Payments;

/// The state of the plan after some facts. Equal histories give equal states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    sponsors: Sponsors,
    /// By user id, from 1.
    users: Vec<User>,
    /// By deposit id, from 1.
    deposits: Vec<Deposit>,
    /// What is held, by the day on which it matures.
    escrow: BTreeMap<Day, escrow::Bucket>,
    /// An empty bucket, kept for its memory: each day that matures leaves one, each new day takes it.
    spare: escrow::Bucket,
    /// Users whose matured rewards were ever corrected.
    debts: BTreeMap<UserId, Debt>,
    /// Facts so far: the number of the current one while it is applied.
    facts: u64,
    /// Users to whom the chain paid something, or for whom a batch holds something.
    payees: BTreeMap<UserId, payout::Payee>,
    /// Every batch that was ever requested, and the users of those that are live.
    batches: BTreeMap<B256, payout::Batch>,
    /// What belongs to the operator and may be taken out: company, breakage and residuals.
    treasury: payout::Treasury,
    /// Working memory of maturity; empty between facts.
    release: maturity::Release,
    components: component::Components,
    versions: versions::Versions,
}

/// What else is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    entitled: Amount,
    /// Directs so far, refunded ones included.
    directs: u32,
    /// Number of the newest retopup, refunded or not; 0 if there is none.
    newest_retopup: u32,
    /// Deposit of the registration.
    registration: DepositId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Deposit {
    user: UserId,
    day: Day,
    /// Position in the bucket of its day.
    entry: u32,
    kind: DepositKind,
    status: DepositStatus,
    /// Number of the same user's next retopup; 0 if there is none.
    next_retopup: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DepositStatus {
    Held,
    Refunded,
    Matured,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Debt {
    /// Everything ever corrected: never more than the user was entitled to.
    corrected: Amount,
    /// What is not yet netted.
    open: Amount,
}

impl State {
    /// The state before the first fact.
    pub fn new(plan: &CompiledPlan) -> Self {
        Self {
            sponsors: Sponsors::new(component::kept_of(plan)),
            components: component::Components::new(plan),
            ..Self::default()
        }
    }

    /// Applies a fact and says what it does. Total: every fact has an outcome, and its legs conserve money.
    /// `out` is emptied first; reuse it.
    #[inline]
    pub fn apply(&mut self, plan: &CompiledPlan, fact: &Fact, out: &mut Outcome) {
        self.apply_from(plan, fact, None, out);
    }

    /// Applies a fact; a payment has the origin's names in its effects.
    pub(crate) fn apply_from(
        &mut self,
        plan: &CompiledPlan,
        fact: &Fact,
        origin: Option<&Origin>,
        out: &mut Outcome,
    ) {
        self.begin(out);
        match *fact {
            Fact::Registered {
                user,
                sponsor,
                deposit,
                amount,
                day,
            } => {
                if Some(user) == self.next_user() && Some(deposit) == self.next_deposit() {
                    let payment = Payment {
                        user,
                        deposit,
                        amount,
                        day,
                    };
                    self.register(plan, payment, origin, sponsor, out);
                } else {
                    unexpected_intake(amount, out);
                }
            }
            Fact::RetoppedUp {
                user,
                deposit,
                amount,
                day,
            } => {
                if self.user(user).is_some() && Some(deposit) == self.next_deposit() {
                    let payment = Payment {
                        user,
                        deposit,
                        amount,
                        day,
                    };
                    self.pay_again(plan, payment, origin, out);
                } else {
                    unexpected_intake(amount, out);
                }
            }
            Fact::Refunded { deposit, amount } => self.refund(plan, deposit, amount, out),
            Fact::EscrowMatured { through, amount } => self.mature(plan, through, amount, out),
            Fact::Funded { amount } => push(
                out,
                Account::Custody,
                Account::Revenue(Fund::UNALLOCATED),
                amount,
                Reason::Funded,
            ),
            Fact::Frozen { user, until } => self.about_wallet(user, Effect::Frozen { user, until }, out),
            Fact::Unfrozen { user } => self.about_wallet(user, Effect::Unfrozen { user }, out),
            Fact::ReserveChosen { user, tier, choice } => self.choose_reserve(plan, user, tier, choice, out),
            Fact::Corrected { user, amount } => self.correct(user, amount, out),
            Fact::UnexpectedIntake { amount } => unexpected_intake(amount, out),
            Fact::UnexpectedRefund { amount } => unexpected_refund(amount, out),
            Fact::Component(ref fact) => self.apply_component(plan, fact, out),
            Fact::Noted => {}
        }
        self.components.finish(out);
        if out.concerns_operator() {
            self.treasury.follow(out);
        }
    }

    /// Starts the next fact.
    fn begin(&mut self, out: &mut Outcome) {
        self.facts = self.facts.saturating_add(1);
        out.clear();
    }

    fn about_wallet(&self, user: UserId, effect: Effect, out: &mut Outcome) {
        if self.user(user).is_some() {
            out.effects.push(effect);
        } else {
            discrepancy(DiscrepancyCause::UnknownWallet, out);
        }
    }

    /// Takes back matured rewards: the user owes them. No more than the user was ever entitled to, so nobody
    /// can be made to owe what was never received.
    fn correct(&mut self, user: UserId, amount: Amount, out: &mut Outcome) {
        let Some(known) = self.user(user) else {
            ignore(IgnoredCause::UnknownUser, out);
            return;
        };
        let entitled = known.entitled;
        let mut debt = self.debts.get(&user).cloned().unwrap_or_default();
        debt.corrected = plus(debt.corrected, amount);
        if amount.is_zero() || debt.corrected > entitled {
            ignore(IgnoredCause::ExceedsEntitlement, out);
            return;
        }
        debt.open = plus(debt.open, amount);
        self.debts.insert(user, debt);
        let accounts = (Account::Receivable(user), Account::Company);
        out.moves(Leg::new(accounts, amount, Reason::Correction).about(Some(user)));
    }

    /// Takes from what a user owes, and says how much.
    fn net(&mut self, user: UserId, amount: Amount) -> Amount {
        if self.debts.is_empty() {
            return Amount::ZERO;
        }
        let Some(debt) = self.debts.get_mut(&user) else {
            return Amount::ZERO;
        };
        let netted = debt.open.min(amount);
        debt.open = debt.open.saturating_sub(netted);
        netted
    }

    /// Raises a lifetime entitlement.
    fn entitle(&mut self, user: UserId, amount: Amount) {
        if let Some(user) = self.user_mut(user) {
            user.entitled = plus(user.entitled, amount);
        }
    }

    fn user(&self, user: UserId) -> Option<&User> {
        self.users.get(user.index())
    }

    fn user_mut(&mut self, user: UserId) -> Option<&mut User> {
        self.users.get_mut(user.index())
    }
}

/// Position in an array by an id that counts from 1.
fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1)
}

/// The sum. Sums of routed money cannot overflow: at most 2^31 deposits of at most 2^96 base units.
fn plus(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}

/// Adds a leg without recipient and source; nothing for a zero amount.
fn push(out: &mut Outcome, debit: Account, credit: Account, amount: Amount, reason: Reason) {
    out.moves(Leg::new((debit, credit), amount, reason));
}

fn unexpected_intake(amount: Amount, out: &mut Outcome) {
    let clearing = Account::Clearing(ClearingCause::UnexpectedIntake);
    push(out, Account::Custody, clearing, amount, Reason::Unexpected);
    discrepancy(DiscrepancyCause::UnexpectedIntake, out);
}

fn unexpected_refund(amount: Amount, out: &mut Outcome) {
    let clearing = Account::Clearing(ClearingCause::UnexpectedRefund);
    push(out, clearing, Account::Custody, amount, Reason::Unexpected);
    discrepancy(DiscrepancyCause::UnexpectedRefund, out);
}

fn discrepancy(cause: DiscrepancyCause, out: &mut Outcome) {
    out.effects.push(Effect::Discrepancy { cause });
}

fn ignore(cause: IgnoredCause, out: &mut Outcome) {
    out.effects.push(Effect::CommandIgnored { cause });
}
