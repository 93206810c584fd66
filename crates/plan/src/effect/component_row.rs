//! One row for each component effect.

use super::component::{ComponentEffect, ComponentRow, Detail, SaleEffect};
use crate::binary::Place;
use ledger::UserId;
use money::Amount;

impl ComponentEffect {
    /// What the one table of component effects holds of it; nothing of accruals and records, which have tables of their own.
    pub fn row(&self) -> Option<ComponentRow> {
        Some(match *self {
            Self::Accrued { .. } | Self::Recorded(_) => return None,
            Self::DayEnded { day } => row("day_ended").number(day.get()),
            Self::PlanChanged { version } => row("plan_changed").number(version),
            Self::RewardGranted {
                reward,
                user,
                reason,
                amount,
                available_at,
            } => about("reward_granted", user)
                .number(reward.get())
                .amount(amount)
                .detail(Detail::Reward(reason, available_at)),
            Self::RewardReleased { reward, user } => about("reward_released", user).number(reward.get()),
            Self::RewardReversed { reward, user, amount } => {
                about("reward_reversed", user).number(reward.get()).amount(amount)
            }
            Self::NotGranted {
                user,
                reason,
                amount,
                cause,
            } => about("not_granted", user)
                .amount(amount)
                .detail(Detail::Missed(reason, cause)),
            Self::Withheld {
                user,
                policy,
                base,
                amount,
            } => about("withheld", user)
                .number(u32::from(policy))
                .amount(amount)
                .detail(Detail::Amount(base)),
            Self::Withdrawn { user, amount } => about("withdrawn", user).amount(amount),
            Self::BonusGranted { user, amount } => about("bonus_granted", user).amount(amount),
            Self::SubscriptionBought {
                subscription,
                user,
                amount,
            } => about("subscription_bought", user)
                .number(subscription)
                .amount(amount),
            Self::SubscriptionEnded { subscription, user } => {
                about("subscription_ended", user).number(subscription)
            }
            Self::FundShort { fund, amount } => {
                row("fund_short").number(u32::from(fund.get())).amount(amount)
            }
            Self::RankPaidAs { user, rank } => about("rank_paid_as", user).number(u32::from(rank)),
            Self::RankReached { user, rank } => about("rank_reached", user).number(u32::from(rank)),
            Self::SidePlaced { user, place } => about("side_placed", user).place(place),
            Self::Activated { user } => about("activated", user),
            Self::Deactivated { user } => about("deactivated", user),
            Self::PairMatched { user, number, amount } => {
                about("pair_matched", user).number(number).amount(amount)
            }
            Self::PairsClosed { month, waiting } => {
                row("pairs_closed").number(month).detail(Detail::Number(waiting))
            }
            Self::PairUndone { user, number } => about("pair_undone", user).number(number),
            Self::Sale(sale) => sale.row(),
        })
    }

    /// What a fund grants a user by it, before anything is withheld.
    pub fn granted(&self) -> Option<(UserId, Amount)> {
        if let Self::RewardGranted { user, amount, .. }
        | Self::Accrued {
            user,
            amount,
            reward: None,
            ..
        } = *self
        {
            return Some((user, amount));
        }
        None
    }
}

impl SaleEffect {
    fn row(&self) -> ComponentRow {
        match *self {
            Self::OrderPlaced { order, user, amount } => {
                about("order_placed", user).number(order).amount(amount)
            }
            Self::OrderRefunded { order, amount } => row("order_refunded").number(order).amount(amount),
            Self::PeriodMoved { period, status } => row("period_moved")
                .number(period)
                .detail(Detail::Word(status.name())),
            Self::ConversionRecorded {
                conversion,
                user,
                amount,
            } => about("conversion_recorded", user)
                .number(conversion)
                .amount(amount),
            Self::ConversionReversed {
                conversion,
                user,
                amount,
            } => about("conversion_reversed", user)
                .number(conversion)
                .amount(amount),
            Self::Achieved { user, achievement } => about("achieved", user).number(u32::from(achievement)),
            Self::AchievementLost { user, achievement } => {
                about("achievement_lost", user).number(u32::from(achievement))
            }
        }
    }
}

const fn about(kind: &'static str, user: UserId) -> ComponentRow {
    let mut row = row(kind);
    row.user = Some(user);
    row
}

const fn row(kind: &'static str) -> ComponentRow {
    ComponentRow {
        kind,
        user: None,
        number: None,
        amount: None,
        detail: Detail::None,
    }
}

impl ComponentRow {
    const fn number(mut self, number: u32) -> Self {
        self.number = Some(number);
        self
    }

    const fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    fn place(self, place: Option<Place>) -> Self {
        let Some(Place { parent, side }) = place else {
            return self;
        };
        self.number(parent.get()).detail(Detail::Word(side.name()))
    }

    const fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }
}
