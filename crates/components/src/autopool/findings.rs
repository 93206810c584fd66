//! Findings about a sound plan that people must know.

mod pool;
mod ratio;

use money::Amount;

use super::{AutoPoolTerms, LayerSet, PoolEntry, ReserveTerms, TierTerms};
use crate::geometry;
use plan_file::{Finding, Severity, percent};

/// Whose payment funds a rule's rewards. Every rule of the current file format shares out what a
/// participant paid among those who came before; a rule funded by sales to customers would be `Sales`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Participants,
}

/// The rules that reward users out of one payment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Direct,
    Generations,
    Pool,
}

/// Whether anyone ever gets a place.
fn has_places(terms: &AutoPoolTerms) -> bool {
    match &terms.registration.pool_entry {
        PoolEntry::Ordinals(ordinals) => !ordinals.is_empty(),
        PoolEntry::Split(_) => true,
    }
}

/// Whether a registration can be without a place: as the direct of another number, or when the pool has no room.
fn registers_without_place(terms: &AutoPoolTerms) -> bool {
    match terms.registration.pool_entry {
        PoolEntry::Ordinals(_) => true,
        PoolEntry::Split(_) => terms.pool.tree_size.is_some() && terms.pool.trees_max.is_some(),
    }
}

/// The most that each rule pays to users from one payment, with its source.
fn rewards(terms: &AutoPoolTerms) -> impl Iterator<Item = (Rule, Source, Amount)> + '_ {
    let registration = &terms.registration;
    let direct = Some(registration.direct).filter(|_| registers_without_place(terms));
    let beside_place = match &registration.pool_entry {
        PoolEntry::Ordinals(_) => None,
        PoolEntry::Split(split) => Some(split.direct),
    };
    let tiers = terms.pool.tiers.iter().filter(|_| has_places(terms));
    let layers = tiers.flat_map(|tier| &tier.layers);
    let generations = terms.retopup.generations.iter();
    direct
        .into_iter()
        .chain(beside_place)
        .map(|amount| (Rule::Direct, amount))
        .chain(generations.map(|amount| (Rule::Generations, *amount)))
        .chain(layers.map(|amount| (Rule::Pool, *amount)))
        .map(|(rule, amount)| (rule, Source::Participants, amount))
}

/// Share of rewards that participants' payments fund. Zero for a plan that rewards nobody.
pub fn recruitment_share_bps(terms: &AutoPoolTerms) -> u16 {
    share_of(terms, |_| true).unwrap_or(0)
}

/// The same of the rewards of some rules; `None` if they reward nobody.
fn share_of(terms: &AutoPoolTerms, counts: impl Fn(Rule) -> bool) -> Option<u16> {
    let (mut recruited, mut total) = (0u128, 0u128);
    for (_, source, amount) in rewards(terms).filter(|(rule, ..)| counts(*rule)) {
        total = total.saturating_add(amount.base_units());
        match source {
            Source::Participants => recruited = recruited.saturating_add(amount.base_units()),
        }
    }
    // At most 2 + 32 + 60·15 amounts of 96 bits: the product with 10,000 fits u128.
    let bps = recruited.saturating_mul(10_000).checked_div(total)?;
    Some(u16::try_from(bps).unwrap_or(u16::MAX))
}

/// The most that place `index` of a closed tree of `size` ever receives.
pub(super) fn income_max(tier: &TierTerms, size: u32, index: u32) -> Amount {
    income_of(tier, levels_below(size, index), LayerSet::ALL)
}

/// The shares of these layers from `levels` full levels below a place.
pub fn income_of(tier: &TierTerms, levels: u32, layers: LayerSet) -> Amount {
    let income = (1u8..)
        .zip(&tier.layers)
        .filter(|(layer, _)| u32::from(*layer) <= levels && layers.has(*layer))
        .map(|(layer, share)| share.checked_mul(1u128.checked_shl(u32::from(layer)).unwrap_or(0)))
        .collect::<Result<Vec<_>, _>>();
    // At most 15 layers of 2^15 shares of 96 bits: no sum overflows.
    income.and_then(Amount::sum_of).unwrap_or(Amount::ZERO)
}

fn levels_below(size: u32, index: u32) -> u32 {
    geometry::depth(size.saturating_sub(1)).saturating_sub(geometry::depth(index))
}

/// The most that place `index` of tier `number` can ever reserve of these layers, in closed trees. In tier 1 what the last
/// node of a tree brings is still held when that node closes the tree; in the tiers above rewards mature at once.
pub fn reservable_max(number: u8, tier: &TierTerms, size: u32, index: u32, layers: LayerSet) -> Amount {
    let all = income_of(tier, levels_below(size, index), layers);
    if number > 1 {
        return all;
    }
    let mut ancestor = geometry::parent(size.saturating_sub(1));
    for (layer, share) in (1u8..).zip(&tier.layers) {
        match ancestor {
            Some(above) if above == index && layers.has(layer) => return all.saturating_sub(*share),
            Some(above) => ancestor = geometry::parent(above),
            None => break,
        }
    }
    all
}

/// What of all rewards recruitment funds.
pub fn recruited(share_bps: u16) -> Finding {
    let (severity, text) = if share_bps == 0 {
        let text = "No part of participants' payments becomes rewards: recruitment funds none.";
        (Severity::Info, text.to_owned())
    } else {
        let text = format!(
            "Without money from outside {} of all rewards are funded by payments of later participants, not by sales.",
            percent(u128::from(share_bps))
        );
        (Severity::Warning, text)
    };
    Finding {
        code: "recruitment_funded",
        severity,
        text,
        figures: vec![("share_bps", u128::from(share_bps))],
    }
}

/// Everything else worth telling.
pub fn of(terms: &AutoPoolTerms) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(by_rule(terms));
    found.push(ratio::payout(terms));
    if !has_places(terms) {
        return found;
    }
    if let Some(first) = terms.pool.tiers.first() {
        match terms.pool.tree_size {
            Some(size) => found.extend(pool::places(first, size)),
            None => found.extend(pool::endless(first)),
        }
        found.push(pool::growth(first));
    }
    if terms.pool.tree_size.is_some() && terms.pool.trees_max.is_none() {
        found.push(Finding {
            code: "growth_without_end",
            severity: Severity::Warning,
            text: "Trees open without limit: each new one pays out only while further participants join."
                .into(),
            figures: vec![],
        });
    }
    found.extend(reserves(terms));
    found.extend(forced(terms));
    found
}

/// How much of each rule's rewards recruitment funds.
fn by_rule(terms: &AutoPoolTerms) -> Option<Finding> {
    let rules = [
        (Rule::Direct, "directs", "direct_share_bps"),
        (Rule::Generations, "generations", "generation_share_bps"),
        (Rule::Pool, "pools", "pool_share_bps"),
    ];
    let shares = rules.into_iter().filter_map(|(rule, name, figure)| {
        let share = share_of(terms, |counted| counted == rule)?;
        Some((name, figure, share))
    });
    let shares: Vec<_> = shares.collect();
    if shares.is_empty() {
        return None;
    }
    let parts: Vec<String> = shares
        .iter()
        .map(|(name, _, share)| format!("{name} {}", percent(u128::from(*share))))
        .collect();
    Some(Finding {
        code: "recruitment_funded_by_rule",
        severity: Severity::Info,
        text: format!(
            "Share of each rule's rewards that payments of later participants fund: {}.",
            parts.join(", ")
        ),
        figures: shares
            .into_iter()
            .map(|(_, figure, share)| (figure, u128::from(share)))
            .collect(),
    })
}

/// Tiers whose next price is out of reach for some or all places.
fn reserves(terms: &AutoPoolTerms) -> Vec<Finding> {
    if terms.pool.reserve != ReserveTerms::OptIn {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, pair) in (1u8..).zip(terms.pool.tiers.windows(2)) {
        let [tier, next] = pair else { continue };
        found.extend(match terms.pool.tree_size {
            Some(size) => pool::reserves(number, tier, next, size),
            None => pool::endless_reserves(number, tier, next),
        });
    }
    found
}

/// Rewards that are withheld from users who did not choose so. The last tier has no next one.
fn forced(terms: &AutoPoolTerms) -> Option<Finding> {
    let (ReserveTerms::Forced(forced), [first, _, ..]) = (terms.pool.reserve, &terms.pool.tiers[..]) else {
        return None;
    };
    let (places, group) = (forced.end.saturating_sub(forced.first), forced.group);
    let layers = (1u8..).zip(&first.layers).map(|(layer, _)| layer);
    let layers: Vec<String> = layers
        .filter(|layer| forced.layers.has(*layer))
        .map(|layer| layer.to_string())
        .collect();
    let end = match terms.pool.tree_size {
        Some(_) => "their tree closes",
        None => "the registration is refunded",
    };
    Some(Finding {
        code: "forced_reserve",
        severity: Severity::Warning,
        text: format!(
            "Rewards of layers {} of {places} in {group} places are reserved for the next tier without the users' \
             consent, until they pay for it or {end}.",
            layers.join(", ")
        ),
        figures: vec![("places", u128::from(places)), ("of", u128::from(group))],
    })
}
