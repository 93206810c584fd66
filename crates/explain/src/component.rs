//! Lines about what components change without moving money: what was not granted, tax that will be withheld, subscriptions,
//! ranks, places, pairs, orders, periods, conversions.

use ledger::{Fund, Reason, UserId};
use money::Amount;

use crate::fund::fund_path;
use crate::share::rule_name;
use crate::{Context, Line, entry, note};
use plan::binary::Place;
use plan::decision::{Rule, Why};
use plan::effect::NotGranted;
use plan::subscription::SubscriptionId;
use plan::{ComponentEffect, Effect, SaleEffect};

impl Context<'_> {
    /// What there is to say of a component's effect beyond the legs.
    pub(crate) fn component_note(&self, effect: &ComponentEffect, why: &Why) -> Option<Line> {
        let of = |amount| self.shown(amount);
        Some(match *effect {
            // Every leg of these has its line.
            ComponentEffect::DayEnded { .. }
            | ComponentEffect::Accrued { .. }
            | ComponentEffect::Recorded(_)
            | ComponentEffect::RewardGranted { .. }
            | ComponentEffect::RewardReleased { .. }
            | ComponentEffect::RewardReversed { .. }
            | ComponentEffect::PairMatched { .. }
            | ComponentEffect::Withheld { .. }
            | ComponentEffect::Withdrawn { .. } => return None,
            ComponentEffect::PlanChanged { version } => {
                let because = format!(
                    "the rules of version {version} apply from here on; rewards already granted are unaffected"
                );
                note("plan", "changed", because)
            }
            ComponentEffect::NotGranted {
                user,
                reason,
                amount,
                cause,
            } => self.missed(user, (reason, amount), cause, why),
            ComponentEffect::BonusGranted { user, amount } => self.bonus(user, amount),
            ComponentEffect::SubscriptionBought {
                subscription,
                user,
                amount,
            } => {
                let because = format!("user {user} bought subscription {subscription} of {}", of(amount));
                let tier = if let Some(Rule::Bought(tier)) = why.rule {
                    Some(crate::granted::tier_path(tier))
                } else {
                    None
                };
                note("subscription", "bought", because).by_any(tier).of(user)
            }
            ComponentEffect::SubscriptionEnded { subscription, user } => self.ended(subscription, user, why),
            ComponentEffect::FundShort { fund, amount } => self.short(fund, amount, why),
            ComponentEffect::RankPaidAs { user, rank: 0 } => {
                note("ranks", "paid_as", format!("user {user} has no rank this week")).of(user)
            }
            ComponentEffect::RankPaidAs { user, rank } => {
                let because = format!("user {user} is paid as {}", self.rank_name(rank));
                note("ranks", "paid_as", because).by(rank_path(rank)).of(user)
            }
            ComponentEffect::RankReached { user, rank } => {
                let name = self.rank_name(rank);
                let because = format!("user {user} reached {name} and keeps that title");
                note("ranks", "reached", because).by(rank_path(rank)).of(user)
            }
            ComponentEffect::SidePlaced { user, place } => placed(user, place),
            ComponentEffect::Activated { user } => self.counts(user, "has paid enough to count"),
            ComponentEffect::Deactivated { user } => self.counts(user, "no longer counts"),
            ComponentEffect::PairsClosed { waiting, .. } => {
                let because = format!(
                    "the month's pairs have been matched; {waiting} are waiting because the fund was short"
                );
                note("binary", "closed", because)
            }
            ComponentEffect::PairUndone { user, number } => {
                let because = format!("pair {number} of user {user} relied on a member who no longer counts");
                note("binary", "undone", because).of(user)
            }
            ComponentEffect::Sale(sale) => self.sale(sale),
        })
    }

    fn bonus(&self, user: UserId, amount: Amount) -> Line {
        let bonus = self.shown(amount);
        let because = format!("user {user} received a bonus of {bonus} that can only be spent on purchases");
        note("bonus", "bonus", because).by("bonus.amount").of(user)
    }

    /// Whether someone counts in the binary tree, from now on.
    fn counts(&self, user: UserId, whether: &str) -> Line {
        let because = format!("user {user} {whether} towards the pairs of their uplines");
        note("binary", "counts", because).by(self.counts_path()).of(user)
    }

    fn sale(&self, sale: SaleEffect) -> Line {
        let of = |amount| self.shown(amount);
        match sale {
            SaleEffect::OrderPlaced { order, user, amount } => {
                let because = format!("order {order} of {} counts for user {user}", of(amount));
                note("orders", "placed", because).by("orders.pv_bps").of(user)
            }
            SaleEffect::OrderRefunded { order, amount } => {
                let because = format!("{} of order {order} was refunded", of(amount));
                note("orders", "refunded", because)
            }
            SaleEffect::PeriodMoved { period, status } => {
                let because = format!("commission period {period} is {}", status.name());
                note("orders", "period", because).by("orders.period")
            }
            SaleEffect::ConversionRecorded {
                conversion,
                user,
                amount,
            } => {
                let because = format!(
                    "conversion {conversion} of {} is credited to user {user}",
                    of(amount)
                );
                note("campaign", "recorded", because).of(user)
            }
            SaleEffect::ConversionReversed {
                conversion,
                user,
                amount,
            } => {
                let because = format!("{} of conversion {conversion} was refunded", of(amount));
                note("campaign", "reversed", because).of(user)
            }
            SaleEffect::Achieved { user, achievement } => {
                let because = format!("user {user} reached achievement {achievement}");
                note("campaign", "achieved", because)
                    .by(achievement_path(achievement))
                    .of(user)
            }
            SaleEffect::AchievementLost { user, achievement } => {
                let because = format!("reversals dropped user {user} below achievement {achievement}");
                note("campaign", "achievement_lost", because)
                    .by(achievement_path(achievement))
                    .of(user)
            }
        }
    }

    /// What a rule says and a fund does not pay.
    fn missed(&self, user: UserId, (reason, amount): (Reason, Amount), cause: NotGranted, why: &Why) -> Line {
        let applied = why.applied;
        let (why, parameter) = self.not_granted(user, cause, why);
        let parameter = parameter.or(applied.map(|applied| applied.parameter));
        let because = format!("{} not granted: {why}", self.shown(amount));
        let rule = format!("not_granted {}: {}", rule_name(reason), cause.name());
        let component = applied.map_or_else(|| self.component_of(reason), |applied| applied.component);
        let parameter = parameter.map(str::to_owned);
        note(component, rule, because)
            .by_any(parameter.or_else(|| self.rule_path(reason, None)))
            .of(user)
    }

    /// A subscription ended, by its cap, or because its payment was refunded. What was sold keeps its cap.
    fn ended(&self, subscription: u32, user: UserId, why: &Why) -> Line {
        let because = format!("subscription {subscription} of user {user} ended");
        let by_cap = matches!(why.rule, Some(Rule::Accrual { .. })).then_some("subscription.cap_multiple");
        let sold = SubscriptionId::new(subscription);
        let version = sold.and_then(|id| self.before.version_of_subscription(id));
        note("subscription", "ended", because)
            .by_any(by_cap.map(str::to_owned))
            .of(user)
            .under(&self.under(version))
    }

    /// Tax that is withheld when a reward that waits is released.
    pub(crate) fn kept_back(&self, effect: &Effect, why: &Why) -> Vec<Line> {
        let Effect::Component(ComponentEffect::RewardGranted { user, .. }) = *effect else {
            return Vec::new();
        };
        let taxed = why.taxed.iter().filter(|tax| !tax.amount.is_zero());
        let lines = taxed.map(|tax| {
            let because = format!(
                "{} of user {user}'s reward will be withheld for the tax authority: {}",
                self.shown(tax.amount),
                self.taxed(tax)
            );
            let path = self.tax_path(tax.entry, tax.rate);
            note("withholding", "withheld", because).by(path).of(user)
        });
        lines.collect()
    }

    /// What a fund did not have.
    fn short(&self, fund: Fund, amount: Amount, why: &Why) -> Line {
        let because = format!(
            "fund {} is short of {}, which is not owed to anyone",
            self.fund_name(fund),
            self.shown(amount)
        );
        if let Some(Rule::Coverage(coverage)) = &why.rule {
            let covered = self.shown(coverage.covered);
            let because = format!("{because}; it covers {covered} of the day's accruals");
            return note("subscription", "fund_short", because).by("subscription.when_short");
        }
        if self
            .plan
            .orders()
            .is_some_and(|terms| terms.fund().number() == fund)
        {
            return note("orders", "fund_short", because).by("orders.fund_bps");
        }
        note("funds", "fund_short", because).by(fund_path(fund))
    }

    /// What lets a user count in the binary tree.
    fn counts_path(&self) -> &'static str {
        let terms = self.plan.components().binary.as_ref();
        match terms.filter(|terms| terms.counts_at() == terms.activation_amount()) {
            Some(_) => "binary.activation_amount",
            None => "booking.first_payment_min",
        }
    }
}

/// A place in the binary tree.
fn placed(user: UserId, place: Option<Place>) -> Line {
    let because = match place {
        None => format!("user {user} has the root position of a tree"),
        Some(Place { parent, side }) => {
            let side = side.name();
            format!("user {user} is placed directly below user {parent}, on the {side}")
        }
    };
    note("binary", "placement", because).of(user)
}

fn rank_path(rank: u8) -> String {
    format!("{}.name", entry("ranks.ladder", rank))
}

fn achievement_path(number: u8) -> String {
    format!("{}.name", entry("campaign.achievements", number))
}
