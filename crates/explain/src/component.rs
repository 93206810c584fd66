//! Lines about what components change without moving money: what was not granted, tax that will be withheld, subscriptions,
//! ranks, places, pairs, orders, periods, conversions.

use ledger::{Fund, Reason, UserId};
use money::Amount;

use crate::{Context, Line, Verdict, entry, said};
use plan::decision::{Rule, Why};
use plan::effect::NotGranted;
use plan::subscription::SubscriptionId;
use plan::{ComponentEffect, Effect, SaleEffect};

/// A note: component, rule, parameter, of whom, and why.
type Note = (&'static str, String, Option<String>, Option<UserId>, String);

impl Context<'_> {
    /// What there is to say of a component's effect beyond the legs.
    pub(crate) fn component_note(&self, effect: &ComponentEffect, why: &Why) -> Option<Line> {
        let (component, rule, parameter, user, because) = self.component_words(effect, why)?;
        let mut line = said(Verdict::Note, component, rule, because);
        line.parameter = parameter;
        line.user = user;
        // What was sold keeps its cap.
        if let ComponentEffect::SubscriptionEnded { subscription, .. } = *effect
            && let Some(version) =
                SubscriptionId::new(subscription).and_then(|id| self.before.version_of_subscription(id))
        {
            line.plan = version;
        }
        Some(line)
    }

    fn component_words(&self, effect: &ComponentEffect, why: &Why) -> Option<Note> {
        let note = |component, rule: &str, parameter: Option<&str>, user, because| {
            let parameter = parameter.map(str::to_owned);
            Some((component, rule.to_owned(), parameter, user, because))
        };
        match *effect {
            // Every leg of these has its line.
            ComponentEffect::DayEnded { .. }
            | ComponentEffect::RewardGranted { .. }
            | ComponentEffect::RewardReleased { .. }
            | ComponentEffect::RewardReversed { .. }
            | ComponentEffect::PairMatched { .. }
            | ComponentEffect::Withheld { .. }
            | ComponentEffect::Withdrawn { .. } => None,
            ComponentEffect::PlanChanged { version } => {
                let because = format!(
                    "the rules of version {version} apply from here on; rewards already granted are unaffected"
                );
                note("plan", "changed", None, None, because)
            }
            ComponentEffect::NotGranted {
                user,
                reason,
                amount,
                cause,
            } => Some(self.missed(user, (reason, amount), cause, why)),
            ComponentEffect::BonusGranted { user, amount } => {
                let because = format!(
                    "user {user} received a bonus of {} that can only be spent on purchases",
                    self.shown(amount)
                );
                note("bonus", "bonus", Some("bonus.amount"), Some(user), because)
            }
            ComponentEffect::SubscriptionBought {
                subscription,
                user,
                amount,
            } => {
                let because = format!(
                    "user {user} bought subscription {subscription} of {}",
                    self.shown(amount)
                );
                let tier = self.bought_path(amount);
                let rule = "bought".to_owned();
                Some(("subscription", rule, tier, Some(user), because))
            }
            ComponentEffect::SubscriptionEnded { subscription, user } => {
                let because = format!("subscription {subscription} of user {user} ended");
                note("subscription", "ended", end_path(why), Some(user), because)
            }
            ComponentEffect::FundShort { fund, amount } => Some(self.short(fund, amount, why)),
            ComponentEffect::RankPaidAs { .. }
            | ComponentEffect::RankReached { .. }
            | ComponentEffect::SidePlaced { .. }
            | ComponentEffect::Activated { .. }
            | ComponentEffect::Deactivated { .. }
            | ComponentEffect::PairsClosed { .. }
            | ComponentEffect::PairUndone { .. } => self.standing_words(effect),
            ComponentEffect::Sale(sale) => self.sale_words(sale),
        }
    }

    /// Ranks, and places in the binary tree.
    fn standing_words(&self, effect: &ComponentEffect) -> Option<Note> {
        let note = |component, rule: &str, parameter: Option<&str>, user, because| {
            let parameter = parameter.map(str::to_owned);
            Some((component, rule.to_owned(), parameter, user, because))
        };
        match *effect {
            ComponentEffect::RankPaidAs { user, rank: 0 } => {
                let because = format!("user {user} has no rank this week");
                note("ranks", "paid_as", None, Some(user), because)
            }
            ComponentEffect::RankPaidAs { user, rank } => {
                let because = format!("user {user} is paid as {}", self.rank_name(rank));
                let path = format!("{}.name", entry("ranks.ladder", rank));
                note("ranks", "paid_as", Some(&path), Some(user), because)
            }
            ComponentEffect::RankReached { user, rank } => {
                let because = format!(
                    "user {user} reached {} and keeps that title",
                    self.rank_name(rank)
                );
                let path = format!("{}.name", entry("ranks.ladder", rank));
                note("ranks", "reached", Some(&path), Some(user), because)
            }
            ComponentEffect::SidePlaced { user, parent, right } => {
                let because = match parent {
                    None => format!("user {user} has the root position of a tree"),
                    Some(parent) => {
                        let side = if right { "right" } else { "left" };
                        format!("user {user} is placed directly below user {parent}, on the {side}")
                    }
                };
                note("binary", "placement", None, Some(user), because)
            }
            ComponentEffect::Activated { user } => {
                let because =
                    format!("user {user} has paid enough to count towards the pairs of their uplines");
                note("binary", "counts", Some(self.counts_path()), Some(user), because)
            }
            ComponentEffect::Deactivated { user } => {
                let because = format!("user {user} no longer counts towards the pairs of their uplines");
                note("binary", "counts", Some(self.counts_path()), Some(user), because)
            }
            ComponentEffect::PairsClosed { waiting, .. } => {
                let because = format!(
                    "the month's pairs have been matched; {waiting} are waiting because the fund was short"
                );
                note("binary", "closed", None, None, because)
            }
            ComponentEffect::PairUndone { user, number } => {
                let because = format!("pair {number} of user {user} relied on a member who no longer counts");
                note("binary", "undone", None, Some(user), because)
            }
            ComponentEffect::DayEnded { .. }
            | ComponentEffect::PlanChanged { .. }
            | ComponentEffect::RewardGranted { .. }
            | ComponentEffect::RewardReleased { .. }
            | ComponentEffect::RewardReversed { .. }
            | ComponentEffect::NotGranted { .. }
            | ComponentEffect::Withheld { .. }
            | ComponentEffect::Withdrawn { .. }
            | ComponentEffect::BonusGranted { .. }
            | ComponentEffect::SubscriptionBought { .. }
            | ComponentEffect::SubscriptionEnded { .. }
            | ComponentEffect::FundShort { .. }
            | ComponentEffect::PairMatched { .. }
            | ComponentEffect::Sale(_) => None,
        }
    }

    fn sale_words(&self, sale: SaleEffect) -> Option<Note> {
        let note = |component, rule: &str, parameter: Option<String>, user, because| {
            Some((component, rule.to_owned(), parameter, user, because))
        };
        let achievement_path = |number: u8| {
            let place = number.saturating_sub(1);
            Some(format!("campaign.achievements[{place}].name"))
        };
        match sale {
            SaleEffect::OrderPlaced { order, user, amount } => {
                let because = format!("order {order} of {} counts for user {user}", self.shown(amount));
                note(
                    "orders",
                    "placed",
                    Some("orders.pv_bps".to_owned()),
                    Some(user),
                    because,
                )
            }
            SaleEffect::OrderRefunded { order, amount } => {
                let because = format!("{} of order {order} was refunded", self.shown(amount));
                note("orders", "refunded", None, None, because)
            }
            SaleEffect::PeriodMoved { period, status } => {
                let because = format!("commission period {period} is {}", status.name());
                note(
                    "orders",
                    "period",
                    Some("orders.period".to_owned()),
                    None,
                    because,
                )
            }
            SaleEffect::ConversionRecorded {
                conversion,
                user,
                amount,
            } => {
                let because = format!(
                    "conversion {conversion} of {} is credited to user {user}",
                    self.shown(amount)
                );
                note("campaign", "recorded", None, Some(user), because)
            }
            SaleEffect::ConversionReversed {
                conversion,
                user,
                amount,
            } => {
                let because = format!("{} of conversion {conversion} was refunded", self.shown(amount));
                note("campaign", "reversed", None, Some(user), because)
            }
            SaleEffect::Achieved { user, achievement } => {
                let because = format!("user {user} reached achievement {achievement}");
                note(
                    "campaign",
                    "achieved",
                    achievement_path(achievement),
                    Some(user),
                    because,
                )
            }
            SaleEffect::AchievementLost { user, achievement } => {
                let because = format!("reversals dropped user {user} below achievement {achievement}");
                let path = achievement_path(achievement);
                note("campaign", "achievement_lost", path, Some(user), because)
            }
        }
    }

    /// What a rule says and a fund does not pay.
    fn missed(&self, user: UserId, (reason, amount): (Reason, Amount), cause: NotGranted, why: &Why) -> Note {
        let applied = why.applied;
        let (why, parameter) = self.not_granted(user, cause, why);
        let parameter = parameter
            .or(applied.map(|applied| applied.parameter))
            .map(str::to_owned)
            .or_else(|| self.rule_path(reason, None));
        let because = format!("{} not granted: {why}", self.shown(amount));
        let component = applied.map_or_else(|| self.component_of(reason), |applied| applied.component);
        let rule = format!("not_granted {}: {}", self.rule_name(reason), cause.name());
        (component, rule, parameter, Some(user), because)
    }

    fn rule_name(&self, reason: Reason) -> String {
        if let Reason::Rank(rank) = reason {
            return format!("rank {rank}");
        }
        if let Reason::Generation(generation) = reason {
            return format!("generation {generation}");
        }
        reason.name().to_owned()
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
            let mut line = said(Verdict::Note, "withholding", "withheld", because).by(path);
            line.user = Some(user);
            line
        });
        lines.collect()
    }

    /// What a fund did not have.
    fn short(&self, fund: Fund, amount: Amount, why: &Why) -> Note {
        let because = format!(
            "fund {} is short of {}, which is not owed to anyone",
            self.fund_name(fund),
            self.shown(amount)
        );
        let (component, path) = if let Some(Rule::Coverage(coverage)) = &why.rule {
            let because = format!(
                "{because}; it covers {} of the day's accruals",
                self.shown(coverage.covered)
            );
            let path = "subscription.when_short".to_owned();
            return ("subscription", "fund_short".to_owned(), Some(path), None, because);
        } else if self
            .plan
            .orders()
            .is_some_and(|terms| terms.fund().number() == fund)
        {
            ("orders", "orders.fund_bps".to_owned())
        } else {
            ("funds", format!("funds[{}].name", fund.get().saturating_sub(1)))
        };
        (component, "fund_short".to_owned(), Some(path), None, because)
    }

    fn bought_path(&self, amount: Amount) -> Option<String> {
        let terms = self.plan.components().subscription.as_ref()?;
        let mut cash = amount;
        for leg in &self.outcome.legs {
            if leg.reason == Reason::Spent {
                cash = cash.saturating_sub(leg.amount);
            }
        }
        let tier = terms.tier_of(cash)?;
        Some(format!("subscription.tiers[{tier}].monthly_bps"))
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

/// A subscription ends by its cap, or because its payment was refunded.
fn end_path(why: &Why) -> Option<&'static str> {
    matches!(why.rule, Some(Rule::Accrual { .. })).then_some("subscription.cap_multiple")
}
