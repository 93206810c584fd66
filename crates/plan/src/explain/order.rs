//! Lines about commissions on orders: what each generation of an order pays, does not pay, and who was passed over.

use ledger::{Leg, UserId};
use money::Amount;

use super::decided::PeriodTold;
use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::orders::{self, LineOutcome, OrdersTerms, Shortfall};

impl Context<'_> {
    /// A generation of an order.
    pub(super) fn commission(&self, leg: &Leg, generation: u8, place: Option<usize>) -> Line {
        let verdict = verdict_of(leg.credit);
        let told = self.decided.period.as_ref().zip(place);
        let told = told.and_then(|(period, place)| Some((period, period.lines.get(place)?)));
        let because = match (told, &self.plan.terms.components.orders) {
            (Some((period, line)), Some(terms)) => self.why_commission(terms, period, line),
            (_, _) => format!("generation {generation} of an order"),
        };
        said(verdict, "orders", format!("generation {generation}"), because)
            .by(entry("orders.generations_bps", generation))
    }

    fn why_commission(&self, terms: &OrdersTerms, period: &PeriodTold, line: &orders::Line) -> String {
        let order = format!("order {}, volume {}", line.order.get(), self.shown(line.volume));
        let generation = line.generation;
        let mut text = match line.outcome {
            LineOutcome::Paid(user) => format!(
                "{order}: upline {user} {}",
                self.has(terms, period, user, generation)
            ),
            LineOutcome::Breakage {
                passed: Some(user), ..
            } => {
                let lacks = period.orders.lacks(terms, &period.volumes, user, generation);
                format!("{order}: upline {user} {}", self.lacking(lacks))
            }
            LineOutcome::Breakage { passed: None, .. } => {
                format!("{order}: the sponsor line ends before generation {generation}")
            }
        };
        if !line.cut_by_retail.is_zero() {
            text.push_str(&format!(
                "; {} less, because customers bought {} of {}",
                self.shown(line.cut_by_retail),
                self.shown(period.totals.retail_volume),
                self.shown(period.totals.retail_volume_min)
            ));
        }
        if !line.cut_by_paycut.is_zero() {
            text.push_str(&format!(
                "; {} less, because the fund has {} for the period",
                self.shown(line.cut_by_paycut),
                self.shown(period.totals.budget)
            ));
        }
        text
    }

    /// `is active: 80 of 50 volume in the period, 2 of 2 customers`.
    fn has(&self, terms: &OrdersTerms, period: &PeriodTold, user: UserId, generation: u8) -> String {
        let asked = terms.asked(generation);
        let mut text = format!(
            "is active: {} of {} volume in the period",
            self.shown(period.volumes.personal(user)),
            self.shown(asked.personal)
        );
        if asked.customers > 0 {
            let customers = period.volumes.customers(user);
            text.push_str(&format!(", {customers} of {} customers", asked.customers));
        }
        if !asked.group.is_zero() {
            let group = period.volumes.group(user);
            text.push_str(&format!(
                ", {} of {} in the group",
                self.shown(group),
                self.shown(asked.group)
            ));
        }
        text
    }

    fn lacking(&self, lacks: Option<Shortfall>) -> String {
        let of = |found: Amount, needed: Amount| format!("{} of {}", self.shown(found), self.shown(needed));
        match lacks {
            None => "is not paid".to_owned(),
            Some(Shortfall::Retired) => "had the own registration refunded".to_owned(),
            Some(Shortfall::Inactive { found, needed }) => {
                format!("is not active: {} volume in the period", of(found, needed))
            }
            Some(Shortfall::Customers { found, needed }) => format!("has {found} of {needed} customers"),
            Some(Shortfall::PersonalVolume { found, needed }) => {
                format!("has {} volume of the own", of(found, needed))
            }
            Some(Shortfall::GroupVolume { found, needed }) => {
                format!("has {} volume in the group", of(found, needed))
            }
        }
    }

    /// Uplines whom the orders of a period passed over.
    pub(super) fn passed_over(&self) -> Vec<Line> {
        let passed = self.decided.period.iter().flat_map(|period| &period.passed);
        passed
            .map(|((user, generation), (orders, lacks))| {
                let because = format!(
                    "user {user} {}, and was passed over by {orders} orders: the next upline was offered the share",
                    self.lacking(*lacks)
                );
                let rule = format!("passed over in generation {generation}");
                let mut line = said(Verdict::Note, "orders", rule, because).by("orders.compression");
                line.user = Some(*user);
                line
            })
            .collect()
    }
}
