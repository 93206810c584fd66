//! What happened, in the plan's terms: dense ids instead of wallets and references.

mod component;

use components::autopool::ReserveChoice;
use ledger::{DepositId, Tier, UserId};
use money::Amount;
use plan_file::Day;

pub use component::ComponentFact;

/// Which of the two paid actions a deposit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DepositKind {
    /// The first payment of a user.
    Registration,
    /// Any further one.
    Retopup,
}

/// What happened. [`State::apply`](crate::State::apply) is total: every fact has an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A new user's payment was accepted. `user` and `deposit` are the next free ids.
    Registered {
        /// Next free id.
        user: UserId,
        /// The user's sponsor.
        sponsor: Option<UserId>,
        /// Next free id.
        deposit: DepositId,
        /// What was paid.
        amount: Amount,
        /// Day on which the deposit matures.
        day: Day,
    },
    /// A user's further payment was accepted. `deposit` is the next free id.
    RetoppedUp {
        /// Who paid.
        user: UserId,
        /// Next free id.
        deposit: DepositId,
        /// What was paid.
        amount: Amount,
        /// Day on which the deposit matures.
        day: Day,
    },
    /// A deposit was refunded to its payer.
    Refunded {
        /// Which.
        deposit: DepositId,
        /// What the chain sent.
        amount: Amount,
    },
    /// Deposits of days up to this one are past their cooling-off time.
    EscrowMatured {
        /// Last day that matured.
        through: Day,
        /// What left escrow on the chain.
        amount: Amount,
    },
    /// Money came in that belongs to no user.
    Funded {
        /// How much.
        amount: Amount,
    },
    /// A user's payouts are frozen on the chain.
    Frozen {
        /// Whose.
        user: UserId,
        /// Seconds since 1970-01-01 UTC.
        until: u64,
    },
    /// The freeze ended early.
    Unfrozen {
        /// Whose.
        user: UserId,
    },
    /// A user chose about reserving a tier's rewards.
    ReserveChosen {
        /// Who.
        user: UserId,
        /// Which tier's rewards.
        tier: Tier,
        /// In or out.
        choice: ReserveChoice,
    },
    /// A matured reward is taken back.
    Corrected {
        /// From whom.
        user: UserId,
        /// How much.
        amount: Amount,
    },
    /// Money came in that fits nothing: unknown wallet, second registration.
    UnexpectedIntake {
        /// How much.
        amount: Amount,
    },
    /// Money went back that the books do not hold.
    UnexpectedRefund {
        /// How much.
        amount: Amount,
    },
    /// Something that a component of the plan is about.
    Component(ComponentFact),
    /// Something that concerns neither money nor users, or a command about an unknown wallet.
    Noted,
}
