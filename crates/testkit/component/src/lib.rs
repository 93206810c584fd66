//! A component that only tests have: of each payment the sponsor of the payer's sponsor is granted a share, which a fund pays once the
//! payment cannot be refunded any more, and which goes back with the payment.
//!
//! It shows what a new component takes: this crate, and its entry in the list of the crate `plan`, there under the feature
//! `test-component`.

pub mod table;

use std::collections::BTreeMap;

use components::component::{Applied, Desk, Event, Grant, Payment, RewardId, Rules, Terms};
use components::fund::FundName;
use ledger::{DepositId, Fund, Reason};
use money::{Amount, Asset, Bps};
use plan_file::{Encoder, Finding, Refusal, Severity, field, percent};

use table::ThanksTable;

/// The checked parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThanksTerms {
    share: Bps,
    fund: FundName,
}

/// Rewards that can go back, by the payment that caused them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thanks(BTreeMap<DepositId, (RewardId, Amount)>);

impl Terms for ThanksTerms {
    type Tables<'a> = Option<&'a ThanksTable>;
    type Rules = Thanks;
    const NAME: &'static str = "thanks";

    fn read(table: Option<&ThanksTable>, _asset: Asset) -> Result<Option<Self>, Refusal> {
        let check = |table: &ThanksTable| {
            Ok(Self {
                share: field::bps("thanks.bps", table.bps)?,
                fund: FundName::check("thanks.fund", &table.fund)?,
            })
        };
        table.map(check).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("thanks.fund", declared)
    }

    fn encode(&self, out: &mut Encoder) {
        out.u32(u32::from(self.share.get()));
        out.text(self.fund.as_str());
    }

    fn findings(&self, _asset: Asset) -> Vec<Finding> {
        let share = u128::from(self.share.get());
        vec![Finding {
            code: "thanks",
            severity: Severity::Info,
            text: format!(
                "Of every payment {} thanks whoever referred the sponsor.",
                percent(share)
            ),
            figures: vec![("share_bps", share)],
        }]
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        Some(("thanks", self.fund.number()))
    }
}

impl Thanks {
    fn thank(&mut self, terms: &ThanksTerms, payment: Payment, desk: &mut impl Desk) {
        let sponsor = desk.sponsors().of(payment.user);
        let Some(upline) = sponsor.and_then(|sponsor| desk.sponsors().of(sponsor)) else {
            return;
        };
        let grant = Grant {
            user: upline,
            source: Some(payment.user),
            reason: Reason::Bonus,
            fund: terms.fund.number(),
            amount: terms.share.floor_of(payment.amount),
            available_at: payment.day,
        };
        let applied = Applied {
            component: ThanksTerms::NAME,
            parameter: "thanks.bps",
            rate: terms.share,
            base: payment.amount,
        };
        if let Some(granted) = desk.grant(grant, applied) {
            self.0.insert(payment.deposit, granted);
        }
    }
}

impl Rules<ThanksTerms> for Thanks {
    fn apply(&mut self, terms: &ThanksTerms, event: Event, desk: &mut impl Desk) {
        match event {
            Event::Paid(payment) => self.thank(terms, payment, desk),
            Event::Refunded(deposit) => {
                if let Some((reward, amount)) = self.0.remove(&deposit) {
                    desk.reverse(reward, amount);
                }
            }
            Event::Matured(deposit) => {
                self.0.remove(&deposit);
            }
            Event::Joined(_) | Event::DayEnded(_) => {}
        }
    }
}
