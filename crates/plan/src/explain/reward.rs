//! Lines about rewards from funds after they were granted: released, reversed, what is kept back; and withdrawals.

use ledger::{Account, Leg, Reason, UserId};
use money::{Amount, Bps};

use super::decided::Origin;
use super::part::{Part, Parts};
use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::effect::RewardId;
use crate::state::component::explained::{RewardOrigin, RewardTold};
use crate::subscription::SubscriptionId;
use crate::{ComponentEffect, Day, Effect};

impl Context<'_> {
    /// A reward whose day it is.
    pub(super) fn released(&self, leg: &Leg, origin: Option<Origin>) -> Line {
        let (name, (then, parameter)) = match origin {
            Some(Origin::Released(id)) => (self.reward_name(id), self.hold_of(id)),
            Some(_) | None => ("a reward".to_owned(), (*self, None)),
        };
        let to = if let Account::Wallet(user) = leg.credit {
            format!("; it is in user {user}'s wallet balance")
        } else {
            String::new()
        };
        let because = format!("{name} has waited until its day, and nothing can take its cause back{to}");
        let mut line = said(Verdict::Moved, "rewards", "matured", because).under(&then);
        line.parameter = parameter;
        line
    }

    /// The same line with the parameter behind the reward that it is about.
    pub(super) fn of_reward(&self, mut line: Line, leg: &Leg, origin: Option<Origin>) -> Line {
        let (then, parameter) = match origin {
            Some(Origin::Released(id) | Origin::Reversed(id)) => self.rate_of(id),
            Some(origin) => (*self, self.granted_path(leg, origin)),
            None => return line,
        };
        line.parameter = parameter;
        line.under(&then)
    }

    /// Where the plan says what a rule grants in this fact.
    fn granted_path(&self, leg: &Leg, origin: Origin) -> Option<String> {
        let place = origin.place();
        let reason = match origin {
            Origin::Share(_) | Origin::Released(_) | Origin::Reversed(_) => return None,
            Origin::Accrual(_) => {
                let accrual = place.and_then(|place| self.decided.accruals.get(place));
                return self.rule_path(Reason::Accrual, accrual.map(|accrual| accrual.subscription));
            }
            Origin::Pair(_) => Reason::Pair,
            Origin::Order(_) => {
                let lines = self.decided.period.iter().flat_map(|period| &period.lines);
                place.and_then(|place| lines.map(|line| line.reason()).nth(place))?
            }
            Origin::Rank(_) | Origin::Granted => self.granted_reason(leg)?,
        };
        self.rule_path(reason, None)
    }

    /// The reason of the reward that a fact grants a leg's user, where there is no more than one.
    fn granted_reason(&self, leg: &Leg) -> Option<Reason> {
        self.outcome.effects.iter().find_map(|effect| {
            if let Effect::Component(ComponentEffect::RewardGranted { user, reason, .. }) = effect
                && Some(*user) == leg.recipient
                && !matches!(reason, Reason::Accrual | Reason::Pair)
            {
                Some(*reason)
            } else {
                None
            }
        })
    }

    /// What goes back, because its cause did.
    pub(super) fn reversed(&self, leg: &Leg, origin: Option<Origin>) -> Line {
        if let Some(Origin::Reversed(id)) = origin {
            let name = self.reward_name(id);
            let what = self.what_went_back();
            let because = if let Account::Receivable(user) = leg.debit {
                format!(
                    "{what}, after {name} was user {user}'s own: user {user} owes it, and the fund has a claim"
                )
            } else if leg.debit == Account::Tax {
                format!("{what}: the tax of {name} goes back with it")
            } else if leg.debit == Account::Company {
                format!("{what}: the instalment of {name} goes back with it")
            } else {
                format!("{what}, while {name} still waited: its fund has it again")
            };
            let mut line = said(Verdict::Returned, "rewards", "reversed", because);
            let (then, parameter) = self.rate_of(id);
            line.parameter = parameter;
            return line.under(&then);
        }
        let (component, because, parameter) = match (leg.debit, leg.credit) {
            (Account::Breakage(cause), _) => (
                "orders",
                format!(
                    "{}: what was breakage ({}) for it goes back to the fund",
                    self.what_went_back(),
                    cause.name()
                ),
                "orders.fund",
            ),
            (Account::Revenue(_), _) => (
                "orders",
                format!("{}: the fund gives its share back", self.what_went_back()),
                "orders.fund_bps",
            ),
            (_, _) => (
                "bonus",
                format!(
                    "{}: the part that a bonus had paid goes back to its fund",
                    self.what_went_back()
                ),
                "bonus.fund",
            ),
        };
        said(Verdict::Returned, component, "reversed", because).by(parameter)
    }

    /// Tax that is kept back.
    pub(super) fn withheld(&self, number: u32, leg: &Leg, origin: Option<Origin>) -> Line {
        let policies = self.policies(number, leg, origin);
        let words: Vec<&str> = policies.iter().map(|(_, words)| words.as_str()).collect();
        let because = format!("tax is kept back for the authority: {}", words.join(", "));
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

    /// What each policy keeps back of a leg, with the words for it.
    fn policies(&self, number: u32, leg: &Leg, origin: Option<Origin>) -> Vec<(Part, String)> {
        let mut parts = Vec::new();
        if let Some((then, told)) = self.released_told(origin) {
            for (withheld, line) in told
                .withheld
                .iter()
                .flat_map(|withheld| withheld.lines().map(move |line| (withheld, line)))
            {
                let rule = (line.policy, line.entry, line.rate);
                parts.push(then.policy(rule, line.base, withheld.standing_of(line)));
            }
        } else if let Some(user) = leg.recipient {
            for (policy, base, amount) in self.withheld_now(user, number) {
                if let Some((entry, rate)) = self.tax_rule(user, policy) {
                    parts.push(self.policy((policy, entry, rate), base, amount));
                }
            }
        }
        parts.retain(|(part, _)| !part.amount.is_zero());
        parts
    }

    /// What the fact keeps back from a user by one of its legs: policies, from 0, what is taxed, and the tax. A reward that
    /// waits tells of its tax too, and no leg takes it yet; so each leg takes the next that are as much as it is.
    fn withheld_now(&self, user: UserId, number: u32) -> Vec<(u8, Amount, Amount)> {
        let told = self.withheld_of(user);
        let legs = (0..=number).zip(&self.outcome.legs).filter(|(_, leg)| {
            let takes = leg.reason == Reason::Withheld && leg.recipient == Some(user);
            takes && !matches!(leg.debit, Account::Deferred(_))
        });
        let mut from = 0usize;
        for (at, leg) in legs {
            let next = (from..told.len()).find_map(|start| {
                let behind = told.get(start..)?;
                let count = sums_to(behind, leg.amount)?;
                Some((start, start.saturating_add(count)))
            });
            let Some((start, end)) = next else {
                return told;
            };
            if at == number {
                return told.get(start..end).unwrap_or_default().to_vec();
            }
            from = end;
        }
        told
    }

    fn policy(&self, (policy, entry, rate): (u8, u8, Bps), base: Amount, amount: Amount) -> (Part, String) {
        let policies = self.plan.terms.components.withholding.policies();
        let name = policies.get(usize::from(policy)).map(|policy| policy.name());
        let part = Part {
            amount,
            shares: 1,
            component: "withholding",
            rule: name.unwrap_or("policy").to_owned(),
            parameter: Some(self.tax_path(entry, rate)),
            plan: self.version,
        };
        (part, self.taxed(policy, rate, base))
    }

    fn released_told(&self, origin: Option<Origin>) -> Option<(Self, RewardTold<'_>)> {
        match origin? {
            Origin::Released(id) => {
                let told = self.before.reward(id)?;
                Some((self.under(self.before.version_of_reward(id)), told))
            }
            Origin::Share(_)
            | Origin::Accrual(_)
            | Origin::Pair(_)
            | Origin::Rank(_)
            | Origin::Order(_)
            | Origin::Granted
            | Origin::Reversed(_) => None,
        }
    }

    /// What the fact keeps back from a user: policies, from 0, what is taxed, and the tax.
    fn withheld_of(&self, user: UserId) -> Vec<(u8, Amount, Amount)> {
        let effects = self.outcome.effects.iter();
        effects
            .filter_map(|effect| {
                if let Effect::Component(ComponentEffect::Withheld {
                    user: who,
                    policy,
                    base,
                    amount,
                }) = *effect
                {
                    (who == user).then_some((policy.saturating_sub(1), base, amount))
                } else {
                    None
                }
            })
            .collect()
    }

    /// What a policy says about what is withheld in this fact.
    pub(super) fn tax_rule(&self, user: UserId, policy: u8) -> Option<(u8, Bps)> {
        let has_tax_id = self.before.withholding().has_tax_id(user);
        let terms = &self.plan.terms.components.withholding;
        terms.in_force(policy, self.today(), has_tax_id)
    }

    pub(super) fn tax_path(&self, entry: u8, rate: Bps) -> String {
        self.plan.terms.components.withholding.path_of(entry, rate)
    }

    /// `200 of 10000 parts of 4000 INR by IN-194H`.
    pub(super) fn taxed(&self, policy: u8, rate: Bps, base: Amount) -> String {
        let policies = self.plan.terms.components.withholding.policies();
        let name = policies
            .get(usize::from(policy))
            .map_or("", |policy| policy.name());
        format!("{} of 10000 parts of {} by {name}", rate.get(), self.shown(base))
    }

    /// What a pair pays of its user's own instalments.
    pub(super) fn instalment(&self, leg: &Leg, origin: Option<Origin>) -> Line {
        let because = match origin {
            Some(Origin::Released(id)) => format!(
                "{}: its user was no active buyer, and this part of it pays the own instalment",
                self.reward_name(id)
            ),
            Some(Origin::Pair(place)) => {
                let number = self.decided.pairs.get(place).map_or(0, |pair| pair.number);
                format!(
                    "pair {number}: its user is not an active buyer, and this part pays the own instalment"
                )
            }
            Some(_) | None => "this part pays the user's own instalment".to_owned(),
        };
        let line = said(Verdict::Moved, "binary", "instalment", because);
        self.of_reward(line, leg, origin).by("binary.instalment_bps")
    }

    /// What a withdrawal costs.
    pub(super) fn fee(&self, leg: &Leg) -> Line {
        let terms = self.plan.terms.components.withdrawal.unwrap_or_default();
        let tax = self.outcome.legs.iter();
        let tax = tax.filter(|other| other.reason == Reason::Withheld && other.recipient == leg.recipient);
        let tax = Amount::sum_of(tax.map(|leg| leg.amount)).unwrap_or_default();
        let because = format!(
            "{} of 10000 parts of the {} that {} takes out{}, rounded down",
            terms.fee().get(),
            self.shown(self.withdrawn()),
            leg.recipient
                .map_or("the user".to_owned(), |user| format!("user {user}")),
            if tax.is_zero() {
                String::new()
            } else {
                format!(", less tax of {}", self.shown(tax))
            }
        );
        said(Verdict::Company, "withdrawal", "fee", because).by("withdrawal.fee_bps")
    }

    /// What a withdrawal leaves.
    pub(super) fn withdrawal(&self, leg: &Leg) -> Line {
        let because = format!(
            "{} takes {} out of the wallet balance; this is left after tax, fee and debts, and the chain may pay it",
            leg.recipient
                .map_or("the user".to_owned(), |user| format!("user {user}")),
            self.shown(self.withdrawn())
        );
        let mut line = said(Verdict::Moved, "withdrawal", "withdrawal", because);
        line.parameter = self.withdrawal_path();
        line
    }

    /// Where the plan says what a withdrawal leaves.
    pub(super) fn withdrawal_path(&self) -> Option<String> {
        let components = &self.plan.terms.components;
        match components.withdrawal {
            Some(_) => Some("withdrawal.fee_bps".to_owned()),
            None => components.withholding.payout_path(),
        }
    }

    fn withdrawn(&self) -> Amount {
        let amounts = self.outcome.effects.iter().filter_map(|effect| {
            if let Effect::Component(ComponentEffect::Withdrawn { amount, .. }) = effect {
                Some(*amount)
            } else {
                None
            }
        });
        Amount::sum_of(amounts).unwrap_or_default()
    }

    /// `reward 3 (pair 1)`.
    pub(super) fn reward_name(&self, id: RewardId) -> String {
        let number = id.get();
        let Some(told) = self.before.reward(id) else {
            return format!("reward {number}");
        };
        let what = match (told.reason, told.origin) {
            (_, RewardOrigin::Subscription(subscription)) => {
                format!("accrual of subscription {}", subscription.get())
            }
            (Reason::Generation(generation), RewardOrigin::Order(order)) => {
                format!("generation {generation} of order {}", order.get())
            }
            (_, RewardOrigin::Conversion(conversion)) => format!("conversion {}", conversion.get()),
            (_, RewardOrigin::Pair(pair)) => format!("pair {pair}"),
            (Reason::Rank(rank), _) => format!("a week as {}", self.rank_name(rank)),
            (reason, _) => match told.source {
                Some(source) => format!("{} of user {source}", reason.name()),
                None => reason.name().to_owned(),
            },
        };
        format!("reward {number} ({what})")
    }

    /// The version that says how much a reward is, and where. Of an accrual that can still go back it is the one that
    /// sold the subscription.
    fn rate_of(&self, id: RewardId) -> (Self, Option<String>) {
        let told = self.before.reward(id);
        let version = match told.map(|told| told.origin) {
            Some(RewardOrigin::Subscription(subscription)) => {
                self.before.version_of_subscription(subscription)
            }
            Some(
                RewardOrigin::Order(_)
                | RewardOrigin::Conversion(_)
                | RewardOrigin::Pair(_)
                | RewardOrigin::Rule,
            )
            | None => self.before.version_of_reward(id),
        };
        let then = self.under(version);
        let parameter = then.reward_path(id);
        (then, parameter)
    }

    /// The version that says for how long a reward waits, and where.
    fn hold_of(&self, id: RewardId) -> (Self, Option<String>) {
        let then = self.under(self.before.version_of_reward(id));
        match then.hold_path(id) {
            Some(path) => (then, Some(path)),
            None => self.rate_of(id),
        }
    }

    /// Where the plan says how much a reward is.
    fn reward_path(&self, id: RewardId) -> Option<String> {
        let told = self.before.reward(id)?;
        let subscription = match told.origin {
            RewardOrigin::Subscription(subscription) => Some(subscription),
            RewardOrigin::Order(_)
            | RewardOrigin::Conversion(_)
            | RewardOrigin::Pair(_)
            | RewardOrigin::Rule => None,
        };
        self.rule_path(told.reason, subscription)
    }

    /// Where the plan says how much a rule grants from a fund.
    pub(super) fn rule_path(&self, reason: Reason, subscription: Option<SubscriptionId>) -> Option<String> {
        let path = match reason {
            Reason::Direct => "binary.direct_bonus".to_owned(),
            Reason::Pair => "binary.pair_value".to_owned(),
            Reason::Rank(rank) => super::granted::rank_path(rank),
            Reason::Generation(generation) => entry("orders.generations_bps", generation),
            Reason::Bonus if self.plan.terms.components.campaign.is_some() => self.campaign_path().to_owned(),
            Reason::Bonus => "bonus.use_bps_max".to_owned(),
            Reason::Accrual => self.tier_path(subscription),
            // Not what a fund grants.
            Reason::PoolLayer { .. }
            | Reason::CompanyShare
            | Reason::Matured
            | Reason::Refund
            | Reason::ReserveReleased
            | Reason::Funded
            | Reason::Correction
            | Reason::Netting
            | Reason::Unexpected
            | Reason::Payout
            | Reason::PayoutCredited
            | Reason::Claim
            | Reason::CreditWithdrawal
            | Reason::Treasury
            | Reason::Overpaid
            | Reason::Withheld
            | Reason::Fee
            | Reason::Instalment
            | Reason::Withdrawal
            | Reason::Allocated
            | Reason::Reversed
            | Reason::Spent => return None,
        };
        Some(path)
    }

    /// Where the plan says for how long a reward waits; `None` where it does not wait by itself.
    fn hold_path(&self, id: RewardId) -> Option<String> {
        let told = self.before.reward(id)?;
        let components = &self.plan.terms.components;
        let (path, days) = match told.reason {
            Reason::Pair => (
                "binary.hold_days",
                components.binary.as_ref().map(|terms| terms.hold_days()),
            ),
            Reason::Rank(_) => (
                "ranks.hold_days",
                components.ranks.as_ref().map(|terms| terms.hold_days()),
            ),
            Reason::Generation(_) => (
                "orders.hold_days",
                components.orders.as_ref().map(|terms| terms.hold_days()),
            ),
            Reason::Bonus => (
                "campaign.hold_days",
                components.campaign.as_ref().map(|terms| terms.hold_days()),
            ),
            Reason::Direct
            | Reason::Accrual
            | Reason::PoolLayer { .. }
            | Reason::CompanyShare
            | Reason::Matured
            | Reason::Refund
            | Reason::ReserveReleased
            | Reason::Funded
            | Reason::Correction
            | Reason::Netting
            | Reason::Unexpected
            | Reason::Payout
            | Reason::PayoutCredited
            | Reason::Claim
            | Reason::CreditWithdrawal
            | Reason::Treasury
            | Reason::Overpaid
            | Reason::Withheld
            | Reason::Fee
            | Reason::Instalment
            | Reason::Withdrawal
            | Reason::Allocated
            | Reason::Reversed
            | Reason::Spent => return None,
        };
        // A hold of nothing is left out of the file.
        if days.unwrap_or(0) == 0 {
            return None;
        }
        Some(path.to_owned())
    }

    /// What took a reward back.
    fn what_went_back(&self) -> String {
        let cause = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::DepositRefunded { deposit } = effect {
                return Some(format!("{} went back", self.named(*deposit)));
            }
            if let Effect::Component(ComponentEffect::Sale(sale)) = effect {
                return self.sale_went_back(*sale);
            }
            let is_day = matches!(effect, Effect::Component(ComponentEffect::DayEnded { .. }));
            is_day.then(|| "the user's own registration was refunded".to_owned())
        });
        cause.unwrap_or_else(|| "its cause went back".to_owned())
    }

    fn sale_went_back(&self, sale: crate::SaleEffect) -> Option<String> {
        use crate::SaleEffect;
        match sale {
            SaleEffect::OrderRefunded { order, amount } => {
                Some(format!("{} of order {order} went back", self.shown(amount)))
            }
            SaleEffect::ConversionReversed {
                conversion, amount, ..
            } => Some(format!(
                "{} of conversion {conversion} went back",
                self.shown(amount)
            )),
            SaleEffect::OrderPlaced { .. }
            | SaleEffect::PeriodMoved { .. }
            | SaleEffect::ConversionRecorded { .. }
            | SaleEffect::Achieved { .. }
            | SaleEffect::AchievementLost { .. } => None,
        }
    }

    /// A reward, or a share of a payment, that becomes its user's own while tax is kept back: the day on which it is.
    pub(super) fn today(&self) -> Day {
        self.decided.day.unwrap_or_else(|| self.before.calendar_day())
    }

    /// Whether a leg says what is kept back from a user already.
    pub(super) fn says_tax(&self, user: UserId) -> bool {
        self.outcome.legs.iter().any(|leg| {
            leg.reason == Reason::Withheld
                && leg.recipient == Some(user)
                && verdict_of(leg.debit) != Verdict::Waiting
                && !matches!(leg.debit, Account::Deferred(_))
        })
    }
}

/// How many of the first are an amount together.
fn sums_to(told: &[(u8, Amount, Amount)], amount: Amount) -> Option<usize> {
    let mut sum = Amount::ZERO;
    (1usize..).zip(told).find_map(|(count, (_, _, tax))| {
        sum = sum.plus(*tax).unwrap_or(sum);
        (sum == amount).then_some(count)
    })
}
