//! Lines about what funds grant: accruals, bonuses of ranks, pairs, a sponsor's share, a campaign's reward.

use ledger::{Account, Leg, Reason, UserId};
use money::Amount;
use plan_file::percent;

use crate::{Context, Line, entry, of_user, said, verdict_of};
use plan::binary::{BinaryTerms, Exempt};
use plan::campaign::Reward;
use plan::component::Applied;
use plan::decision::{Rule, Why};
use plan::effect::NotGranted;
use plan::ranks::RankVolumes;
use plan::subscription::SubscriptionId;
use plan::{ComponentEffect, Effect, SaleEffect};

impl Context<'_> {
    /// A reward of a component that brings its own rules.
    pub(crate) fn applied(&self, leg: &Leg, applied: &Applied) -> Line {
        let because = format!(
            "{} of {}, rounded down",
            percent(u128::from(applied.rate.get())),
            self.shown(applied.base)
        );
        let line = said(
            verdict_of(leg.credit),
            applied.component,
            leg.reason.name(),
            because,
        );
        line.by(applied.parameter)
    }

    /// What a subscription accrues for a day.
    pub(crate) fn accrual(&self, leg: &Leg, why: &Why) -> Line {
        let verdict = verdict_of(leg.credit);
        let Some(Rule::Accrual {
            accrual,
            day,
            nominal,
            coverage,
            is_capped,
        }) = &why.rule
        else {
            let because = "a subscription accrues for the day".to_owned();
            return said(verdict, "subscription", "accrual", because).by("subscription.fund");
        };
        let terms = self.plan.components().subscription.as_ref();
        let divisor = terms.map_or(1, |terms| terms.divisor_on(*day));
        let amount = self.before.subscription(accrual.subscription);
        let amount = amount.map_or(Amount::ZERO, |subscription| subscription.amount());
        let mut because = format!(
            "subscription {} of {} is active: {day} is one of {divisor} accrual days of its month",
            accrual.subscription.get(),
            self.shown(amount),
        );
        if !coverage.short.is_zero() {
            because.push_str(&format!(
                ", {}; the fund covers {} of {} for all",
                self.shown(*nominal),
                self.shown(coverage.covered),
                self.shown(coverage.wanted())
            ));
        } else if *is_capped {
            because.push_str(&format!(
                ", {}, of which caps leave {}",
                self.shown(*nominal),
                self.shown(accrual.amount)
            ));
        }
        if accrual.ended {
            because.push_str("; it has accrued its maximum and ends");
        }
        if let Account::Deferred(_) = leg.credit {
            because.push_str("; it is held until the purchase can no longer be refunded");
        }
        let sold = self.under(self.before.version_of_subscription(accrual.subscription));
        said(verdict, "subscription", "accrual", because)
            .by(sold.tier_path(Some(accrual.subscription)))
            .under(&sold)
    }

    /// Where the plan says the rate of a subscription; the fund that pays it, if it is not known which one it is.
    pub(crate) fn tier_path(&self, subscription: Option<SubscriptionId>) -> String {
        let known = subscription.and_then(|id| self.before.subscription(id));
        let terms = self.plan.components().subscription.as_ref();
        let tier = known.zip(terms);
        let tier = tier.and_then(|(known, terms)| terms.tier_of(known.cash));
        tier.map_or("subscription.fund".to_owned(), tier_path)
    }

    /// What a rank grants for a week.
    pub(crate) fn rank(&self, leg: &Leg, rank: u8, why: &Why) -> Line {
        let name = self.rank_name(rank);
        let who = leg.recipient.map_or(String::new(), |user| format!("user {user}"));
        let because = if let Some(Rule::Rank(Some(volumes))) = &why.rule {
            format!("{who} is paid as {name}{}", self.volumes_of(*volumes, rank))
        } else {
            format!("{who} was ranked {name} in an earlier week, and the bonus was waiting for the fund")
        };
        let verdict = verdict_of(leg.credit);
        said(verdict, "ranks", format!("rank {rank}"), because).by(rank_path(rank))
    }

    pub(crate) fn rank_name(&self, rank: u8) -> String {
        let terms = self.plan.components().ranks.as_ref();
        let known = terms.and_then(|terms| terms.rank(rank));
        known.map_or(format!("rank {rank}"), |rank| rank.name().to_owned())
    }

    /// `: main leg 5000 of 5000 USDT, …`.
    fn volumes_of(&self, found: RankVolumes, rank: u8) -> String {
        let terms = self.plan.components().ranks.as_ref();
        let Some(rank) = terms.and_then(|terms| terms.rank(rank)) else {
            return String::new();
        };
        let [main, other, own] = rank.minima();
        let mut text = format!(
            ": {} of {} in the main leg, {} of {} in the other legs",
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
    pub(crate) fn pair(&self, leg: &Leg, why: &Why) -> Line {
        let (rule, because) = match (&why.rule, &self.plan.components().binary) {
            (
                Some(Rule::Pair {
                    number,
                    tax,
                    paid,
                    instalment,
                }),
                Some(terms),
            ) => {
                let who = of_user(leg.recipient);
                let why = self.why_instalment(terms, *paid, *instalment);
                let mut because =
                    format!("pair {number}{who}: a member on the left and one on the right, {why}");
                if !tax.is_zero() {
                    because.push_str(&format!("; {} of tax is withheld first", self.shown(*tax)));
                }
                (format!("pair {number}"), because)
            }
            (_, _) => (
                "pair".to_owned(),
                "a member on the left and one on the right make a pair".to_owned(),
            ),
        };
        said(verdict_of(leg.credit), "binary", rule, because).by("binary.pair_value")
    }

    fn why_instalment(
        &self,
        terms: &BinaryTerms,
        paid: Amount,
        instalment: Result<Amount, Exempt>,
    ) -> String {
        let active = terms.activation_amount();
        let of_price = format!("{} of {} paid", self.shown(paid), self.shown(active));
        match instalment {
            Err(Exempt::FirstPairs) => format!("one of the first {}: no instalment", terms.full_pairs()),
            Err(Exempt::ActiveBuyer) => format!("an active buyer ({of_price}): no instalment"),
            Ok(instalment) => {
                let instalment = self.shown(instalment);
                format!("not an active buyer ({of_price}): instalment of {instalment}")
            }
        }
    }

    /// What a sponsor gets for the first payment of a direct.
    pub(crate) fn first_payment(&self, leg: &Leg) -> Line {
        let source = leg.source.map_or(String::new(), |user| format!("user {user}"));
        let because = format!("{source} made the first payment on the booking");
        said(verdict_of(leg.credit), "binary", "direct", because).by("binary.direct_bonus")
    }

    /// The reward of a conversion.
    pub(crate) fn conversion(&self, leg: &Leg) -> Line {
        let recorded = self.outcome.effects.iter().find_map(|effect| {
            let Effect::Component(ComponentEffect::Sale(sale)) = *effect else {
                return None;
            };
            let SaleEffect::ConversionRecorded {
                conversion, amount, ..
            } = sale
            else {
                return None;
            };
            Some((conversion, amount))
        });
        let because = match (recorded, &self.plan.components().campaign) {
            (Some((conversion, amount)), Some(terms)) => format!(
                "conversion {conversion} of {} qualifies: at least {}, on a day of the campaign, of a referee who \
                 has not been rewarded before; the reward is held for {} days",
                self.shown(amount),
                self.shown(terms.conversion_min()),
                terms.hold_days()
            ),
            (_, _) => "a conversion qualifies".to_owned(),
        };
        said(verdict_of(leg.credit), "campaign", "reward", because).by(self.campaign_path())
    }

    pub(crate) fn campaign_path(&self) -> &'static str {
        let terms = self.plan.components().campaign.as_ref();
        match terms.map(|terms| terms.reward()) {
            Some(Reward::Share(_)) => "campaign.reward_bps",
            Some(Reward::Fixed(_)) | None => "campaign.reward",
        }
    }

    /// What money in the fund of a bonus is not there for it.
    fn beside_commissions(&self) -> &'static str {
        let orders = self.plan.orders().map(|terms| terms.fund().number());
        let campaign = self.plan.campaign().map(|terms| terms.fund().number());
        let mut others = self.plan.fund_of(Reason::Rank(1)).into_iter().chain(campaign);
        let draws = |fund| self.plan.fund_chain(fund).any(|fund| Some(fund) == orders);
        if orders.is_some() && others.any(draws) {
            " after the commissions of periods that are not finalized"
        } else {
            ""
        }
    }

    fn capped_at(&self, why: &Why) -> String {
        if let Some(Rule::Cap(cap)) = &why.rule {
            self.room(cap)
        } else {
            "had reached the cap".to_owned()
        }
    }

    /// Why a rule pays less than it says, and where the plan says so.
    pub(crate) fn not_granted(
        &self,
        user: UserId,
        cause: NotGranted,
        why: &Why,
    ) -> (String, Option<&'static str>) {
        let of = |amount| self.shown(amount);
        match cause {
            NotGranted::Refunded => (format!("user {user}'s own registration was refunded"), None),
            NotGranted::Unqualified => {
                let because = format!("user {user} no longer has the rank for which the bonus was waiting");
                (because, Some("ranks.when_short"))
            }
            NotGranted::Inactive => (format!("user {user} has no active purchase"), None),
            NotGranted::Capped => {
                let because = format!("user {user} {}", self.capped_at(why));
                (because, Some("cap.multiple"))
            }
            NotGranted::FundShort => {
                let beside = self.beside_commissions();
                (format!("the fund is short{beside}, and nothing is owed"), None)
            }
            NotGranted::Waits => {
                let beside = self.beside_commissions();
                let because =
                    format!("the fund is short now{beside}; a later week may pay it, but nothing is owed");
                (because, Some("ranks.when_short"))
            }
            NotGranted::BudgetUsedUp => {
                let terms = self.plan.components().campaign.as_ref();
                let budget = of(terms.map_or(Amount::ZERO, |terms| terms.budget()));
                let spent = of(self.before.campaign().spent());
                let because = format!("{spent} of the budget of {budget} had already been granted");
                (because, Some("campaign.budget"))
            }
            NotGranted::UserLimit => {
                let campaign = self.before.campaign();
                let (earned, count) = (of(campaign.earned(user)), campaign.conversions(user));
                let because = format!(
                    "user {user} had already been granted {earned} for {count} conversions, the maximum for one user"
                );
                (because, None)
            }
            NotGranted::OutsideDates => fixed("the campaign does not run on that day", "campaign.starts"),
            NotGranted::BelowMinimum => fixed(
                "the conversion is below the campaign's minimum",
                "campaign.qualifies.conversion_min",
            ),
            NotGranted::DuplicateReferee => fixed(
                "a reward has already been granted for this referee",
                "campaign.qualifies.per_referee",
            ),
            NotGranted::SelfReferral => fixed(
                "users cannot refer themselves",
                "campaign.qualifies.self_referral",
            ),
        }
    }
}

fn fixed(because: &str, path: &'static str) -> (String, Option<&'static str>) {
    (because.to_owned(), Some(path))
}

pub(crate) fn rank_path(rank: u8) -> String {
    format!("{}.weekly_bonus", entry("ranks.ladder", rank))
}

/// Where the plan says the rate of a tier of subscriptions.
pub(crate) fn tier_path(tier: usize) -> String {
    format!("subscription.tiers[{tier}].monthly_bps")
}
