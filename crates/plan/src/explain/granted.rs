//! Lines about what funds grant: accruals, bonuses of ranks, pairs, a sponsor's share, a campaign's reward.

use ledger::{Account, Leg, UserId};
use money::Amount;

use super::decided::PairTold;
use super::{Context, Line, said, verdict_of};
use crate::campaign::Reward;
use crate::effect::NotGranted;
use crate::subscription::SubscriptionId;
use crate::{ComponentEffect, Effect, SaleEffect};

impl Context<'_> {
    /// What a subscription accrues for a day.
    pub(super) fn accrual(&self, leg: &Leg, place: Option<usize>) -> Line {
        let verdict = verdict_of(leg.credit);
        let accrual = place.and_then(|place| self.decided.accruals.get(place));
        let Some((accrual, subscription)) =
            accrual.and_then(|accrual| Some((accrual, self.before.subscription(accrual.subscription)?)))
        else {
            let because = "a subscription accrues for the day".to_owned();
            return said(verdict, "subscription", "accrual", because).by("subscription.fund");
        };
        let terms = self.plan.terms.components.subscription.as_ref();
        let day = self.today();
        let divisor = terms.map_or(1, |terms| terms.divisor_on(day));
        let monthly = subscription.rate.floor_of(subscription.amount());
        let nominal = monthly.base_units().checked_div(u128::from(divisor));
        let nominal = Amount::new(nominal.unwrap_or_default());
        let mut because = format!(
            "subscription {} of {} is active: {day} is one of {divisor} parts of its month",
            accrual.subscription.get(),
            self.shown(subscription.amount()),
        );
        let short = self.decided.coverage.short;
        if !short.is_zero() {
            let covered = self.decided.coverage.covered;
            let wanted = covered.plus(short).unwrap_or(covered);
            because.push_str(&format!(
                ", {}; the fund covers {} of {} for all",
                self.shown(nominal),
                self.shown(covered),
                self.shown(wanted)
            ));
        } else if accrual.amount < nominal {
            because.push_str(&format!(
                ", {}, of which caps leave {}",
                self.shown(nominal),
                self.shown(accrual.amount)
            ));
        }
        if accrual.ended {
            because.push_str("; it has accrued as much as it may, and ends");
        }
        if let Account::Deferred(_) = leg.credit {
            because.push_str("; it waits until the purchase cannot go back any more");
        }
        let sold = self.under(self.before.version_of_subscription(accrual.subscription));
        said(verdict, "subscription", "accrual", because)
            .by(sold.tier_path(Some(accrual.subscription)))
            .under(&sold)
    }

    /// Where the plan says the rate of a subscription; the fund that pays it, if it is not known which one it is.
    pub(super) fn tier_path(&self, subscription: Option<SubscriptionId>) -> String {
        let known = subscription.and_then(|id| self.before.subscription(id));
        let terms = self.plan.terms.components.subscription.as_ref();
        let tier = known.zip(terms).and_then(|(known, terms)| {
            let tiers = terms.tiers().iter();
            tiers.clone().rposition(|tier| tier.from <= known.cash)
        });
        tier.map_or("subscription.fund".to_owned(), |tier| {
            format!("subscription.tiers[{tier}].monthly_bps")
        })
    }

    /// What a rank grants for a week.
    pub(super) fn rank(&self, leg: &Leg, rank: u8, place: Option<usize>) -> Line {
        let week = place.and_then(|place| self.decided.ranks.get(place));
        let name = self.rank_name(rank);
        let who = leg.recipient.map_or(String::new(), |user| format!("user {user}"));
        let now = self.decided.day.map(|day| day.week());
        let because = match week {
            Some(week) if Some(*week) == now => {
                format!("{who} is paid as {name}{}", self.volumes_of(leg.recipient, rank))
            }
            Some(_) | None => {
                format!("{who} was paid as {name} in an earlier week, and the bonus waited for the fund")
            }
        };
        let verdict = verdict_of(leg.credit);
        said(verdict, "ranks", format!("rank {rank}"), because).by(rank_path(rank))
    }

    pub(super) fn rank_name(&self, rank: u8) -> String {
        let terms = self.plan.terms.components.ranks.as_ref();
        let known = terms.and_then(|terms| terms.rank(rank));
        known.map_or(format!("rank {rank}"), |rank| rank.name().to_owned())
    }

    /// `: main leg 5000 of 5000 USDT, …`.
    fn volumes_of(&self, user: Option<UserId>, rank: u8) -> String {
        let found = user.and_then(|user| self.decided.ranked.get(&user));
        let terms = self.plan.terms.components.ranks.as_ref();
        let rank = terms.and_then(|terms| terms.rank(rank));
        let Some((found, rank)) = found.zip(rank) else {
            return String::new();
        };
        let [main, other, own] = rank.minima();
        let mut text = format!(
            ": {} of {} in the main leg, {} of {} in the others",
            self.shown(found.main),
            self.shown(main),
            self.shown(found.other),
            self.shown(other)
        );
        if !own.is_zero() {
            text.push_str(&format!(", {} of {} own", self.shown(found.own), self.shown(own)));
        }
        text
    }

    /// A matched pair.
    pub(super) fn pair(&self, leg: &Leg, place: Option<usize>) -> Line {
        let verdict = verdict_of(leg.credit);
        let pair = place.and_then(|place| self.decided.pairs.get(place));
        let because = match pair {
            Some(pair) => self.why_pair(leg, pair),
            None => "a member on the left and one on the right make a pair".to_owned(),
        };
        let rule = pair.map_or("pair".to_owned(), |pair| format!("pair {}", pair.number));
        said(verdict, "binary", rule, because).by("binary.pair_value")
    }

    fn why_pair(&self, leg: &Leg, pair: &PairTold) -> String {
        let Some(terms) = &self.plan.terms.components.binary else {
            return "a member on the left and one on the right make a pair".to_owned();
        };
        let who = leg
            .recipient
            .map_or(String::new(), |user| format!(" of user {user}"));
        let mut text = format!(
            "pair {}{who}: a member on the left and one on the right",
            pair.number
        );
        let active = terms.activation_amount();
        let paid = format!("{} of {} paid", self.shown(pair.paid), self.shown(active));
        if pair.number <= terms.full_pairs() {
            text.push_str(&format!(
                ", one of the first {}: no instalment",
                terms.full_pairs()
            ));
        } else if pair.paid >= active {
            text.push_str(&format!(", an active buyer ({paid}): no instalment"));
        } else {
            text.push_str(&format!(
                ", not an active buyer ({paid}): instalment of {}",
                self.shown(pair.instalment)
            ));
        }
        if !pair.tax.is_zero() {
            text.push_str(&format!("; tax of {} is kept back first", self.shown(pair.tax)));
        }
        text
    }

    /// What a sponsor gets for the first payment of a direct.
    pub(super) fn first_payment(&self, leg: &Leg) -> Line {
        let source = leg.source.map_or(String::new(), |user| format!("user {user}"));
        let because = format!("{source} made the first payment for what was booked");
        said(verdict_of(leg.credit), "binary", "direct", because).by("binary.direct_bonus")
    }

    /// The reward of a conversion.
    pub(super) fn conversion(&self, leg: &Leg) -> Line {
        let recorded = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::Component(ComponentEffect::Sale(SaleEffect::ConversionRecorded {
                conversion,
                amount,
                ..
            })) = effect
            {
                Some((*conversion, *amount))
            } else {
                None
            }
        });
        let because = match (recorded, &self.plan.terms.components.campaign) {
            (Some((conversion, amount)), Some(terms)) => format!(
                "conversion {conversion} of {} qualifies: at least {}, on a day of the campaign, of a referee who \
                 brought no reward before; it is held for {} days",
                self.shown(amount),
                self.shown(terms.conversion_min()),
                terms.hold_days()
            ),
            (_, _) => "a conversion qualifies".to_owned(),
        };
        said(verdict_of(leg.credit), "campaign", "reward", because).by(self.campaign_path())
    }

    pub(super) fn campaign_path(&self) -> &'static str {
        let terms = self.plan.terms.components.campaign.as_ref();
        match terms.map(|terms| terms.reward()) {
            Some(Reward::Share(_)) => "campaign.reward_bps",
            Some(Reward::Fixed(_)) | None => "campaign.reward",
        }
    }

    /// What money in the fund of a bonus is not there for it.
    fn beside_commissions(&self) -> &'static str {
        let components = &self.plan.terms.components;
        let mut others = [components.rank_fund, components.campaign_fund]
            .into_iter()
            .flatten();
        let draws = |fund| {
            self.plan
                .fund_chain(fund)
                .any(|fund| Some(fund) == components.order_fund)
        };
        if components.order_fund.is_some() && others.any(draws) {
            " beside the commissions of periods that are not finalized"
        } else {
            ""
        }
    }

    /// Why a rule pays less than it says, and where the plan says so.
    pub(super) fn not_granted(&self, user: UserId, cause: NotGranted) -> (String, Option<&'static str>) {
        let components = &self.plan.terms.components;
        match cause {
            NotGranted::Refunded => (format!("user {user}'s own registration was refunded"), None),
            NotGranted::Unqualified => (
                format!("user {user} does not hold the rank any more for which the bonus waited"),
                Some("ranks.when_short"),
            ),
            NotGranted::Inactive => (format!("user {user} has nothing active"), None),
            NotGranted::Capped => (format!("user {user} {}", self.room(user)), Some("cap.multiple")),
            NotGranted::FundShort => (
                format!(
                    "the fund does not have it{}, and nothing is owed for it",
                    self.beside_commissions()
                ),
                None,
            ),
            NotGranted::Waits => (
                format!(
                    "the fund does not have it now{}; a later week may pay it, and nothing is owed for it",
                    self.beside_commissions()
                ),
                Some("ranks.when_short"),
            ),
            NotGranted::BudgetUsedUp => {
                let terms = components.campaign.as_ref();
                let budget = terms.map_or(Amount::ZERO, |terms| terms.budget());
                let spent = self.before.campaign().spent();
                let because = format!(
                    "{} of the budget of {} were granted before",
                    self.shown(spent),
                    self.shown(budget)
                );
                (because, Some("campaign.budget"))
            }
            NotGranted::UserLimit => {
                let campaign = self.before.campaign();
                let because = format!(
                    "user {user} was granted {} for {} conversions before, as much as one user is",
                    self.shown(campaign.earned(user)),
                    campaign.conversions(user)
                );
                (because, None)
            }
            NotGranted::OutsideDates => (
                "the campaign does not run on that day".to_owned(),
                Some("campaign.starts"),
            ),
            NotGranted::BelowMinimum => (
                "the conversion is smaller than the campaign asks".to_owned(),
                Some("campaign.qualifies.conversion_min"),
            ),
            NotGranted::DuplicateReferee => (
                "somebody was rewarded for this referee before".to_owned(),
                Some("campaign.qualifies.per_referee"),
            ),
            NotGranted::SelfReferral => (
                "users cannot refer themselves".to_owned(),
                Some("campaign.qualifies.self_referral"),
            ),
        }
    }
}

pub(super) fn rank_path(rank: u8) -> String {
    format!("{}.weekly_bonus", super::entry("ranks.ladder", rank))
}
