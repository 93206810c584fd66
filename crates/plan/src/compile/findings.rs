//! What the compiler notices about a plan that is sound but that people must know.

use money::Amount;

use crate::compiled::{Finding, LayerSet, ReserveTerms, Severity, Terms, TierTerms};
use crate::geometry;

/// Whose payment funds a rule's rewards. Every rule of the present file format shares out what a
/// participant paid among those who came before; a rule funded by sales to customers would be `Sales`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Participants,
}

/// The most that each rule pays to users from one payment, with its source.
fn rewards(terms: &Terms) -> impl Iterator<Item = (Source, Amount)> + '_ {
    let layers = terms.pool.tiers.iter().flat_map(|tier| &tier.layers);
    [terms.registration.direct]
        .into_iter()
        .chain(terms.retopup.generations.iter().copied())
        .chain(layers.copied())
        .map(|amount| (Source::Participants, amount))
}

/// Share of rewards that participants' payments fund. Zero for a plan that rewards nobody.
pub(super) fn recruitment_share_bps(terms: &Terms) -> u16 {
    let (mut recruited, mut total) = (0u128, 0u128);
    for (source, amount) in rewards(terms) {
        total = total.saturating_add(amount.base_units());
        match source {
            Source::Participants => recruited = recruited.saturating_add(amount.base_units()),
        }
    }
    // At most 1 + 32 + 60·15 amounts of 96 bits: the product with 10,000 fits u128.
    let bps = recruited.saturating_mul(10_000).checked_div(total).unwrap_or(0);
    u16::try_from(bps).unwrap_or(u16::MAX)
}

/// The most that place `index` of a closed tree of `size` ever receives.
pub(super) fn income_max(tier: &TierTerms, size: u32, index: u32) -> Amount {
    income_of(tier, levels_below(size, index), LayerSet::ALL)
}

/// The shares of these layers from `levels` full levels below a place.
pub(super) fn income_of(tier: &TierTerms, levels: u32, layers: LayerSet) -> Amount {
    let income = (1u8..)
        .zip(&tier.layers)
        .filter(|(layer, _)| u32::from(*layer) <= levels && layers.has(*layer))
        .map(|(layer, share)| share.times(1u128.checked_shl(u32::from(layer)).unwrap_or(0)))
        .collect::<Result<Vec<_>, _>>();
    // At most 15 layers of 2^15 shares of 96 bits: no sum overflows.
    income.and_then(Amount::sum_of).unwrap_or(Amount::ZERO)
}

fn levels_below(size: u32, index: u32) -> u32 {
    geometry::depth(size.saturating_sub(1)).saturating_sub(geometry::depth(index))
}

/// The most that place `index` of tier `number` can ever reserve of these layers, in closed trees. In tier 1 what the last
/// node of a tree brings is still held when that node closes the tree; in the tiers above rewards mature at once.
pub(super) fn reservable_max(
    number: u8,
    tier: &TierTerms,
    size: u32,
    index: u32,
    layers: LayerSet,
) -> Amount {
    let all = income_of(tier, levels_below(size, index), layers);
    if number > 1 {
        return all;
    }
    let mut ancestor = geometry::parent(size.saturating_sub(1));
    for (layer, share) in (1u8..).zip(&tier.layers) {
        match ancestor {
            Some(above) if above == index && layers.has(layer) => return all.minus_or_zero(*share),
            Some(above) => ancestor = geometry::parent(above),
            None => break,
        }
    }
    all
}

/// Everything worth telling.
pub(super) fn of(terms: &Terms, recruitment_share_bps: u16) -> Vec<Finding> {
    let mut found = Vec::new();
    if recruitment_share_bps > 0 {
        found.push(Finding {
            code: "recruitment_funded",
            severity: Severity::Warning,
            text: format!(
                "{recruitment_share_bps} of 10,000 parts of all rewards are funded by payments of later \
                 participants, not by sales."
            ),
            figures: vec![("share_bps", u128::from(recruitment_share_bps))],
        });
    }
    if let (Some(size), Some(first)) = (terms.pool.tree_size, terms.pool.tiers.first()) {
        found.extend(places(first, size));
    }
    if terms.pool.tree_size.is_none() {
        found.push(endless());
    } else if terms.pool.trees_max.is_none() {
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

/// Who structurally gets nothing in an endless tree: with any number of nodes, those without a child.
fn endless() -> Finding {
    Finding {
        code: "endless_tree",
        severity: Severity::Warning,
        text: "At any time at least 5000 of 10000 places of the endless tree have nobody below them and have received \
               nothing; this share does not fall however many join."
            .into(),
        figures: vec![("share_bps", 5_000)],
    }
}

/// Who structurally gets nothing, or no more than the price, out of a full tree.
fn places(tier: &TierTerms, size: u32) -> Vec<Finding> {
    let (mut nothing, mut at_most_price) = (0u128, 0u128);
    for index in 0..size {
        let income = income_max(tier, size, index);
        if income.is_zero() {
            nothing = nothing.saturating_add(1);
        } else if income <= tier.price {
            at_most_price = at_most_price.saturating_add(1);
        }
    }
    let places = u128::from(size);
    let line = |code, count, what| Finding {
        code,
        severity: Severity::Warning,
        text: format!("{count} of the {size} places of a full tree {what}."),
        figures: vec![("places", count), ("of", places)],
    };
    let mut found = Vec::new();
    if nothing > 0 {
        found.push(line("places_without_income", nothing, "receive nothing"));
    }
    if at_most_price > 0 {
        let what = "receive at most their entry back";
        found.push(line("places_at_most_even", at_most_price, what));
    }
    found
}

/// Tiers whose next price is out of reach for some or all places.
fn reserves(terms: &Terms) -> Vec<Finding> {
    let mut found = Vec::new();
    let (ReserveTerms::OptIn, Some(size)) = (terms.pool.reserve, terms.pool.tree_size) else {
        return found;
    };
    for (number, pair) in (1u8..).zip(terms.pool.tiers.windows(2)) {
        let [tier, next] = pair else { continue };
        let reaching = (0..size)
            .filter(|index| reservable_max(number, tier, size, *index, LayerSet::ALL) >= next.price)
            .count();
        let reaching = u128::try_from(reaching).unwrap_or(u128::MAX);
        if reaching < u128::from(size) {
            found.push(Finding {
                code: "next_price_out_of_reach",
                severity: Severity::Warning,
                text: format!(
                    "Tier {number}: the reserves of {} of {size} places can never reach the price of the next tier; \
                     they are released when their tree closes.",
                    u128::from(size).saturating_sub(reaching)
                ),
                figures: vec![
                    ("tier", u128::from(number)),
                    ("reaching", reaching),
                    ("of", u128::from(size)),
                ],
            });
        }
    }
    found
}

/// Rewards that are withheld from users who did not choose so.
fn forced(terms: &Terms) -> Option<Finding> {
    let ReserveTerms::Forced(forced) = terms.pool.reserve else {
        return None;
    };
    let (places, group) = (forced.end.saturating_sub(forced.first), forced.group);
    Some(Finding {
        code: "forced_reserve",
        severity: Severity::Warning,
        text: format!(
            "Rewards of {places} in {group} places are kept back for the next tier without a choice of their users, until \
             they pay for it or the place ends."
        ),
        figures: vec![("places", u128::from(places)), ("of", u128::from(group))],
    })
}
