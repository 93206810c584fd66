//! What becomes of those who take places: how many receive nothing, less than they paid, or never the next price, and
//! how many must follow.

use money::Amount;

use super::{income_max, income_of, reservable_max};
use crate::autopool::{LayerSet, TierTerms};
use plan_file::{Finding, Severity, percent};

/// Who structurally gets nothing, less than the price, or no more than it, out of a full tree.
pub(super) fn places(tier: &TierTerms, size: u32) -> Vec<Finding> {
    let (mut nothing, mut less, mut exactly) = (0u128, 0u128, 0u128);
    for index in 0..size {
        let income = income_max(tier, size, index);
        let count = |counter: &mut u128, is_so| *counter = counter.saturating_add(u128::from(is_so));
        count(&mut nothing, income.is_zero());
        count(&mut less, income < tier.price);
        count(&mut exactly, income == tier.price);
    }
    let places = u128::from(size);
    let line = |code, count, what| Finding {
        code,
        severity: Severity::Warning,
        text: format!("{count} of the {size} places of a full tree of tier 1 {what}."),
        figures: vec![("places", count), ("of", places)],
    };
    let mut found = Vec::new();
    if nothing > 0 {
        found.push(line("places_without_income", nothing, "receive nothing"));
    }
    let at_most_even = less.saturating_sub(nothing).saturating_add(exactly);
    if at_most_even > 0 {
        let what = "receive something, but no more than was paid for them";
        found.push(line("places_at_most_even", at_most_even, what));
    }
    if less > 0 {
        let more = places.saturating_sub(less).saturating_sub(exactly);
        found.push(Finding {
            code: "places_below_price",
            severity: Severity::Warning,
            text: format!(
                "Of the {size} places of a full tree of tier 1, {less} receive less than was paid for them, {exactly} \
                 exactly that, {more} more."
            ),
            figures: vec![("less", less), ("exactly", exactly), ("more", more), ("of", places)],
        });
    }
    found
}

/// Who structurally gets nothing, or less than the price, in an endless tree: of any number of nodes, those without a
/// child, and those without enough full layers below them.
pub(super) fn endless(tier: &TierTerms) -> Vec<Finding> {
    let nothing = Finding {
        code: "endless_tree",
        severity: Severity::Warning,
        text: "At any time at least 50 % of the places of the endless tree have nobody below them and have received \
               nothing; this share does not fall however many join."
            .into(),
        figures: vec![("share_bps", 5_000)],
    };
    // A tree fills in level order, so of any number of places at most one in 2^n has anything n layers below it.
    let paid = followers(tier).map_or(0, |(_, layers)| {
        let layers = u32::try_from(layers).unwrap_or(u32::MAX);
        let sharing = 1u128.checked_shl(layers).unwrap_or(u128::MAX);
        10_000u128.div_ceil(sharing)
    });
    let share = 10_000u128.saturating_sub(paid);
    let below_price = Finding {
        code: "endless_below_price",
        severity: Severity::Warning,
        text: format!(
            "At any time at least {} of the places of the endless tree have received less than was paid for them.",
            percent(share)
        ),
        figures: vec![("share_bps", share)],
    };
    vec![nothing, below_price]
}

/// How many must follow one place until it has received its price: what the plan needs forever.
pub(super) fn growth(tier: &TierTerms) -> Finding {
    let finding = |text, figures| Finding {
        code: "growth_needed",
        severity: Severity::Warning,
        text,
        figures,
    };
    match followers(tier) {
        Some((followers, layers)) => finding(
            format!(
                "A place of tier 1 receives its price only when {followers} others are placed up to {layers} layers \
                 below it, and each of those needs {followers} of its own: without outside revenue the plan needs \
                 such growth forever."
            ),
            vec![("followers", followers), ("layers", layers)],
        ),
        None => finding(
            "No place of tier 1 ever receives its price, however many join.".into(),
            vec![],
        ),
    }
}

/// The fewest places below one from which it receives its price, nearest layers first, and in how many layers they are.
fn followers(tier: &TierTerms) -> Option<(u128, u128)> {
    let mut missing = tier.price.base_units();
    let mut followers = 0u128;
    for (layer, share) in (1u32..).zip(&tier.layers) {
        let places = 1u128.checked_shl(layer)?;
        let needed = missing.checked_add(share.base_units())?.checked_sub(1)?;
        let needed = needed.checked_div(share.base_units()).unwrap_or(u128::MAX);
        if needed <= places {
            return Some((followers.checked_add(needed)?, u128::from(layer)));
        }
        followers = followers.checked_add(places)?;
        missing = missing.saturating_sub(share.base_units().checked_mul(places)?);
    }
    None
}

/// A tier of closed trees whose next price is out of reach for some or all places.
pub(super) fn reserves(number: u8, tier: &TierTerms, next: &TierTerms, size: u32) -> Option<Finding> {
    let reaches = |index| reservable_max(number, tier, size, index, LayerSet::ALL) >= next.price;
    let reaching = (0..size).filter(|index| reaches(*index)).count();
    let reaching = u128::try_from(reaching).unwrap_or(u128::MAX);
    let places = u128::from(size);
    (reaching < places).then(|| Finding {
        code: "next_price_out_of_reach",
        severity: Severity::Warning,
        text: format!(
            "Tier {number}: the reserves of {} of {size} places can never reach the price of the next tier; \
             they are released when their tree closes.",
            places.saturating_sub(reaching)
        ),
        figures: vec![
            ("tier", u128::from(number)),
            ("reaching", reaching),
            ("of", places),
        ],
    })
}

/// An endless tier in which no reserve can reach the next price, however long it waits.
pub(super) fn endless_reserves(number: u8, tier: &TierTerms, next: &TierTerms) -> Option<Finding> {
    let reachable: Amount = income_of(tier, u32::MAX, LayerSet::ALL);
    (reachable < next.price).then(|| Finding {
        code: "next_price_never_reached",
        severity: Severity::Warning,
        text: format!(
            "Tier {number}: no reserve can ever reach the price of the next tier; it stays reserved until its user opts out or the \
             registration is refunded."
        ),
        figures: vec![
            ("tier", u128::from(number)),
            ("reachable", reachable.base_units()),
            ("price", next.price.base_units()),
        ],
    })
}
