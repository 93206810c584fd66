//! One row for each component effect.

use super::component::{ComponentEffect, ComponentRow, Detail, SaleEffect};
use ledger::UserId;
use money::Amount;

impl ComponentEffect {
    /// What the one table of component effects holds of it.
    #[must_use]
    pub fn row(&self) -> ComponentRow {
        match *self {
            Self::DayEnded { day } => row("day_ended").number(day.get()),
            Self::PlanChanged { version } => row("plan_changed").number(version),
            Self::RewardGranted {
                reward,
                user,
                reason,
                amount,
                available_at,
            } => row("reward_granted")
                .user(user)
                .number(reward.get())
                .amount(amount)
                .detail(Detail::Reward(reason, available_at)),
            Self::RewardReleased { reward, user } => row("reward_released").user(user).number(reward.get()),
            Self::RewardReversed { reward, user, amount } => row("reward_reversed")
                .user(user)
                .number(reward.get())
                .amount(amount),
            Self::NotGranted {
                user,
                reason,
                amount,
                cause,
            } => row("not_granted")
                .user(user)
                .amount(amount)
                .detail(Detail::Missed(reason, cause)),
            Self::Withheld {
                user,
                policy,
                base,
                amount,
            } => row("withheld")
                .user(user)
                .number(u32::from(policy))
                .amount(amount)
                .detail(Detail::Amount(base)),
            Self::Withdrawn { user, amount } => row("withdrawn").user(user).amount(amount),
            Self::BonusGranted { user, amount } => row("bonus_granted").user(user).amount(amount),
            Self::SubscriptionBought {
                subscription,
                user,
                amount,
            } => row("subscription_bought")
                .user(user)
                .number(subscription)
                .amount(amount),
            Self::SubscriptionEnded { subscription, user } => {
                row("subscription_ended").user(user).number(subscription)
            }
            Self::FundShort { fund, amount } => {
                row("fund_short").number(u32::from(fund.get())).amount(amount)
            }
            Self::RankPaidAs { user, rank } => row("rank_paid_as").user(user).number(u32::from(rank)),
            Self::RankReached { user, rank } => row("rank_reached").user(user).number(u32::from(rank)),
            Self::SidePlaced { user, parent, right } => {
                let side = if right { "right" } else { "left" };
                parent.map_or(row("side_placed").user(user), |parent| {
                    let placed = row("side_placed").user(user).number(parent.get());
                    placed.detail(Detail::Word(side))
                })
            }
            Self::Activated { user } => row("activated").user(user),
            Self::Deactivated { user } => row("deactivated").user(user),
            Self::PairMatched { user, number, amount } => {
                row("pair_matched").user(user).number(number).amount(amount)
            }
            Self::PairsClosed { month, waiting } => {
                row("pairs_closed").number(month).detail(Detail::Number(waiting))
            }
            Self::PairUndone { user, number } => row("pair_undone").user(user).number(number),
            Self::Sale(sale) => sale.row(),
        }
    }
}

impl SaleEffect {
    fn row(&self) -> ComponentRow {
        match *self {
            Self::OrderPlaced { order, user, amount } => {
                row("order_placed").user(user).number(order).amount(amount)
            }
            Self::OrderRefunded { order, amount } => row("order_refunded").number(order).amount(amount),
            Self::PeriodMoved { period, status } => row("period_moved")
                .number(period)
                .detail(Detail::Word(status.name())),
            Self::ConversionRecorded {
                conversion,
                user,
                amount,
            } => row("conversion_recorded")
                .user(user)
                .number(conversion)
                .amount(amount),
            Self::ConversionReversed {
                conversion,
                user,
                amount,
            } => row("conversion_reversed")
                .user(user)
                .number(conversion)
                .amount(amount),
            Self::Achieved { user, achievement } => row("achieved").user(user).number(u32::from(achievement)),
            Self::AchievementLost { user, achievement } => {
                row("achievement_lost").user(user).number(u32::from(achievement))
            }
        }
    }
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
    const fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    const fn number(mut self, number: u32) -> Self {
        self.number = Some(number);
        self
    }

    const fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    const fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }
}
