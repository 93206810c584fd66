//! Lines about rewards from funds after they were granted: released, reversed, what is kept back; and withdrawals.

use ledger::{Account, Leg, Reason, UserId};
use money::{Amount, Bps};

use super::decided::Origin;
use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::effect::RewardId;
use crate::state::component::explained::{RewardOrigin, RewardTold};
use crate::subscription::SubscriptionId;
use crate::{ComponentEffect, Day, Effect};

impl Context<'_> {
    /// A reward whose day it is.
    pub(super) fn released(&self, leg: &Leg, origin: Option<Origin>) -> Line {
        let (name, parameter) = match origin {
            Some(Origin::Released(id)) => (self.reward_name(id), self.hold_path(id)),
            Some(_) | None => ("a reward".to_owned(), None),
        };
        let to = if let Account::Wallet(user) = leg.credit {
            format!("; it is in user {user}'s wallet balance")
        } else {
            String::new()
        };
        let because = format!("{name} has waited until its day, and nothing can take its cause back{to}");
        let mut line = said(Verdict::Moved, "rewards", "matured", because);
        line.parameter = parameter;
        line
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
            line.parameter = self.reward_path(id);
            return line;
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
    pub(super) fn withheld(&self, leg: &Leg, origin: Option<Origin>) -> Line {
        let (mut parts, mut parameter) = (Vec::new(), None);
        if let Some(told) = self.released_told(origin) {
            for line in told.withheld.iter().flat_map(|withheld| withheld.lines()) {
                if !line.amount.is_zero() {
                    parts.push(self.taxed(line.policy, line.rate, line.base));
                    parameter.get_or_insert_with(|| self.tax_path(line.entry, line.rate));
                }
            }
        } else if let Some(user) = leg.recipient {
            for (policy, base) in self.withheld_of(user) {
                if let Some((entry, rate)) = self.tax_rule(user, policy) {
                    parts.push(self.taxed(policy, rate, base));
                    parameter.get_or_insert_with(|| self.tax_path(entry, rate));
                }
            }
        }
        let because = format!("tax is kept back for the authority: {}", parts.join(", "));
        let mut line = said(Verdict::Moved, "withholding", "withheld", because);
        line.parameter = parameter;
        line
    }

    fn released_told(&self, origin: Option<Origin>) -> Option<RewardTold<'_>> {
        match origin? {
            Origin::Released(id) => self.before.reward(id),
            Origin::Share(_)
            | Origin::Accrual(_)
            | Origin::Pair(_)
            | Origin::Rank(_)
            | Origin::Order(_)
            | Origin::Granted
            | Origin::Reversed(_) => None,
        }
    }

    /// What the fact keeps back from a user: policies, from 0, and what is taxed.
    fn withheld_of(&self, user: UserId) -> Vec<(u8, Amount)> {
        let effects = self.outcome.effects.iter();
        effects
            .filter_map(|effect| {
                if let Effect::Component(ComponentEffect::Withheld {
                    user: who,
                    policy,
                    base,
                    ..
                }) = *effect
                {
                    (who == user).then_some((policy.saturating_sub(1), base))
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
    pub(super) fn instalment(&self, origin: Option<Origin>) -> Line {
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
        said(Verdict::Moved, "binary", "instalment", because).by("binary.instalment_bps")
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
        let line = said(Verdict::Moved, "withdrawal", "withdrawal", because);
        match self.plan.terms.components.withdrawal {
            Some(_) => line.by("withdrawal.fee_bps"),
            None => line,
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
    fn reward_name(&self, id: RewardId) -> String {
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

    /// Where the plan says for how long a reward waits.
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
            | Reason::Spent => return self.reward_path(id),
        };
        // A hold of nothing is left out of the file.
        if days.unwrap_or(0) == 0 {
            return self.reward_path(id);
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
