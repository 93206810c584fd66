//! Which rule of the plan a held share of a deposit comes from, and where the plan says so.

use ledger::{Account, Beneficiary, Leg, Movement, Reason};

use crate::part::{Part, Parts};
use crate::{Context, entry};
use plan::compiled::IntakeRule;
use plan::decision::HeldPart;
use plan::state::HeldShare;
use plan::{DepositId, DepositKind};

/// The rule behind a share.
pub(crate) struct ShareRule {
    pub(crate) component: &'static str,
    pub(crate) rule: String,
    pub(crate) parameter: Option<String>,
}

impl Context<'_> {
    /// Of what a leg that sums up held shares consists: each by the rule of the version that divided its deposit.
    pub(crate) fn parts(&self, held: &[HeldPart]) -> Vec<Part> {
        let mut parts = Parts::default();
        for part in held {
            let shares: Vec<HeldShare> = self.before.held_shares(part.deposit).collect();
            let place = usize::try_from(part.share).unwrap_or(usize::MAX);
            let Some(share) = shares.get(place) else {
                continue;
            };
            let then = self.under(self.before.version_of_deposit(part.deposit));
            let rule = then.share_rule(part.deposit, &shares, share);
            parts.add(Part {
                amount: part.amount,
                shares: 1,
                component: rule.component,
                rule: rule.rule,
                parameter: rule.parameter,
                plan: then.version,
            });
        }
        parts.into_list()
    }

    pub(crate) fn share_rule(
        &self,
        deposit: DepositId,
        shares: &[HeldShare],
        share: &HeldShare,
    ) -> ShareRule {
        match self.plan.intake() {
            IntakeRule::AutoPool => self.pools_rule(deposit, shares, share),
            IntakeRule::Subscription if matches!(share.reason, Reason::Generation(_)) => {
                purchase_rule(self, share)
            }
            IntakeRule::Subscription
            | IntakeRule::Booking
            | IntakeRule::Order
            | IntakeRule::Joining { .. } => self.rest_rule(share),
        }
    }

    /// A share of a registration or a retopup.
    fn pools_rule(&self, deposit: DepositId, shares: &[HeldShare], share: &HeldShare) -> ShareRule {
        let kind = self.before.deposit(deposit).map(|(_, kind)| kind);
        let is_layer = |share: &HeldShare| matches!(share.reason, Reason::PoolLayer { .. });
        let registration = ("registration", "registration.direct_share".to_owned());
        let (component, parameter) = if let Reason::Generation(generation) = share.reason {
            ("retopup", entry("retopup.generations_bps", generation))
        } else if let Reason::PoolLayer { layer, .. } = share.reason {
            ("pool", entry("pool.layers_bps", layer))
        } else if share.reason == Reason::Direct {
            registration
        } else if kind == Some(DepositKind::Retopup) {
            ("retopup", "retopup.company_share".to_owned())
        } else if shares.iter().any(is_layer) {
            ("pool", "pool.layers_bps".to_owned())
        } else {
            registration
        };
        ShareRule {
            component,
            rule: rule_name(share.reason),
            parameter: Some(parameter),
        }
    }

    /// What a fund or the company receives of a payment.
    fn rest_rule(&self, share: &HeldShare) -> ShareRule {
        let leg = Leg {
            debit: Account::Custody,
            credit: Account::Held(share.beneficiary),
            amount: share.amount,
            reason: share.reason,
            recipient: share.recipient,
            source: None,
            movement: Movement::Single,
        };
        let line = if share.reason == Reason::Allocated {
            self.allocated(&leg)
        } else {
            self.company_rest(&leg)
        };
        ShareRule {
            component: line.component,
            rule: line.rule,
            parameter: line.parameter,
        }
    }
}

/// An upline's share of a purchase, or what a rule kept from the upline.
fn purchase_rule(context: &Context<'_>, share: &HeldShare) -> ShareRule {
    let parameter = match (share.reason, share.beneficiary) {
        (Reason::Generation(generation), Beneficiary::Breakage(cause)) if share.recipient.is_some() => {
            Some(context.refusing(generation, cause))
        }
        (reason, _) => generation_rate(reason),
    };
    ShareRule {
        component: "generation",
        rule: rule_name(share.reason),
        parameter,
    }
}

/// Where a plan of subscriptions says the share of a generation.
pub(crate) fn generation_rate(reason: Reason) -> Option<String> {
    let Reason::Generation(generation) = reason else {
        return None;
    };
    Some(entry("generation.rates_bps", generation))
}

/// `generation 4`, `tier 1 layer 2`, `rank 3`, `company_share`.
pub fn rule_name(reason: Reason) -> String {
    if let Reason::Generation(generation) = reason {
        format!("generation {generation}")
    } else if let Reason::PoolLayer { tier, layer } = reason {
        format!("tier {tier} layer {layer}")
    } else if let Reason::Rank(rank) = reason {
        format!("rank {rank}")
    } else {
        reason.name().to_owned()
    }
}
