//! What a weekly close, a refund and the end of a hold decide.

use ledger::UserId;
use money::Amount;

use plan_file::calendar::Week;

/// A line of a weekly close. Ranks count from 1; 0 is no rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankDecision {
    /// A user reached a title that was never reached before; the weeks of the bonus start again with this one.
    Promoted {
        /// Who.
        user: UserId,
        /// The title before.
        from: u8,
        /// The new one.
        rank: u8,
    },
    /// What a user qualifies for this week. One line for everyone with a rank in this week or in the last close.
    Qualified {
        /// Who.
        user: UserId,
        /// The rank as which the week is paid.
        rank: u8,
        /// Volume of the largest leg.
        main: Amount,
        /// Volume of all other legs.
        other: Amount,
    },
    /// A bonus is granted, out of the budget. `Reason::Rank(rank)`.
    Granted {
        /// To whom.
        user: UserId,
        /// For which rank.
        rank: u8,
        /// For which week: an earlier one if it waited.
        week: Week,
        /// How much.
        amount: Amount,
    },
    /// What the budget does not cover and will not be granted.
    NotCovered {
        /// To whom.
        user: UserId,
        /// For which rank.
        rank: u8,
        /// For which week.
        week: Week,
        /// How much is missing.
        amount: Amount,
    },
    /// What the budget does not cover now: nothing is owed, a later close may grant it.
    Waits {
        /// Who waits.
        user: UserId,
        /// For which rank.
        rank: u8,
        /// For which week.
        week: Week,
        /// How much.
        amount: Amount,
    },
    /// What waited and is not granted, because refunds took away its qualification.
    Lapsed {
        /// Who waited.
        user: UserId,
        /// The rank that still qualifies.
        rank: u8,
        /// For which week.
        week: Week,
        /// How much falls away.
        amount: Amount,
    },
}

/// The sums of a weekly close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Taken from the budget, at most all of it. What is left stays in the fund, roundings included.
    pub granted: Amount,
    /// Not covered and not granted.
    pub not_covered: Amount,
    /// Waits for later closes, with everything that waited before.
    pub waiting: Amount,
}

/// What a held bonus gives back after a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenBack {
    /// Who gives it back.
    pub user: UserId,
    /// The week of the bonus.
    pub week: Week,
    /// The rank for which it was granted.
    pub rank: u8,
    /// The rank that the volumes of that week qualify for now, less than `rank`.
    pub rank_now: u8,
    /// How much goes back to the fund.
    pub amount: Amount,
}

/// A held bonus that became final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matured {
    /// Whose.
    pub user: UserId,
    /// The week of the bonus.
    pub week: Week,
    /// The rank, after what was given back.
    pub rank: u8,
    /// How much, after what was given back.
    pub amount: Amount,
}
