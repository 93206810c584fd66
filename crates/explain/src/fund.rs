//! Lines about what funds receive and pay besides rewards, about the company's rest of a payment, and about payments that
//! fit nothing, in plans with components.

use ledger::{Account, Beneficiary, Fund, Leg};
use money::Amount;

use crate::{Context, Line, Verdict, entry, of_user, said, verdict_of};
use plan::compiled::IntakeRule;
use plan::{ComponentEffect, Effect, SaleEffect};

impl Context<'_> {
    /// What a fund receives: of a payment, of unallocated revenue, or of the fund behind it.
    pub(crate) fn allocated(&self, leg: &Leg) -> Line {
        match (leg.debit, leg.credit) {
            (Account::Custody, Account::Held(Beneficiary::Fund(fund))) => self.funded_by_payment(leg, fund),
            (Account::Held(_), Account::Revenue(fund)) => {
                let name = self.fund_name(fund);
                let because = format!(
                    "the underlying payments can no longer be refunded, and fund {name} receives its share"
                );
                said(Verdict::Moved, "funds", "allocated", because).by(fund_path(fund))
            }
            (Account::Revenue(Fund::UNALLOCATED), Account::Revenue(fund)) => {
                let name = self.fund_name(fund);
                match self.order_placed() {
                    Some((order, amount)) => {
                        let because = format!(
                            "order {order} of {}: fund {name} receives its share from unallocated revenue",
                            self.shown(amount)
                        );
                        said(Verdict::Moved, "orders", "allocated", because).by("orders.fund_bps")
                    }
                    None => {
                        let because = format!("operators moved unallocated revenue to fund {name}");
                        said(Verdict::Moved, "funds", "allocated", because).by(fund_path(fund))
                    }
                }
            }
            (Account::Revenue(behind), Account::Revenue(fund)) => {
                let because = format!(
                    "fund {} was short, and fund {} backs it",
                    self.fund_name(fund),
                    self.fund_name(behind)
                );
                let path = format!("{}.fallback", entry("funds", fund.get()));
                said(Verdict::Moved, "funds", "allocated", because).by(path)
            }
            (_, credit) => {
                let because = "a fund receives its share".to_owned();
                said(verdict_of(credit), "funds", "allocated", because)
            }
        }
    }

    fn funded_by_payment(&self, leg: &Leg, fund: Fund) -> Line {
        let components = self.plan.components();
        let payer = of_user(leg.source);
        let name = self.fund_name(fund);
        let of_plan = components.allocations.iter();
        let of_plan = of_plan.map(|(known, _)| *known).position(|known| known == fund);
        let of_purchase = components.subscription.iter();
        let of_purchase = (of_purchase.flat_map(|terms| terms.allocations()))
            .position(|allocation| allocation.fund.number() == fund);
        let (component, path, what) = match (self.plan.intake(), of_purchase, of_plan) {
            (IntakeRule::Order, _, _) => ("orders", "orders.fund_bps".to_owned(), "of the order"),
            (IntakeRule::Subscription, Some(place), _) => (
                "subscription",
                format!("subscription.allocations[{place}].bps"),
                "of the remainder of the purchase after the generation shares",
            ),
            (_, _, Some(place)) => (
                "allocations",
                format!("allocations[{place}].bps"),
                "of the payment",
            ),
            (_, _, None) => ("funds", fund_path(fund), "of the payment"),
        };
        let because =
            format!("fund {name} receives its share {what}{payer} once it can no longer be refunded");
        said(Verdict::Moved, component, "allocated", because).by(path)
    }

    pub(crate) fn fund_name(&self, fund: Fund) -> String {
        let mut funds = self.plan.funds();
        let known = funds.find(|(known, _)| *known == fund);
        known.map_or("of unallocated revenue".to_owned(), |(_, name)| name.to_owned())
    }

    fn order_placed(&self) -> Option<(u32, Amount)> {
        self.outcome.effects.iter().find_map(|effect| {
            let Effect::Component(ComponentEffect::Sale(sale)) = *effect else {
                return None;
            };
            let SaleEffect::OrderPlaced { order, amount, .. } = sale else {
                return None;
            };
            Some((order, amount))
        })
    }

    /// What a payment leaves for the company in a plan whose payments are not an auto-pool's.
    pub(crate) fn company_rest(&self, leg: &Leg) -> Line {
        let components = self.plan.components();
        let rest = "the remainder after the other shares, including all rounding".to_owned();
        let allocates = !components.allocations.is_empty();
        let (component, path) = match self.plan.intake() {
            IntakeRule::Subscription if components.generation.is_some() => {
                ("subscription", Some("generation.rates_bps"))
            }
            IntakeRule::Subscription => ("subscription", None),
            IntakeRule::Order => ("orders", Some("orders.fund_bps")),
            IntakeRule::Booking if allocates => ("booking", Some("allocations[0].bps")),
            IntakeRule::Booking => ("booking", Some("booking.price")),
            IntakeRule::Joining { .. } if allocates => ("joining", Some("allocations[0].bps")),
            IntakeRule::Joining { .. } => ("joining", Some("joining.price")),
            IntakeRule::AutoPool => ("registration", Some("registration.direct_share")),
        };
        let verdict = verdict_of(leg.credit);
        said(verdict, component, "company_share", rest).by_any(path.map(str::to_owned))
    }

    /// What a bonus pays of a purchase.
    pub(crate) fn spent(&self) -> Line {
        let buyer = self.outcome.effects.iter().find_map(|effect| {
            let Effect::Component(effect) = *effect else {
                return None;
            };
            let ComponentEffect::SubscriptionBought { user, amount, .. } = effect else {
                return None;
            };
            Some((user, amount))
        });
        let because = match buyer {
            Some((user, amount)) => format!(
                "user {user} had a bonus of {}, which pays this part of the {} subscription",
                self.shown(self.before.bonus_left(user)),
                self.shown(amount)
            ),
            None => "a bonus pays this part".to_owned(),
        };
        said(Verdict::Company, "bonus", "spent", because).by("bonus.use_bps_max")
    }
}

pub(crate) fn fund_path(fund: Fund) -> String {
    format!("{}.name", entry("funds", fund.get()))
}
