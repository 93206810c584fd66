//! Lines about payments: registrations, places in pools, retopups.

use ledger::{Account, Beneficiary, BreakageCause, Leg, Tier, UserId};

use crate::{Context, Line, Verdict, entry, of_user, said, verdict_of};
use plan::decision::{Price, Rule, Unroutable, Why};
use plan::{Effect, Route};

impl Context<'_> {
    /// The newcomer of the fact, its sponsor, and which direct it is.
    fn joined(&self) -> Option<(UserId, Option<UserId>, u32)> {
        self.outcome.effects.iter().find_map(|effect| {
            let Effect::Joined {
                user,
                sponsor,
                ordinal,
                ..
            } = *effect
            else {
                return None;
            };
            Some((user, sponsor, ordinal))
        })
    }

    /// The sponsor's share of a registration.
    pub(crate) fn direct(&self, leg: &Leg, why: &Why) -> Line {
        let verdict = verdict_of(leg.credit);
        let because = match (self.joined(), leg.recipient) {
            (Some((user, None, _)), _) => {
                format!("user {user} has no sponsor, so the company receives the sponsor's share")
            }
            (Some(_), Some(sponsor)) if verdict == Verdict::NotPaid(BreakageCause::Refunded) => {
                format!("sponsor {sponsor}'s own registration was refunded")
            }
            (Some((user, Some(sponsor), ordinal)), _) => {
                format!("user {user} is direct {ordinal} of user {sponsor}{}", routed(why))
            }
            (None, _) => "the sponsor's share of a registration".to_owned(),
        };
        said(verdict, "registration", "direct", because).by("registration.direct_share")
    }

    /// An ancestor's share of a place, paid by a registration or by a reserve.
    pub(crate) fn pool_layer(&self, leg: &Leg, tier: Tier, layer: u8) -> Line {
        let verdict = verdict_of(leg.credit);
        let place = leg.source.map(|user| self.place(user, tier)).unwrap_or_default();
        let who = match (verdict, leg.recipient) {
            (Verdict::Residual, Some(user)) => {
                format!("user {user} is at layer {layer} above {place}, but was refunded")
            }
            (Verdict::Residual, None) => format!("no user is at layer {layer} above {place}"),
            (_, Some(user)) => format!("user {user} is at layer {layer} above {place}"),
            (_, None) => format!("the share of layer {layer} of {place}"),
        };
        let because = if let Account::Reserve(user, from) = leg.debit {
            let price = self.plan.price(tier);
            let price = price.map_or_else(String::new, |price| self.shown(price));
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
            let Effect::Placed {
                tier: of,
                tree,
                index,
                user: who,
                ..
            } = *effect
            else {
                return None;
            };
            let is_it = (of, who) == (tier, user);
            is_it.then(|| format!("user {user}'s place {index} of tree {tree}"))
        });
        placed.unwrap_or_else(|| format!("user {user}'s place"))
    }

    /// An upline's share of a retopup.
    pub(crate) fn generation(&self, leg: &Leg, generation: u8, why: &Why) -> Line {
        let verdict = verdict_of(leg.credit);
        let payer = of_user(leg.source);
        let because = match (verdict, leg.recipient) {
            (Verdict::NotPaid(BreakageCause::NotRetopped), Some(upline)) => {
                format!("upline {upline} has no valid retopup")
            }
            (Verdict::NotPaid(BreakageCause::Refunded), Some(upline)) => {
                format!("upline {upline}'s registration was refunded")
            }
            (Verdict::NotPaid(_), None) => {
                format!("the sponsor line{payer} ends before generation {generation}")
            }
            (Verdict::NotPaid(cause), Some(upline)) => format!("upline {upline}: {}", cause.name()),
            (_, Some(upline)) => {
                if let Some(Rule::Retopup(deposit)) = why.rule {
                    let deposit = deposit.get();
                    format!("upline {upline} has a valid retopup (deposit {deposit})")
                } else {
                    format!("upline {upline} is generation {generation}{payer}")
                }
            }
            (_, None) => format!("generation {generation}{payer}"),
        };
        let rule = format!("generation {generation}");
        said(verdict, "retopup", rule, because).by(entry("retopup.generations_bps", generation))
    }

    /// What a price leaves for the company.
    pub(crate) fn company_share(&self, leg: &Leg, why: &Why) -> Line {
        let mut because = "the remainder after the other shares, including all rounding".to_owned();
        if let Account::Reserve(user, from) = leg.debit {
            because.push_str(&format!("; user {user}'s reserve of tier {from} paid"));
        }
        let (component, parameter) = match why.rule {
            Some(Rule::Rest(Price::Place)) => ("pool", "pool.layers_bps"),
            Some(Rule::Rest(Price::Retopup)) => ("retopup", "retopup.company_share"),
            Some(_) | None => ("registration", "registration.direct_share"),
        };
        said(verdict_of(leg.credit), component, "company_share", because).by(parameter)
    }

    /// Money that fits nothing.
    pub(crate) fn unexpected(&self, leg: &Leg, why: &Why) -> Line {
        let discrepancy = self.outcome.effects.iter().find_map(|effect| {
            let Effect::Discrepancy { cause } = effect else {
                return None;
            };
            Some(cause.name())
        });
        let cause = discrepancy.unwrap_or("unexpected");
        let Some(Rule::Unroutable(unroutable)) = why.rule else {
            let because =
                "the chain moved funds that match nothing in the books; manual review is required".to_owned();
            return said(Verdict::Waiting, "settlement", cause, because);
        };
        let (rest, parameter) = self.unroutable(unroutable);
        let because = format!("{} was paid; {rest}", self.shown(leg.amount));
        said(Verdict::Waiting, "settlement", cause, because).by_any(parameter.map(str::to_owned))
    }

    /// Why the plan has no use for a payment, and where it says so.
    fn unroutable(&self, cause: Unroutable) -> (String, Option<&'static str>) {
        let of = |amount| self.shown(amount);
        let (text, parameter) = match cause {
            Unroutable::Registration(price) => (format!("the price is {}", of(price)), "registration.price"),
            Unroutable::Retopup(price) => (format!("the price is {}", of(price)), "retopup.price"),
            Unroutable::Refunded => {
                let text = "the user's own registration was refunded, so the user can no longer buy";
                return (text.to_owned(), None);
            }
            Unroutable::AboveMost(most) => (
                format!("the largest subscription is {}", of(most)),
                "subscription.amount_max",
            ),
            Unroutable::BelowLeast(least) => (
                format!("the smallest subscription is {}", of(least)),
                "subscription.tiers[0].from",
            ),
            Unroutable::AboveOutstanding(amount) => (
                format!("{} of the price was outstanding", of(amount)),
                "booking.price",
            ),
            Unroutable::BelowFirst(least) => (
                format!("the first payment is at least {}", of(least)),
                "booking.first_payment_min",
            ),
            Unroutable::NoOrder => ("that amount buys nothing".to_owned(), "orders.fund"),
            Unroutable::Joining(price) => (
                format!("joining costs {} once and nothing afterwards", of(price)),
                "joining.price",
            ),
        };
        (text, Some(parameter))
    }
}

/// Why a registration did, or did not, enter a pool.
const fn routed(why: &Why) -> &'static str {
    match why.rule {
        Some(Rule::Route(Route::Pool { .. } | Route::Split { .. })) => ", and part of the price buys a place",
        Some(Rule::Route(Route::PoolFull)) => ", for whom tier 1 has no place left",
        Some(_) | None => ", whose registration does not enter a pool",
    }
}

/// The beneficiary of a held account.
pub(crate) fn held_for(account: Account) -> Option<Beneficiary> {
    let Account::Held(beneficiary) = account else {
        return None;
    };
    Some(beneficiary)
}
