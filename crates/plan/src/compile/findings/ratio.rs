//! How much of a payment can become users': the proof, in figures, that no path pays out more than it takes in.

use money::Amount;

use crate::compiled::{Finding, PoolEntry, Severity, Terms};

/// The most that each kind of payment gives to users, as a share of the payment.
pub(super) fn payout(terms: &Terms) -> Finding {
    let registration = &terms.registration;
    let places = terms
        .pool
        .tiers
        .iter()
        .map(|tier| ratio(&tier.layers, tier.price));
    let mut figures = vec![
        (
            "registration_bps",
            ratio(&[registration.direct], registration.price),
        ),
        ("place_bps", places.max().unwrap_or(0)),
        (
            "retopup_bps",
            ratio(&terms.retopup.generations, terms.retopup.price),
        ),
    ];
    if let (PoolEntry::Split(split), Some(first)) = (&registration.pool_entry, terms.pool.tiers.first()) {
        let parts: Vec<Amount> = first.layers.iter().copied().chain([split.direct]).collect();
        figures.push(("split_registration_bps", ratio(&parts, registration.price)));
    }
    let max = figures.iter().map(|(_, ratio)| *ratio).max().unwrap_or(0);
    let parts: Vec<String> = figures
        .iter()
        .map(|(name, ratio)| format!("{} {ratio}", name.trim_end_matches("_bps").replace('_', " ")))
        .collect();
    let text = format!(
        "Of 10,000 parts of a payment users receive at most {max} ({}); the rest is the company's or is not paid.",
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

/// Parts of 10,000, rounded up. Prices have 96 bits, so nothing overflows.
fn ratio(parts: &[Amount], whole: Amount) -> u128 {
    let parts = Amount::sum_of(parts.iter().copied()).unwrap_or(whole);
    let scaled = parts.base_units().saturating_mul(10_000);
    let rounding = whole.base_units().saturating_sub(1);
    scaled
        .saturating_add(rounding)
        .checked_div(whole.base_units())
        .unwrap_or(0)
}
