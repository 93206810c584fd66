//! Lines about commissions on orders: what each generation of an order pays, does not pay, and who was passed over.

use ledger::Leg;
use money::Amount;

use crate::{Context, Line, entry, note, said, verdict_of};
use plan::decision::{Passed, Rule, Why};
use plan::orders::{Commission, LineOutcome, PassedOver, Shortfall};

impl Context<'_> {
    /// A generation of an order.
    pub(crate) fn commission(&self, leg: &Leg, generation: u8, why: &Why) -> Line {
        let because = if let Some(Rule::Order(commission)) = &why.rule {
            self.why_commission(commission)
        } else {
            format!("generation {generation} of an order")
        };
        let rule = format!("generation {generation}");
        said(verdict_of(leg.credit), "orders", rule, because).by(entry("orders.generations_bps", generation))
    }

    fn why_commission(&self, commission: &Commission) -> String {
        let Commission { line, totals, .. } = commission;
        let order = format!("order {}, volume {}", line.order.get(), self.shown(line.volume));
        let generation = line.generation;
        let mut text = match line.outcome {
            LineOutcome::Paid(user) => format!("{order}: upline {user} {}", self.has(commission)),
            LineOutcome::Breakage {
                passed: Some(user), ..
            } => format!("{order}: upline {user} {}", self.lacking(commission.lacked)),
            LineOutcome::Breakage { passed: None, .. } => {
                format!("{order}: the sponsor line ends before generation {generation}")
            }
        };
        if !line.cut_by_retail.is_zero() {
            text.push_str(&format!(
                "; {} less, because customers bought {} of {}",
                self.shown(line.cut_by_retail),
                self.shown(totals.retail_volume),
                self.shown(totals.retail_volume_min)
            ));
        }
        if !line.cut_by_paycut.is_zero() {
            text.push_str(&format!(
                "; {} less, because the fund has {} for the period",
                self.shown(line.cut_by_paycut),
                self.shown(totals.budget)
            ));
        }
        text
    }

    /// `is active: 80 of 50 volume in the period, 2 of 2 customers`.
    fn has(&self, Commission { asked, found, .. }: &Commission) -> String {
        let mut text = format!(
            "is active: {} of {} volume in the period",
            self.shown(found.personal),
            self.shown(asked.personal)
        );
        if asked.customers > 0 {
            text.push_str(&format!(", {} of {} customers", found.customers, asked.customers));
        }
        if !asked.group.is_zero() {
            text.push_str(&format!(
                ", {} of {} in the group",
                self.shown(found.group),
                self.shown(asked.group)
            ));
        }
        text
    }

    fn lacking(&self, lacks: Option<Shortfall>) -> String {
        let of = |found: Amount, needed: Amount| format!("{} of {}", self.shown(found), self.shown(needed));
        match lacks {
            None => "is not paid".to_owned(),
            Some(Shortfall::Retired) => "had their registration refunded".to_owned(),
            Some(Shortfall::Inactive { found, needed }) => {
                format!("is not active: {} volume in the period", of(found, needed))
            }
            Some(Shortfall::Customers { found, needed }) => format!("has {found} of {needed} customers"),
            Some(Shortfall::PersonalVolume { found, needed }) => {
                format!("has {} own volume", of(found, needed))
            }
            Some(Shortfall::GroupVolume { found, needed }) => {
                format!("has {} volume in the group", of(found, needed))
            }
        }
    }

    /// A participant whom orders of a period passed over.
    fn passed_over(&self, passed: &PassedOver) -> Line {
        let PassedOver {
            user,
            generation,
            orders,
            lacked,
        } = passed;
        let because = format!(
            "user {user} {} and was passed over for {orders} orders: the share was offered to the next upline",
            self.lacking(*lacked)
        );
        let rule = format!("passed over in generation {generation}");
        note("orders", rule, because).by("orders.compression").of(*user)
    }

    /// Someone who was offered nothing.
    pub(crate) fn passed(&self, passed: &Passed) -> Line {
        match passed {
            Passed::Purchase {
                skip,
                purchaser,
                upline,
            } => self.skipped(skip, *purchaser, upline),
            Passed::Orders(passed) => self.passed_over(passed),
        }
    }
}
