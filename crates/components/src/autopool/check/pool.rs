//! The table `[pool]`, checked: form and prices, and whether what is reserved can reach the next price.

use ledger::{Reason, Tier, TreeNumber};
use money::{Amount, Asset};
use plan_file::{Refusal, field};

use super::divide;
use crate::autopool::table::{Geometry, PoolTable, Reserve};
use crate::autopool::{ForcedReserve, LayerSet, PoolTerms, ReserveTerms, TierTerms, findings};

/// Largest tree: closing one touches each of its places in one fact.
pub const TREE_SIZE_MAX: u32 = 1_023;

impl PoolTerms {
    /// Checks the table. `brought` is what a registration that enters a pool pays for its place. That the next tier is paid for is
    /// the compiler's proof.
    pub fn check(table: &PoolTable, asset: Asset, brought: Amount) -> Result<Self, Refusal> {
        let size = table.tree_size;
        let full = size.checked_add(1).is_some_and(u32::is_power_of_two);
        if !full || !(3..=TREE_SIZE_MAX).contains(&size) {
            return Err(tree_size_not_full(size));
        }
        if table
            .trees_max
            .is_some_and(|trees| TreeNumber::new(trees).is_none())
        {
            let problem = "pool.trees_max must be 1 to 2^31 - 1, or be omitted";
            let hint = "write a number from 1, or remove the line for no limit";
            return Err(Refusal::new(
                "trees_max_out_of_range",
                "pool.trees_max",
                problem,
                hint,
            ));
        }
        let layers = table.layers_bps.len();
        field::list_length("pool.layers_bps", layers, 1, usize::from(Reason::LAYER_MAX))?;
        check_geometry(table, layers)?;
        field::list_length(
            "pool.tier_prices",
            table.tier_prices.len(),
            1,
            usize::from(Tier::MAX),
        )?;
        let tiers = table
            .tier_prices
            .iter()
            .enumerate()
            .map(|(index, text)| check_tier(asset, index, text, &table.layers_bps))
            .collect::<Result<Vec<_>, _>>()?;
        let entry = tiers.first().map_or(Amount::ZERO, |tier| tier.price);
        if entry != brought {
            return Err(entry_not_funded(asset, brought, entry));
        }
        let reserve = check_reserve(table, asset, &tiers)?;
        Ok(Self {
            tree_size: match table.geometry {
                Geometry::Closed => Some(size),
                Geometry::Rolling => None,
            },
            trees_max: table.trees_max,
            tiers,
            reserve,
        })
    }
}

fn tree_size_not_full(size: u32) -> Refusal {
    let problem = format!(
        "pool.tree_size must be one less than a power of two, from 3 to {TREE_SIZE_MAX}; it is {size}"
    );
    Refusal::new(
        "tree_size_not_full",
        "pool.tree_size",
        problem,
        tree_size_hint(size),
    )
}

/// The nearest sizes below and above.
fn tree_size_hint(size: u32) -> String {
    let above = size
        .saturating_add(1)
        .checked_next_power_of_two()
        .unwrap_or(u32::MAX);
    let above = above.saturating_sub(1).clamp(3, TREE_SIZE_MAX);
    match above >> 1 {
        below if size > TREE_SIZE_MAX || below < 3 => format!("write {above}"),
        below => format!("write {below} or {above}"),
    }
}

fn entry_not_funded(asset: Asset, paid: Amount, price: Amount) -> Refusal {
    let (paid, price) = (asset.display_amount(paid), asset.display_amount(price));
    let problem = format!(
        "a registration provides {paid} {asset}, but a place in tier 1 costs {price}; the two must be equal"
    );
    let hint = format!("write \"{paid}\" as the first tier's price, or change the price of a registration");
    Refusal::new("pool_entry_not_funded", "pool.tier_prices[0]", problem, hint)
}

fn check_geometry(table: &PoolTable, layers: usize) -> Result<(), Refusal> {
    match table.geometry {
        Geometry::Closed => {
            let depth = crate::geometry::depth(table.tree_size.saturating_sub(1));
            if u32::try_from(layers).is_ok_and(|layers| layers > depth) {
                let field = format!("pool.layers_bps[{}]", layers.saturating_sub(1));
                let problem = format!("pool.layers_bps: a tree of depth {depth} has no layer {layers}");
                let hint = format!("write at most {depth} layers, or a larger tree_size");
                return Err(Refusal::new("layer_never_paid", field, problem, hint));
            }
        }
        Geometry::Rolling => {
            if table.trees_max.is_some() {
                let problem =
                    "pool.trees_max belongs to geometry = \"closed\": a rolling pool has one endless tree";
                return Err(Refusal::new(
                    "trees_max_misplaced",
                    "pool.trees_max",
                    problem,
                    "remove the line",
                ));
            }
        }
    }
    Ok(())
}

fn check_tier(asset: Asset, index: usize, text: &str, layers_bps: &[u16]) -> Result<TierTerms, Refusal> {
    let price = field::price(asset, &format!("pool.tier_prices[{index}]"), text)?;
    let (layers, company) = divide("pool.layers_bps", price, layers_bps)?;
    Ok(TierTerms {
        price,
        layers,
        company,
    })
}

fn check_reserve(table: &PoolTable, asset: Asset, tiers: &[TierTerms]) -> Result<ReserveTerms, Refusal> {
    match table.reserve {
        Reserve::LastNodes => {}
        Reserve::None | Reserve::OptIn if table.reserve_nodes.is_some() => {
            return Err(nodes_misplaced());
        }
        Reserve::None | Reserve::OptIn if table.reserve_layers.is_some() => {
            return Err(layers_misplaced());
        }
        Reserve::None => return Ok(ReserveTerms::Nobody),
        Reserve::OptIn => return Ok(ReserveTerms::OptIn),
    }
    let end = match table.geometry {
        // Only the upper half of a tree can have two children; the last of them in level order complete last.
        Geometry::Closed => table.tree_size >> 1,
        Geometry::Rolling => table.tree_size,
    };
    let first = table.reserve_nodes.and_then(|nodes| end.checked_sub(nodes));
    let Some(first) = first.filter(|first| *first < end) else {
        return Err(nodes_misplaced());
    };
    let forced = ForcedReserve {
        group: table.tree_size,
        first,
        end,
        layers: check_reserve_layers(table)?,
    };
    forced_reserve_reaches(asset, table.geometry, forced, tiers)?;
    Ok(ReserveTerms::Forced(forced))
}

fn check_reserve_layers(table: &PoolTable) -> Result<LayerSet, Refusal> {
    let Some(layers) = &table.reserve_layers else {
        return Ok(LayerSet::ALL);
    };
    let paid = 1..=table.layers_bps.len();
    let are_paid = layers.iter().all(|layer| paid.contains(&usize::from(*layer)));
    if layers.is_empty() || !are_paid || !layers.is_sorted_by(|earlier, later| earlier < later) {
        return Err(layers_misplaced());
    }
    Ok(LayerSet::of(layers))
}

fn nodes_misplaced() -> Refusal {
    let problem = "pool.reserve_nodes belongs to reserve = \"last_nodes\" and counts nodes of a tree that can have two \
                   children, or of a group in a rolling pool";
    let hint = "with reserve = \"last_nodes\" write reserve_nodes = 4 or another number that the tree has; else remove it";
    Refusal::new("reserve_nodes_misplaced", "pool.reserve_nodes", problem, hint)
}

fn layers_misplaced() -> Refusal {
    let problem = "pool.reserve_layers belongs to reserve = \"last_nodes\" and names layers of pool.layers_bps, ascending from 1";
    let hint = "with reserve = \"last_nodes\" write layers that are paid, such as [2, 3], or remove it";
    Refusal::new("reserve_layers_misplaced", "pool.reserve_layers", problem, hint)
}

/// Refuses a forced reserve that can never reach the next price.
fn forced_reserve_reaches(
    asset: Asset,
    geometry: Geometry,
    forced: ForcedReserve,
    tiers: &[TierTerms],
) -> Result<(), Refusal> {
    for (number, pair) in (1u8..).zip(tiers.windows(2)) {
        let [tier, next] = pair else { continue };
        for index in forced.first..forced.end {
            let reachable = match geometry {
                Geometry::Closed => {
                    findings::reservable_max(number, tier, forced.group, index, forced.layers)
                }
                // Below every place all layers fill up some day, and no tree closes.
                Geometry::Rolling => findings::income_of(tier, u32::MAX, forced.layers),
            };
            if reachable < next.price {
                let (most, price) = (asset.display_amount(reachable), asset.display_amount(next.price));
                let problem = format!(
                    "a forced reserve of place {index} in tier {number} reaches at most {most} of {price} {asset}"
                );
                let hint = format!(
                    "lower the price of tier {} to at most \"{most}\", reserve other places or layers, or let users \
                     choose: reserve = \"opt_in\"",
                    number.saturating_add(1)
                );
                return Err(Refusal::new("reserve_unreachable", "pool.reserve", problem, hint));
            }
        }
    }
    Ok(())
}
