//! The facts of a campaign and what follows from them.

use money::Amount;

use ledger::UserId;
use plan_file::Day;

names::ids! {
    /// A conversion: dense, from 1, in the order in which they were reported.
    pub struct ConversionId;
}

/// Who was referred: the same number for the same person, as far as the caller can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefereeKey(pub u64);

/// Something a referred person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The next free id.
    pub id: ConversionId,
    /// Who referred.
    pub referrer: UserId,
    /// Who was referred.
    pub referee: RefereeKey,
    /// The referred person's own account, if there is one: users must not refer themselves.
    pub referee_user: Option<UserId>,
    /// What the person paid; zero for a mere sign-up.
    pub amount: Amount,
    /// When.
    pub day: Day,
}

/// How much of a conversion was reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// What was left of it.
    Whole,
    /// So much of its amount, at most what is left.
    Part(Amount),
}

/// What follows from a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The fund pays this to the user, who has it after the hold.
    Granted {
        /// For which conversion.
        conversion: ConversionId,
        /// To whom.
        user: UserId,
        /// How much.
        amount: Amount,
        /// With the end of which day it is the user's.
        available_at: Day,
    },
    /// This part of the reward, or all of it, is not granted and stays in the fund.
    NotGranted {
        /// For which conversion.
        conversion: ConversionId,
        /// To whom.
        user: UserId,
        /// How much more the conversion would have granted.
        amount: Amount,
        /// Why not.
        cause: NotGrantedCause,
    },
    /// The hold has ended: the grant, less what was reversed, is the user's.
    Matured {
        /// For which conversion.
        conversion: ConversionId,
        /// Whose.
        user: UserId,
        /// How much.
        amount: Amount,
    },
    /// A part of a grant goes back to the fund: from what is held, or as a debt of the user where it had matured.
    Reversed {
        /// For which conversion.
        conversion: ConversionId,
        /// From whom.
        user: UserId,
        /// How much.
        amount: Amount,
        /// Whether it had matured.
        matured: bool,
    },
    /// The user has what an achievement takes.
    Achieved {
        /// Who.
        user: UserId,
        /// Place in the plan's list, from 0.
        achievement: u8,
        /// Whether it is the first time.
        is_first: bool,
    },
    /// After a reversal the user no longer has what an achievement takes.
    AchievementLost {
        /// Who.
        user: UserId,
        /// Place in the plan's list, from 0.
        achievement: u8,
    },
    /// The fact fits nothing, and changes nothing.
    Ignored {
        /// Which conversion.
        conversion: ConversionId,
        /// Why.
        cause: IgnoredCause,
    },
}

names::names! {
    /// Why a conversion brings nothing, or less than its reward. The first that applies is the cause.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum NotGrantedCause {
        /// The campaign did not run on that day.
        OutsideDates = "outside_dates",
        /// The amount is below what qualifies.
        BelowMinimum = "below_minimum",
        /// The referrer is the referee.
        SelfReferral = "self_referral",
        /// Another qualified conversion of the referee stands.
        DuplicateReferee = "duplicate_referee",
        /// The referrer has as much as one may have.
        CappedPerUser = "capped_per_user",
        /// The campaign has granted its budget.
        BudgetExhausted = "budget_exhausted",
        /// The fund does not hold it.
        FundEmpty = "fund_empty",
    }
}

names::names! {
    /// Why a fact changes nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum IgnoredCause {
        /// A conversion that was reported before.
        ConversionKnown = "conversion_known",
        /// A conversion that was not reported, or not yet the ones before it.
        ConversionUnknown = "conversion_unknown",
        /// Nothing of it is left to reverse.
        NothingLeft = "nothing_left",
    }
}
