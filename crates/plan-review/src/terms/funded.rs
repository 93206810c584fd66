//! What funds pay, how far, and what a withdrawal costs.

use plan::cap::CapTerms;
use plan::ranks::{RanksTerms, table::WhenShort as RanksShort};
use plan::subscription::table::{AccrualDays, BonusGrant, MonthDivisor, WhenShort};
use plan::subscription::{BonusTerms, SubscriptionTerms};
use plan::withdrawal::WithdrawalTerms;

use super::{Said, share};

impl Said<'_> {
    pub(super) fn funded(&mut self) {
        let components = self.plan.components();
        if let Some(terms) = &components.subscription {
            self.subscriptions(terms);
        }
        if let Some(terms) = components.cap {
            self.cap(terms);
        }
        if let Some(terms) = &components.bonus {
            self.bonus(terms);
        }
        if let Some(terms) = &components.ranks {
            self.ranks(terms);
        }
        if let Some(terms) = components.withdrawal {
            self.withdrawal(terms);
        }
    }

    fn subscriptions(&mut self, terms: &SubscriptionTerms) {
        let tiers = terms.tiers().iter().map(|tier| {
            let from = self.amount(tier.from);
            format!("from {from} {} a month", share(tier.monthly))
        });
        let tiers = tiers.collect::<Vec<_>>().join(", ");
        let days = match terms.accrual_days() {
            AccrualDays::Working => "Monday to Friday",
            AccrualDays::All => "every day",
        };
        let divisor = match terms.month_divisor() {
            MonthDivisor::Days(days) => format!("1/{days}"),
            MonthDivisor::Named(_) => "an equal part for each of the month's working days".to_owned(),
        };
        self.say(format!(
            "a payment buys a subscription with the nominal rate of its amount: {tiers}; {days} it accrues {divisor} of it"
        ));
        let short = match terms.when_short() {
            WhenShort::ProRata => "everyone gets the same part of it",
            WhenShort::Queue => "older subscriptions come first",
        };
        self.say(format!(
            "accruals are paid only out of the fund `{}`, which the operator fills; on a day on which it does not cover them all, \
             {short}, and the rest is never owed",
            terms.fund().as_str()
        ));
        if let Some(multiple) = terms.cap_multiple() {
            self.say(format!(
                "a subscription ends when it has accrued {multiple} times its amount"
            ));
        }
        for allocation in terms.allocations() {
            let (fund, part) = (allocation.fund.as_str(), share(allocation.share));
            self.say(format!(
                "{part} of what uplines leave of a payment go to the fund `{fund}`"
            ));
        }
        self.say("the company gets the rest of each payment".to_owned());
    }

    fn cap(&mut self, terms: CapTerms) {
        self.say(format!(
            "all rewards of a user together are at most {} times what the user paid in",
            terms.multiple()
        ));
    }

    fn bonus(&mut self, terms: &BonusTerms) {
        let amount = self.amount(terms.amount());
        let when = match terms.grant() {
            BonusGrant::FirstPurchase => "with the first purchase",
            BonusGrant::Verified => "once the operator has verified the user",
        };
        self.say(format!(
            "a user gets {amount} {when}, which pay a part of later purchases out of the fund `{}` and cannot be withdrawn",
            terms.fund().as_str()
        ));
    }

    fn ranks(&mut self, terms: &RanksTerms) {
        let ladder = terms.ladder().iter().map(|rank| {
            let bonus = self.amount(rank.weekly_bonus());
            format!("{} {bonus}", rank.name())
        });
        let ladder = ladder.collect::<Vec<_>>().join(", ");
        let short = match terms.when_short() {
            RanksShort::ProRata => "all are lowered in the same proportion, and the rest is never owed",
            RanksShort::Queue => "later ones wait",
        };
        self.say(format!(
            "a rank is reached by volume of the largest leg and of all others, and pays a bonus a week for {} weeks: {ladder}; \
             bonuses are held for {} days and paid only out of the fund `{}`: when it does not cover them, {short}",
            terms.bonus_weeks(),
            terms.hold_days(),
            terms.fund().as_str()
        ));
    }

    fn withdrawal(&mut self, terms: WithdrawalTerms) {
        let (fee, min) = (share(terms.fee()), self.amount(terms.min()));
        self.say(format!(
            "matured rewards wait in a wallet balance; a withdrawal of at least {min} costs {fee} of it"
        ));
    }
}
