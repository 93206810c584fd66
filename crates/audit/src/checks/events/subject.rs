//! What the events say of one batch, user, deposit or root, and of all together.

use alloy_primitives::{Address, B256};
use money::Amount;

use super::Settled;

const SECONDS_PER_DAY: u64 = 86_400;

/// What a batch, or a call that settles leaves, did for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Sent.
    Executed(Amount),
    /// Kept for the user.
    Credited(Amount),
    /// Nothing was due.
    Skipped,
}

impl LineOutcome {
    /// What was sent or kept.
    pub const fn amount(self) -> Amount {
        match self {
            Self::Executed(amount) | Self::Credited(amount) => amount,
            Self::Skipped => Amount::ZERO,
        }
    }
}

/// What happened to a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchEvents {
    /// In the order of the events.
    pub lines: Vec<(Address, LineOutcome)>,
    /// Closing events; more than one is a fault.
    pub settled: Vec<Settled>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
}

/// Leaves of a root that were settled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeavesEvents {
    /// The root.
    pub root: B256,
    /// In the order of the events.
    pub lines: Vec<(Address, LineOutcome)>,
    /// The closing event.
    pub settled: Settled,
}

/// What happened to a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserEvents {
    /// How often the user registered; more than once is a fault.
    pub registrations: u32,
    /// Sent, credited and claimed.
    pub paid: Amount,
    /// Credited and not withdrawn. Negative when more was withdrawn.
    pub credit: i128,
    /// End of the last freeze, unless it was lifted.
    pub frozen_until: Option<u64>,
}

/// What happened to an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositEvents {
    /// Who paid.
    pub user: Address,
    /// Whether it was a registration.
    pub is_registration: bool,
    /// How much.
    pub amount: Amount,
    /// Until when it could be refunded.
    pub refundable_until: u64,
    /// How often the reference was used; more than once is a fault.
    pub intakes: u32,
    /// Whether it went back.
    pub is_refunded: bool,
}

impl DepositEvents {
    /// Whether it is past its cooling-off time.
    pub fn is_matured(&self, matured_through: Option<u64>) -> bool {
        let day = self
            .refundable_until
            .checked_div(SECONDS_PER_DAY)
            .unwrap_or_default();
        !self.is_refunded && matured_through.is_some_and(|through| day <= through)
    }
}

/// A root of liabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootEvents {
    /// Sum of the leaves.
    pub total: Amount,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
    /// Position among all published roots, from 1.
    pub number: u32,
    /// Whether it was vetoed.
    pub is_vetoed: bool,
    /// Whether it was retired after it had matured.
    pub is_retired: bool,
}

impl RootEvents {
    /// Whether nothing can be claimed against it any more.
    pub const fn is_withdrawn(&self) -> bool {
        self.is_vetoed || self.is_retired
    }
}

/// Sums over all events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each but one is the sum of the amounts of the event of the same name"
)]
pub struct EventSums {
    pub registered: Amount,
    pub retopped_up: Amount,
    pub funded: Amount,
    pub refunded: Amount,
    pub matured: Amount,
    pub executed: Amount,
    pub credited: Amount,
    pub claimed: Amount,
    /// The part of `executed` and `credited` that leaves were due, not batches.
    pub of_leaves: Amount,
    pub withdrawn: Amount,
    pub treasury: Amount,
}
