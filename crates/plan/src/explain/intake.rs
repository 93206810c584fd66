//! Lines about payments: registrations, places in pools, retopups.

use ledger::{Account, Beneficiary, BreakageCause, Leg, Tier, UserId};

use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::{Effect, Route};

impl Context<'_> {
    /// The sponsor's share of a registration.
    pub(super) fn direct(&self, leg: &Leg) -> Line {
        let verdict = verdict_of(leg.credit);
        let because = match (self.joined(), leg.recipient) {
            (Some((user, None, _)), _) => {
                format!("user {user} has no sponsor, so the sponsor's share is the company's")
            }
            (Some(_), Some(sponsor)) if verdict == Verdict::NotPaid(BreakageCause::Refunded) => {
                format!("sponsor {sponsor}'s own registration was refunded")
            }
            (Some((user, Some(sponsor), ordinal)), _) => {
                format!(
                    "user {user} is direct {ordinal} of user {sponsor}{}",
                    self.route(ordinal)
                )
            }
            (None, _) => "the sponsor's share of a registration".to_owned(),
        };
        said(verdict, "registration", "direct", because).by("registration.direct_share")
    }

    /// Why a registration did, or did not, enter a pool.
    fn route(&self, ordinal: u32) -> &'static str {
        let is_placed = self
            .outcome
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Placed { .. }));
        if is_placed {
            return ", and a part of the price buys a place";
        }
        match self
            .plan
            .route(Some(ordinal), self.before.room(self.plan, Tier::FIRST))
        {
            Route::PoolFull => ", whose place tier 1 has no room for any more",
            Route::Direct | Route::Pool { .. } | Route::Split { .. } => {
                ", whose registration does not enter a pool"
            }
        }
    }

    /// An ancestor's share of a place, paid by a registration or by a reserve.
    pub(super) fn pool_layer(&self, leg: &Leg, tier: Tier, layer: u8) -> Line {
        let verdict = verdict_of(leg.credit);
        let place = leg.source.map(|user| self.place(user, tier)).unwrap_or_default();
        let who = match (verdict, leg.recipient) {
            (Verdict::Residual, Some(user)) => {
                format!("user {user} sits {layer} above {place}, and was refunded")
            }
            (Verdict::Residual, None) => format!("nobody sits {layer} above {place}"),
            (_, Some(user)) => format!("user {user} sits {layer} above {place}"),
            (_, None) => format!("the share of layer {layer} of {place}"),
        };
        let because = if let Account::Reserve(user, from) = leg.debit {
            let price = tier_price(self, tier);
            format!("{who}; user {user}'s reserve of tier {from} paid {price} for the place")
        } else {
            who
        };
        let rule = format!("tier {tier} layer {layer}");
        said(verdict, "pool", rule, because).by(entry("pool.layers_bps", layer))
    }

    /// `user 9's place 3 of tree 1`.
    fn place(&self, user: UserId, tier: Tier) -> String {
        let placed = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::Placed {
                tier: of,
                tree,
                index,
                user: who,
                ..
            } = effect
                && (*of, *who) == (tier, user)
            {
                Some(format!("user {user}'s place {index} of tree {tree}"))
            } else {
                None
            }
        });
        placed.unwrap_or_else(|| format!("user {user}'s place"))
    }

    /// An upline's share of a retopup.
    pub(super) fn generation(&self, leg: &Leg, generation: u8) -> Line {
        let verdict = verdict_of(leg.credit);
        let payer = leg
            .source
            .map_or(String::new(), |user| format!(" of user {user}"));
        let because = match (verdict, leg.recipient) {
            (Verdict::NotPaid(BreakageCause::NotRetopped), Some(upline)) => {
                format!("upline {upline} has no retopup that stands")
            }
            (Verdict::NotPaid(BreakageCause::Refunded), Some(upline)) => {
                format!("upline {upline}'s registration was refunded")
            }
            (Verdict::NotPaid(_), None) => {
                format!("the sponsor line{payer} ends before generation {generation}")
            }
            (Verdict::NotPaid(cause), Some(upline)) => format!("upline {upline}: {}", cause.name()),
            (_, Some(upline)) => match self.before.standing_retopup(upline) {
                Some(deposit) => {
                    format!(
                        "upline {upline} has a retopup that stands (deposit {})",
                        deposit.get()
                    )
                }
                None => format!("upline {upline} is generation {generation}{payer}"),
            },
            (_, None) => format!("generation {generation}{payer}"),
        };
        let rule = format!("generation {generation}");
        said(verdict, "retopup", rule, because).by(entry("retopup.generations_bps", generation))
    }

    /// What a payment leaves for the company.
    pub(super) fn company_share(&self, leg: &Leg) -> Line {
        let verdict = verdict_of(leg.credit);
        let because = "what the other shares leave, every rounding included".to_owned();
        let rule = "company_share";
        if let Account::Reserve(user, from) = leg.debit {
            let because = format!("{because}; user {user}'s reserve of tier {from} paid");
            return said(verdict, "pool", rule, because).by("pool.layers_bps");
        }
        let Some((user, ..)) = self.joined() else {
            return said(verdict, "retopup", rule, because).by("retopup.company_share");
        };
        if self
            .outcome
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Placed { user: who, .. } if *who == user))
        {
            return said(verdict, "pool", rule, because).by("pool.layers_bps");
        }
        said(verdict, "registration", rule, because).by("registration.direct_share")
    }

    /// Money that fits nothing.
    pub(super) fn unexpected(&self, leg: &Leg) -> Line {
        let discrepancy = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::Discrepancy { cause } = effect {
                Some(cause.name())
            } else {
                None
            }
        });
        let (parameter, price) = if self.joined().is_some() {
            ("registration.price", self.plan.registration_price())
        } else {
            ("retopup.price", self.plan.retopup_price())
        };
        let cause = discrepancy.unwrap_or("unexpected");
        if cause == crate::DiscrepancyCause::IntakeAmount.name() {
            if let Some((because, parameter)) = self.wrong_payment(leg) {
                return said(Verdict::Waiting, "settlement", cause, because).by(parameter);
            }
            let because = format!(
                "{} were paid; the price is {}",
                self.shown(leg.amount),
                self.shown(price)
            );
            return said(Verdict::Waiting, "settlement", cause, because).by(parameter);
        }
        let because = "the chain moved what fits nothing in the books; a human must look".to_owned();
        said(Verdict::Waiting, "settlement", cause, because)
    }
}

fn tier_price(context: &Context<'_>, tier: Tier) -> String {
    context
        .plan
        .price(tier)
        .map_or_else(String::new, |price| context.shown(price))
}

/// For whom money of a held account is.
pub(super) fn held_for(account: Account) -> Option<Beneficiary> {
    if let Account::Held(beneficiary) = account {
        Some(beneficiary)
    } else {
        None
    }
}
