//! What the components of a plan change besides money: subscriptions, ranks, pairs, orders, campaigns, and the
//! rewards that they pay from funds.
//!
//! Every variant has a stable name, at most one user, one number of what it is about and one amount, so that one
//! table holds all of them and a new component needs no other.

use ledger::{Fund, Reason, UserId};
use money::Amount;

use super::record::Record;
use crate::Day;
use crate::binary::Place;

pub use components::component::RewardId;

/// A change that a component of the plan makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentEffect {
    /// A day of the plan's calendar ended.
    DayEnded {
        /// Which.
        day: Day,
    },
    /// The plan's rules are those of another version from here on.
    PlanChanged {
        /// Version of the plan from now on.
        version: u32,
    },
    /// A fund pays a reward.
    RewardGranted {
        /// The new reward.
        reward: RewardId,
        /// To whom.
        user: UserId,
        /// By which rule.
        reason: Reason,
        /// Before anything is withheld.
        amount: Amount,
        /// The day at whose end it is the user's own.
        available_at: Day,
    },
    /// A reward waited long enough and is the user's own.
    RewardReleased {
        /// Which.
        reward: RewardId,
        /// Whose.
        user: UserId,
    },
    /// What caused a reward went back, and so does this part of the reward.
    RewardReversed {
        /// Which.
        reward: RewardId,
        /// Whose.
        user: UserId,
        /// How much of it, before what was withheld.
        amount: Amount,
    },
    /// A rule pays a user this much less than it says.
    NotGranted {
        /// Who.
        user: UserId,
        /// By which rule.
        reason: Reason,
        /// How much less.
        amount: Amount,
        /// Why.
        cause: NotGranted,
    },
    /// Tax was withheld.
    Withheld {
        /// From whom.
        user: UserId,
        /// Place of the policy in the plan file, from 1.
        policy: u8,
        /// Of what the tax is computed.
        base: Amount,
        /// How much.
        amount: Amount,
    },
    /// A user moved money from the wallet balance to what the chain may pay.
    Withdrawn {
        /// Who.
        user: UserId,
        /// What left the wallet balance.
        amount: Amount,
    },
    /// A user received something that can only be spent.
    BonusGranted {
        /// Who.
        user: UserId,
        /// How much.
        amount: Amount,
    },
    /// A subscription was bought.
    SubscriptionBought {
        /// The new subscription.
        subscription: u32,
        /// By whom.
        user: UserId,
        /// For how much, the part that a bonus paid included.
        amount: Amount,
    },
    /// A subscription accrued for a day, before tax is withheld.
    Accrued {
        /// Which.
        subscription: u32,
        /// Whose.
        user: UserId,
        /// How much.
        amount: Amount,
        /// The reward that it is; `None` when nothing can take it back.
        reward: Option<RewardId>,
    },
    /// A subscription ended: it reached its cap, or its payment was refunded.
    SubscriptionEnded {
        /// Which.
        subscription: u32,
        /// Whose.
        user: UserId,
    },
    /// What a fund should have paid or received, and did not for want of money. Nothing is owed for it.
    FundShort {
        /// Which fund.
        fund: Fund,
        /// How much was missing.
        amount: Amount,
    },
    /// A user holds another rank for this week than for the week before.
    RankPaidAs {
        /// Who.
        user: UserId,
        /// Rank from 1; 0 for none.
        rank: u8,
    },
    /// A user reached a rank for the first time. It is a title and is never taken away.
    RankReached {
        /// Who.
        user: UserId,
        /// Rank from 1.
        rank: u8,
    },
    /// A user got a place in the binary tree.
    SidePlaced {
        /// Who.
        user: UserId,
        /// Under whom and on which side; `None` for the first place of all.
        place: Option<Place>,
    },
    /// A user paid enough to count in the legs above, and counts from now on.
    Activated {
        /// Who.
        user: UserId,
    },
    /// A payment of an activated user went back, and the user no longer counts.
    Deactivated {
        /// Who.
        user: UserId,
    },
    /// A pair was matched.
    PairMatched {
        /// For whom.
        user: UserId,
        /// Which of the user's pairs, from 1.
        number: u32,
        /// What it pays, before anything is withheld.
        amount: Amount,
    },
    /// A month of pairs was closed.
    PairsClosed {
        /// Which: `12 × year + month − 1`.
        month: u32,
        /// Pairs that wait because the fund was short.
        waiting: u32,
    },
    /// What was matched was undone, because a source went back.
    PairUndone {
        /// For whom.
        user: UserId,
        /// Which of the user's pairs.
        number: u32,
    },
    /// Something about orders, periods or a campaign.
    Sale(SaleEffect),
    /// Something about a user that has a table of its own.
    Recorded(Record),
}

/// A change that orders, commission periods or a campaign make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaleEffect {
    /// An order was placed.
    OrderPlaced {
        /// The new order.
        order: u32,
        /// The participant who bought, or who serves the customer.
        user: UserId,
        /// What it cost.
        amount: Amount,
    },
    /// An order, or a part of it, went back.
    OrderRefunded {
        /// Which.
        order: u32,
        /// How much.
        amount: Amount,
    },
    /// A commission period moved on.
    PeriodMoved {
        /// Number of the period.
        period: u32,
        /// Where it is now.
        status: PeriodStatus,
    },
    /// A qualified referral was recorded.
    ConversionRecorded {
        /// The new conversion.
        conversion: u32,
        /// Whose referral.
        user: UserId,
        /// Of what amount.
        amount: Amount,
    },
    /// A qualified referral went back, whole or in part.
    ConversionReversed {
        /// Which.
        conversion: u32,
        /// Whose.
        user: UserId,
        /// How much of it.
        amount: Amount,
    },
    /// A user reached an achievement.
    Achieved {
        /// Who.
        user: UserId,
        /// Place in the plan file, from 1.
        achievement: u8,
    },
    /// Reversals took a user below an achievement.
    AchievementLost {
        /// Who.
        user: UserId,
        /// Place in the plan file, from 1.
        achievement: u8,
    },
}

names::names! {
    /// Why a rule pays less than it says from a fund.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum NotGranted {
        /// The recipient's registration was refunded.
        Refunded = "refunded",
        /// The recipient does not meet what the rule asks.
        Unqualified = "unqualified",
        /// The recipient has nothing active.
        Inactive = "inactive",
        /// The recipient has earned as much as the cap allows.
        Capped = "capped",
        /// The fund does not have it.
        FundShort = "fund_short",
        /// The fund does not have it now. Nothing is owed, and a later day may pay it.
        Waits = "waits",
        /// The campaign's budget is used up.
        BudgetUsedUp = "budget_used_up",
        /// The user's part of the campaign is used up.
        UserLimit = "user_limit",
        /// The campaign does not run on that day.
        OutsideDates = "outside_dates",
        /// The conversion is smaller than the campaign asks.
        BelowMinimum = "below_minimum",
        /// Someone was rewarded for this referee before.
        DuplicateReferee = "duplicate_referee",
        /// Users cannot refer themselves.
        SelfReferral = "self_referral",
    }
}

names::names! {
    /// Where a commission period is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum PeriodStatus {
        /// Takes no more orders.
        Closed = "closed",
        /// Its commissions are computed.
        Finalized = "finalized",
        /// Its commissions are on their way to users.
        Released = "released",
    }
}

/// What the one table of component effects holds of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentRow {
    /// Stable name of the effect.
    pub kind: &'static str,
    /// The user whom it concerns.
    pub user: Option<UserId>,
    /// Number of what it is about: reward, subscription, order, period, conversion, rank, day.
    pub number: Option<u32>,
    /// How much.
    pub amount: Option<Amount>,
    /// A second number or word, where the kind needs one.
    pub detail: Detail,
}

/// What an effect says besides its user, number and amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A stable word.
    Word(&'static str),
    /// A number.
    Number(u32),
    /// An amount.
    Amount(Amount),
    /// A rule and the day of availability.
    Reward(Reason, Day),
    /// A rule and why it pays less.
    Missed(Reason, NotGranted),
}
