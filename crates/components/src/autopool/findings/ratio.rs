//! How much of a payment can go to users: the proof, in figures, that no path pays out more than it takes in.

use money::Amount;

use super::{has_places, registers_without_place};
use crate::autopool::{AutoPoolTerms, PoolEntry};
use plan_file::{Finding, Severity, percent};

/// The most that each kind of payment gives to users, as a share of the payment.
pub(super) fn payout(terms: &AutoPoolTerms) -> Finding {
    let registration = &terms.registration;
    let mut figures = Vec::new();
    if registers_without_place(terms) {
        let share = ratio(&[registration.direct], registration.price);
        figures.push(("registration_bps", share));
    }
    // Places of other tiers are paid by rewards, not by a payment.
    let shares = terms.pool.tiers.first().map_or(&[][..], |tier| &tier.layers);
    match &registration.pool_entry {
        PoolEntry::Ordinals(_) if !has_places(terms) => {}
        PoolEntry::Ordinals(_) => figures.push(("place_bps", ratio(shares, registration.price))),
        PoolEntry::Split(split) => {
            let parts = [shares, &[split.direct]].concat();
            figures.push(("split_registration_bps", ratio(&parts, registration.price)));
        }
    }
    figures.push((
        "retopup_bps",
        ratio(&terms.retopup.generations, terms.retopup.price),
    ));
    let max = figures.iter().map(|(_, ratio)| *ratio).max().unwrap_or(0);
    let parts: Vec<String> = figures
        .iter()
        .map(|(name, ratio)| {
            format!(
                "{} {}",
                name.trim_end_matches("_bps").replace('_', " "),
                percent(*ratio)
            )
        })
        .collect();
    let text = format!(
        "Users receive at most {} of a payment ({}); the rest goes to the company or is not paid.",
        percent(max),
        parts.join(", ")
    );
    figures.insert(0, ("max_bps", max));
    Finding {
        code: "payout_ratio",
        severity: Severity::Info,
        text,
        figures,
    }
}

/// In basis points, rounded up. Prices have 96 bits, so nothing overflows.
fn ratio(parts: &[Amount], whole: Amount) -> u128 {
    let parts = Amount::sum_of(parts.iter().copied()).unwrap_or(whole);
    let scaled = parts.base_units().saturating_mul(10_000);
    let rounding = whole.base_units().saturating_sub(1);
    scaled
        .saturating_add(rounding)
        .checked_div(whole.base_units())
        .unwrap_or(0)
}
