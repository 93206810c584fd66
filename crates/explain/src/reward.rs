//! Lines about rewards from funds after they were granted: released, reversed, what is withheld; and withdrawals.

use ledger::{Account, Leg, Reason};
use money::Bps;
use plan_file::percent;

use crate::part::{Part, Parts};
use crate::{Context, Line, Verdict, entry, said, who};
use plan::decision::{RewardOrigin, RewardStanding, Rule, Why};
use plan::subscription::SubscriptionId;
use plan::withholding::Line as TaxLine;
use plan::{ComponentEffect, Effect, SaleEffect};

impl Context<'_> {
    /// A reward whose day it is.
    pub(crate) fn released(&self, leg: &Leg, why: &Why) -> Line {
        let (name, (then, parameter)) = match why.reward() {
            Some(reward) => (self.reward_name(reward), self.hold_of(reward)),
            None => ("a reward".to_owned(), (*self, None)),
        };
        let to = if let Account::Wallet(user) = leg.credit {
            format!("; it is in user {user}'s wallet balance")
        } else {
            String::new()
        };
        let because =
            format!("{name} has reached its release date, and its cause can no longer be reversed{to}");
        said(Verdict::Moved, "rewards", "matured", because)
            .by_any(parameter)
            .under(&then)
    }

    /// The same line with the parameter behind the reward that it is about.
    pub(crate) fn of_reward(&self, line: Line, why: &Why) -> Line {
        let (then, parameter) = match (why.reward(), why.granted) {
            (Some(reward), _) => self.rate_of(reward),
            (None, Some(_)) if let Some(applied) = why.applied => (*self, Some(applied.parameter.to_owned())),
            (None, Some(reason)) if !matches!(reason, Reason::PoolLayer { .. }) => {
                let subscription = if let Some(Rule::Accrual { accrual, .. }) = &why.rule {
                    Some(accrual.subscription)
                } else {
                    None
                };
                (*self, self.rule_path(reason, subscription))
            }
            (None, _) => return line,
        };
        line.by_any(parameter).under(&then)
    }

    /// What goes back, because its cause did.
    pub(crate) fn reversed(&self, leg: &Leg, why: &Why) -> Line {
        let what = self.what_went_back();
        if let Some(reward) = why.reward() {
            let name = self.reward_name(reward);
            let because = if let Account::Receivable(user) = leg.debit {
                format!("{what} after {name} had been released: user {user} owes it to the fund")
            } else if leg.debit == Account::Tax {
                format!("{what}: the tax on {name} is reversed with it")
            } else if leg.debit == Account::Company {
                format!("{what}: the instalment from {name} is reversed with it")
            } else {
                format!("{what} while {name} was still held: it returns to its fund")
            };
            let (then, parameter) = self.rate_of(reward);
            let line = said(Verdict::Returned, "rewards", "reversed", because);
            return line.by_any(parameter).under(&then);
        }
        let (component, because, parameter) = if let Account::Breakage(cause) = leg.debit {
            let because = format!("{what}: its breakage ({}) returns to the fund", cause.name());
            ("orders", because, "orders.fund")
        } else if let Account::Revenue(_) = leg.debit {
            let because = format!("{what}: the fund returns its share");
            ("orders", because, "orders.fund_bps")
        } else {
            let because = format!("{what}: the part paid by a bonus returns to its fund");
            ("bonus", because, "bonus.fund")
        };
        said(Verdict::Returned, component, "reversed", because).by(parameter)
    }

    /// Tax that is withheld.
    pub(crate) fn withheld(&self, why: &Why) -> Line {
        let then = match why.reward() {
            Some(reward) => self.under(self.before.version_of_reward(reward.id)),
            None => *self,
        };
        let taxed = why.taxed.iter().filter(|line| !line.amount.is_zero());
        let policies: Vec<(Part, String)> = taxed.map(|line| then.policy(line)).collect();
        let words: Vec<&str> = policies.iter().map(|(_, words)| words.as_str()).collect();
        let because = format!("tax is withheld for the tax authority: {}", words.join(", "));
        let mut line = said(Verdict::Moved, "withholding", "withheld", because);
        if let Some((first, _)) = policies.first() {
            line.parameter.clone_from(&first.parameter);
            line.plan = first.plan;
        }
        if policies.len() > 1 {
            let mut parts = Parts::default();
            for (part, _) in policies {
                parts.add(part);
            }
            line.parts = parts.into_list();
        }
        line
    }

    fn policy(&self, line: &TaxLine) -> (Part, String) {
        let policies = self.plan.components().withholding().policies();
        let name = policies.get(usize::from(line.policy)).map(|policy| policy.name());
        let part = Part {
            amount: line.amount,
            shares: 1,
            component: "withholding",
            rule: name.unwrap_or("policy").to_owned(),
            parameter: Some(self.tax_path(line.entry, line.rate)),
            plan: self.version,
        };
        (part, self.taxed(line))
    }

    pub(crate) fn tax_path(&self, entry: u8, rate: Bps) -> String {
        self.plan.components().withholding().path_of(entry, rate)
    }

    /// `2 % of 4000 INR under IN-194H`.
    pub(crate) fn taxed(&self, line: &TaxLine) -> String {
        let policies = self.plan.components().withholding().policies();
        let policy = policies.get(usize::from(line.policy));
        format!(
            "{} of {} under {}",
            percent(u128::from(line.rate.get())),
            self.shown(line.base),
            policy.map_or("", |policy| policy.name())
        )
    }

    /// What a pair pays of its user's own instalments.
    pub(crate) fn instalment(&self, why: &Why) -> Line {
        let because = if let Some(reward) = why.reward() {
            format!(
                "{}: the user was not an active buyer, so this part pays the user's own instalment",
                self.reward_name(reward)
            )
        } else if let Some(Rule::Pair { number, .. }) = &why.rule {
            format!(
                "pair {number}: the user is not an active buyer, so this part pays the user's own instalment"
            )
        } else {
            "this part pays the user's own instalment".to_owned()
        };
        let line = said(Verdict::Moved, "binary", "instalment", because);
        self.of_reward(line, why).by("binary.instalment_bps")
    }

    /// What a withdrawal costs.
    pub(crate) fn fee(&self, leg: &Leg, why: &Why) -> Line {
        let terms = self.plan.components().withdrawal.unwrap_or_default();
        let rate = percent(u128::from(terms.fee().get()));
        let because = if let Some(Rule::Withdrawn { gross, withheld }) = why.rule {
            let tax = if withheld.is_zero() {
                String::new()
            } else {
                format!(", less tax of {}", self.shown(withheld))
            };
            let (gross, who) = (self.shown(gross), who(leg.recipient));
            format!("{rate} of the {gross} that {who} withdraws{tax}, rounded down")
        } else {
            format!("{rate} of what is withdrawn, rounded down")
        };
        said(Verdict::Company, "withdrawal", "fee", because).by("withdrawal.fee_bps")
    }

    /// What a withdrawal leaves.
    pub(crate) fn withdrawal(&self, leg: &Leg, why: &Why) -> Line {
        let gross = if let Some(Rule::Withdrawn { gross, .. }) = why.rule {
            self.shown(gross)
        } else {
            "money".to_owned()
        };
        let because = format!(
            "{} withdraws {gross} from the wallet balance; this is what remains after tax, fee and debts, and it can be paid on chain",
            who(leg.recipient),
        );
        said(Verdict::Moved, "withdrawal", "withdrawal", because).by_any(self.withdrawal_path())
    }

    /// Where the plan says what a withdrawal leaves.
    pub(crate) fn withdrawal_path(&self) -> Option<String> {
        let components = self.plan.components();
        match components.withdrawal {
            Some(_) => Some("withdrawal.fee_bps".to_owned()),
            None => components.withholding().payout_path(),
        }
    }

    /// `reward 3 (pair 1)`.
    pub(crate) fn reward_name(&self, reward: &RewardStanding) -> String {
        let number = reward.id.get();
        let what = match (reward.reason, reward.origin) {
            (_, RewardOrigin::Rule) if let Some(applied) = reward.applied => applied.component.to_owned(),
            (_, RewardOrigin::Subscription(subscription)) => {
                format!("accrual of subscription {}", subscription.get())
            }
            (Reason::Generation(generation), RewardOrigin::Order(order)) => {
                format!("generation {generation} of order {}", order.get())
            }
            (_, RewardOrigin::Conversion(conversion)) => format!("conversion {}", conversion.get()),
            (_, RewardOrigin::Pair(pair)) => format!("pair {pair}"),
            (Reason::Rank(rank), _) => format!("one week as {}", self.rank_name(rank)),
            (reason, _) => match reward.source {
                Some(source) => format!("{} of user {source}", reason.name()),
                None => reason.name().to_owned(),
            },
        };
        format!("reward {number} ({what})")
    }

    /// The version that says how much a reward is, and where. Of an accrual that can still go back it is the one that
    /// sold the subscription.
    fn rate_of(&self, reward: &RewardStanding) -> (Self, Option<String>) {
        let (version, subscription) = if let RewardOrigin::Subscription(subscription) = reward.origin {
            (
                self.before.version_of_subscription(subscription),
                Some(subscription),
            )
        } else {
            (self.before.version_of_reward(reward.id), None)
        };
        let then = self.under(version);
        let parameter = match reward.applied {
            Some(applied) => Some(applied.parameter.to_owned()),
            None => then.rule_path(reward.reason, subscription),
        };
        (then, parameter)
    }

    /// The version that says for how long a reward waits, and where.
    fn hold_of(&self, reward: &RewardStanding) -> (Self, Option<String>) {
        let then = self.under(self.before.version_of_reward(reward.id));
        match then.hold_path(reward.reason) {
            Some(path) if reward.applied.is_none() => (then, Some(path)),
            Some(_) | None => self.rate_of(reward),
        }
    }

    /// Where the plan says how much a rule grants from a fund.
    pub(crate) fn rule_path(&self, reason: Reason, subscription: Option<SubscriptionId>) -> Option<String> {
        let rule = FundRule::of(reason)?;
        Some(match rule {
            FundRule::Direct => "binary.direct_bonus".to_owned(),
            FundRule::Pair => "binary.pair_value".to_owned(),
            FundRule::Rank(rank) => super::granted::rank_path(rank),
            FundRule::Commission(generation) => entry("orders.generations_bps", generation),
            FundRule::Bonus if self.plan.components().campaign.is_some() => self.campaign_path().to_owned(),
            FundRule::Bonus => "bonus.use_bps_max".to_owned(),
            FundRule::Accrual => self.tier_path(subscription),
        })
    }

    /// The component whose rule grants it.
    pub(crate) fn component_of(&self, reason: Reason) -> &'static str {
        match FundRule::of(reason) {
            Some(FundRule::Direct | FundRule::Pair) => "binary",
            Some(FundRule::Rank(_)) => "ranks",
            Some(FundRule::Commission(_)) => "orders",
            Some(FundRule::Bonus) if self.plan.components().campaign.is_some() => "campaign",
            Some(FundRule::Bonus) => "bonus",
            Some(FundRule::Accrual) => "subscription",
            None => "settlement",
        }
    }

    /// Where the plan says for how long a reward waits; `None` where it does not wait by itself.
    fn hold_path(&self, reason: Reason) -> Option<String> {
        let components = self.plan.components();
        let (path, days) = match FundRule::of(reason)? {
            FundRule::Pair => {
                let terms = components.binary.as_ref();
                ("binary.hold_days", terms.map(|terms| terms.hold_days()))
            }
            FundRule::Rank(_) => {
                let terms = components.ranks.as_ref();
                ("ranks.hold_days", terms.map(|terms| terms.hold_days()))
            }
            FundRule::Commission(_) => {
                let terms = components.orders.as_ref();
                ("orders.hold_days", terms.map(|terms| terms.hold_days()))
            }
            FundRule::Bonus => {
                let terms = components.campaign.as_ref();
                ("campaign.hold_days", terms.map(|terms| terms.hold_days()))
            }
            FundRule::Direct | FundRule::Accrual => return None,
        };
        // A hold of nothing is left out of the file.
        (days.unwrap_or(0) != 0).then(|| path.to_owned())
    }

    /// What took a reward back.
    fn what_went_back(&self) -> String {
        let cause = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::DepositRefunded { deposit } = effect {
                return Some(format!("{} was refunded", self.named(*deposit)));
            }
            if let Effect::Component(ComponentEffect::Sale(sale)) = effect {
                return self.sale_went_back(*sale);
            }
            let is_day = matches!(effect, Effect::Component(ComponentEffect::DayEnded { .. }));
            is_day.then(|| "the user's own registration was refunded".to_owned())
        });
        cause.unwrap_or_else(|| "its cause was reversed".to_owned())
    }

    fn sale_went_back(&self, sale: SaleEffect) -> Option<String> {
        let (what, number, amount) = if let SaleEffect::OrderRefunded { order, amount } = sale {
            ("order", order, amount)
        } else if let SaleEffect::ConversionReversed {
            conversion, amount, ..
        } = sale
        {
            ("conversion", conversion, amount)
        } else {
            return None;
        };
        Some(format!("{} of {what} {number} was refunded", self.shown(amount)))
    }
}

/// A rule that grants rewards from a fund.
#[derive(Clone, Copy, Debug)]
enum FundRule {
    Direct,
    Pair,
    Rank(u8),
    Commission(u8),
    Bonus,
    Accrual,
}

impl FundRule {
    fn of(reason: Reason) -> Option<Self> {
        if let Reason::Rank(rank) = reason {
            return Some(Self::Rank(rank));
        }
        if let Reason::Generation(generation) = reason {
            return Some(Self::Commission(generation));
        }
        let plain = [
            (Reason::Direct, Self::Direct),
            (Reason::Pair, Self::Pair),
            (Reason::Bonus, Self::Bonus),
            (Reason::Accrual, Self::Accrual),
        ];
        plain
            .into_iter()
            .find_map(|(known, rule)| (known == reason).then_some(rule))
    }
}
