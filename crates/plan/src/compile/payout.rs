//! Where a payment can go: the funds that rewards can be paid from, followed through every fallback, and the largest share of
//! a payment that can become rewards of participants.

use ledger::Fund;
use money::Bps;

use crate::compiled::{ComponentTerms, IntakeRule, Terms};
use plan_file::{Finding, Severity, percent};

const WHOLE: u128 = 10_000;

/// Above one half a payment pays mainly for rewards.
const PAYOUT_SHARE_USUAL_MAX: u128 = 5_000;

/// Whether a rule can pay a reward out of a fund, asked first or as a fallback.
fn pays_rewards(terms: &ComponentTerms, fund: Fund) -> bool {
    terms
        .paying()
        .any(|(_, first)| terms.fund_chain(first).any(|behind| behind == fund))
}

/// What generations take of each purchase, in basis points.
pub(super) fn uplines_bps(terms: &ComponentTerms) -> u128 {
    let generations = terms.generation.as_ref();
    generations.map_or(0, |terms| u128::from(terms.rates_sum().get()))
}

/// What funds receive of each payment; of a subscription it is a share of what generations leave, if they leave anything.
fn allocations(terms: &ComponentTerms) -> impl Iterator<Item = (Fund, Bps)> + '_ {
    let shares = terms.subscription.iter().flat_map(|terms| terms.allocations());
    let of_subscriptions = shares
        .map(|allocation| (allocation.fund.number(), allocation.share))
        .filter(|_| uplines_bps(terms) < WHOLE);
    terms.allocations.iter().copied().chain(of_subscriptions)
}

/// What funds receive of a payment, in basis points, out of which rewards are paid.
pub(super) fn allocated_bps(terms: &ComponentTerms) -> u128 {
    let to_rewards = allocations(terms).filter(|(fund, _)| pays_rewards(terms, *fund));
    to_rewards.fold(0, |sum, (_, share)| sum.saturating_add(u128::from(share.get())))
}

/// What the funds behind accruals receive of a purchase, in basis points of what generations leave.
pub(super) fn accruals_bps(terms: &ComponentTerms) -> u128 {
    let subscription = terms.subscription.iter();
    let funds: Vec<Fund> = subscription
        .flat_map(|subscription| terms.fund_chain(subscription.fund().number()))
        .collect();
    let to_accruals = allocations(terms).filter(|(fund, _)| funds.contains(fund));
    to_accruals.fold(0, |sum, (_, share)| sum.saturating_add(u128::from(share.get())))
}

/// Whether a share of payments reaches a fund, or one that pays in its place.
pub(super) fn is_filled(terms: &ComponentTerms, first: Fund) -> bool {
    let orders = terms.orders.as_ref().filter(|orders| orders.fund_part() > 0);
    let by_orders = orders.map(|orders| orders.fund().number());
    terms.fund_chain(first).any(|fund| {
        by_orders == Some(fund) || allocations(terms).any(|(filled, share)| filled == fund && share.get() > 0)
    })
}

/// The largest share of a payment, in basis points rounded up, that can become rewards of participants. `of_pools` is that of
/// registrations, retopups and places.
pub(super) fn share_bps(terms: &Terms, of_pools: u128) -> u128 {
    let components = &terms.components;
    match terms.intake {
        IntakeRule::AutoPool => of_pools,
        IntakeRule::Booking | IntakeRule::Joining { .. } => allocated_bps(components),
        IntakeRule::Subscription => {
            let uplines = uplines_bps(components);
            let rest = WHOLE.saturating_sub(uplines);
            let funds = rest.saturating_mul(allocated_bps(components)).div_ceil(WHOLE);
            uplines.saturating_add(funds)
        }
        IntakeRule::Order => of_orders(components),
    }
}

/// Commissions are at most what the rates promise of an order, but what else draws on their fund can have all of it.
fn of_orders(terms: &ComponentTerms) -> u128 {
    let Some(orders) = &terms.orders else {
        return 0;
    };
    let fund = orders.fund().number();
    let funded = u128::from(orders.fund_part());
    let others = terms.paying().filter(|(name, _)| *name != "commissions");
    let others = others.flat_map(|(_, first)| terms.fund_chain(first));
    let part = if others.into_iter().any(|behind| behind == fund) {
        funded
    } else {
        funded.min(u128::from(orders.payout_max()))
    };
    part.div_ceil(WHOLE)
}

/// What a payment leaves for goods.
pub(super) fn finding(intake: IntakeRule, share_bps: u128) -> Finding {
    let left = WHOLE.saturating_sub(share_bps);
    let rest = match (intake, left) {
        (_, 0) => "nothing is certain to be left for goods".to_owned(),
        (IntakeRule::Booking | IntakeRule::Order, _) => {
            format!(
                "at least {} is left for goods and for running the plan",
                percent(left)
            )
        }
        (IntakeRule::AutoPool | IntakeRule::Subscription | IntakeRule::Joining { .. }, _) => {
            format!(
                "at least {} does not become rewards, and the payment buys no goods",
                percent(left)
            )
        }
    };
    Finding {
        code: "payout_share",
        severity: if share_bps > PAYOUT_SHARE_USUAL_MAX {
            Severity::Warning
        } else {
            Severity::Info
        },
        text: format!(
            "At most {} of a payment can become participants' rewards; {rest}.",
            percent(share_bps)
        ),
        figures: vec![("share_bps", share_bps), ("left_bps", left)],
    }
}

/// Which funds pay in whose place; `None` if none does.
pub(super) fn fallbacks(terms: &ComponentTerms) -> Option<Finding> {
    let name = |fund: Fund| {
        let index = usize::from(fund.get()).checked_sub(1)?;
        terms.funds.get(index).map(|fund| fund.name.as_str())
    };
    let pairs = terms.funds.iter().filter_map(|fund| {
        let behind = name(fund.fallback?)?;
        Some(format!("{behind:?} pays when {:?} is empty", fund.name))
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() {
        return None;
    }
    let funds = u128::try_from(pairs.len()).unwrap_or(u128::MAX);
    Some(Finding {
        code: "fund_fallbacks",
        severity: Severity::Info,
        text: format!(
            "Statements about a fund also apply to the funds that back it: {}.",
            pairs.join(", ")
        ),
        figures: vec![("funds", funds)],
    })
}
