//! A plan's terms as sentences: what a payment is, who gets which part of it, and what is paid out of funds. Whoever is to
//! pay reads them first.
//!
//! Only what the components of a plan that is served say; [`CompiledPlan::served`] has the list.

mod funded;
mod pools;

use money::{Amount, Bps};
use plan::CompiledPlan;
use plan::compiled::{IntakeKind, PaymentBounds};
use plan::generation::{DirectsCounted, GenerationTerms, Mode};
use plan_file::percent;

/// The plan's terms, a sentence each, without a full stop.
pub fn terms(plan: &CompiledPlan) -> Vec<String> {
    let mut said = Said {
        plan,
        sentences: Vec::new(),
    };
    if plan.intake_kind() == IntakeKind::AutoPool {
        said.pools();
    } else {
        said.payments();
    }
    if let Some(terms) = &plan.components().generation {
        said.generations(terms);
    }
    said.funded();
    said.sentences
}

/// What is said so far.
struct Said<'a> {
    plan: &'a CompiledPlan,
    sentences: Vec<String>,
}

impl Said<'_> {
    fn say(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    fn amount(&self, amount: Amount) -> String {
        let asset = self.plan.asset();
        format!("{} {asset}", asset.display_amount(amount))
    }

    fn payments(&mut self) {
        let bounds = self.plan.payment_bounds(plan::DepositKind::Registration);
        let Some(PaymentBounds { least, most }) = bounds else {
            return;
        };
        let least = self.amount(least);
        let upper = match most {
            Some(most) => format!("to {}", self.amount(most)),
            None => "or more".to_owned(),
        };
        self.say(format!("a payment may be {least} {upper}"));
    }

    fn generations(&mut self, terms: &GenerationTerms) {
        let whose = match terms.directs_counted() {
            DirectsCounted::AllTime => "users ever referred",
            DirectsCounted::Active => "referred users with an active subscription",
        };
        let steps = terms.steps().iter().enumerate().map(|(above, step)| {
            let (generation, share) = (above.saturating_add(1), share(step.rate));
            format!("{generation}: {share} ({} {whose})", step.directs_required)
        });
        let steps = steps.collect::<Vec<_>>().join("; ");
        self.say(format!(
            "of each payment, {} go to uplines, counted from the sponsor, each of whom needs as many directs as stated: {steps}",
            share(terms.rates_sum())
        ));
        self.say(match terms.mode() {
            Mode::Physical => "the share of an upline who does not qualify goes to nobody else: the operator keeps it".to_owned(),
            Mode::Compressed => "an upline who does not qualify is skipped, and the next one is asked".to_owned(),
            Mode::ActiveOnly => {
                "uplines without an active subscription are skipped; the operator keeps the share of others who do not qualify"
                    .to_owned()
            }
        });
    }
}

fn share(share: Bps) -> String {
    percent(u128::from(share.get()))
}

#[cfg(test)]
mod tests;
