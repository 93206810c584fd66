//! The plan compiler: reads a plan file, checks every parameter, proves that every path pays out no more than
//! came in, and rejects it with the broken rule and its figures.
//!
//! Conservation: every division is floored shares plus a named remainder. Funding: a place in tier 1 costs
//! what the registration brings, a place in any other tier is a debit of a matured reserve. Not responsible for
//! which chains may run a plan: that is [`CompiledPlan::gate`].

pub mod components;
pub mod encoding;
mod error;
mod every;
mod funding;
mod payout;
mod report;

use ledger::{Reason, Tier};
use money::{Amount, Asset};
use plan_file::{Finding, GENERATIONS_MAX, NAME_BYTES_MAX, Refusal, field, reader};

use crate::autopool::table::{Geometry, PoolTable, Progression, RegistrationTable, Reserve, RetopupTable};
use crate::autopool::{
    AutoPoolTerms, ForcedReserve, LayerSet, PoolEntry, PoolTerms, RegistrationTerms, ReserveTerms,
    RetopupTerms, SplitTerms, TierTerms, findings,
};
use crate::compiled::{CompiledPlan, IntakeRule, Terms};
use crate::file::PlanFile;
pub use error::CompileError;
pub use every::{REFUSALS_MAX, refusals};
pub use funding::{Counterexample, Payment, Placement, Step};

/// Longest plan file in bytes: some hundred times the shipped one, and still parsed in no time.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Maximum number of ordinals that enter a pool.
pub const ORDINALS_MAX: usize = 64;
/// Largest tree: closing one touches each of its places in one fact.
pub const TREE_SIZE_MAX: u32 = 1_023;

/// Compiles a plan file.
///
/// # Errors
/// The first broken rule. An unfunded path is a refusal, everywhere and without exception.
pub fn compile(text: &str) -> Result<CompiledPlan, CompileError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(CompileError::TextTooLong { bytes: text.len() });
    }
    let file: PlanFile = reader::read(text)?;
    let terms = check(&file)?;
    let (recruitment_share_bps, findings) = judge(&terms);
    Ok(CompiledPlan {
        hash: encoding::hash(&terms),
        findings,
        recruitment_share_bps,
        terms,
    })
}

/// The recruitment-funded share, and what participants must know.
fn judge(terms: &Terms) -> (u16, Vec<Finding>) {
    let (recruited, mut found) = match terms.intake {
        IntakeRule::AutoPool => {
            let auto_pool = terms.components.auto_pool.as_ref();
            let share_bps = auto_pool.map_or(0, findings::recruitment_share_bps);
            let found = auto_pool.map_or_else(Vec::new, findings::of);
            (findings::recruited(share_bps), found)
        }
        IntakeRule::Subscription | IntakeRule::Booking | IntakeRule::Order | IntakeRule::Joining { .. } => {
            (components::recruited(terms.intake, &terms.components), vec![])
        }
    };
    let share_bps = recruited.figure("share_bps").unwrap_or(0);
    found.insert(0, recruited);
    let of_pools = found.iter().find(|finding| finding.code == "payout_ratio");
    let of_pools = of_pools.and_then(|finding| finding.figure("max_bps"));
    let share_of_payment = payout::share_bps(terms, of_pools.unwrap_or(0));
    found.push(payout::finding(terms.intake, share_of_payment));
    found.extend(components::findings(&terms.components, terms.asset));
    (u16::try_from(share_bps).unwrap_or(u16::MAX), found)
}

fn check(file: &PlanFile) -> Result<Terms, CompileError> {
    if let Some(error) = check_head(file).into_iter().next() {
        return Err(error);
    }
    let asset = check_asset(file)?;
    let auto_pool = check_auto_pool(file, asset)?;
    let (intake, components) = components::check(file, asset, auto_pool)?;
    Ok(Terms {
        name: file.name.clone(),
        version: file.version,
        asset,
        intake,
        components,
    })
}

/// What is wrong with the fields outside of tables.
fn check_head(file: &PlanFile) -> Vec<CompileError> {
    let name_is_plain = file
        .name
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let name_is_malformed = file.name.is_empty() || file.name.len() > NAME_BYTES_MAX || !name_is_plain;
    let found = [
        name_is_malformed.then_some(CompileError::NameMalformed),
        (file.version == 0).then_some(CompileError::VersionIsZero),
        check_asset(file).err(),
    ];
    found.into_iter().flatten().collect()
}

fn check_asset(file: &PlanFile) -> Result<Asset, CompileError> {
    Asset::by_code(&file.asset).ok_or_else(|| CompileError::UnknownAsset {
        code: file.asset.clone(),
    })
}

/// Registration, retopup and pools belong together.
fn check_auto_pool(file: &PlanFile, asset: Asset) -> Result<Option<AutoPoolTerms>, CompileError> {
    let (registration, retopup, pool) = match (&file.registration, &file.retopup, &file.pool) {
        (Some(registration), Some(retopup), Some(pool)) => (registration, retopup, pool),
        (None, None, None) => return Ok(None),
        (registration, retopup, _) => {
            let missing = match (registration, retopup) {
                (None, _) => "registration",
                (_, None) => "retopup",
                _ => "pool",
            };
            let problem = "registration, retopup and pool must be used together, and one is missing";
            let hint = format!("add the table [{missing}], or remove all three");
            return Err(Refusal::new("missing_field", missing, problem, hint).into());
        }
    };
    let registration = check_registration(registration, asset)?;
    let retopup = check_retopup(retopup, asset)?;
    let pool = check_pool(pool, asset, registration.entry())?;
    Ok(Some(AutoPoolTerms {
        registration,
        retopup,
        pool,
    }))
}

fn check_registration(table: &RegistrationTable, asset: Asset) -> Result<RegistrationTerms, CompileError> {
    let price = field::price(asset, "registration.price", &table.price)?;
    let (direct, company) = share(asset, "registration.direct_share", &table.direct_share, price)?;
    let pool_entry = match (&table.pool_entry_ordinals, table.pool_bps) {
        (Some(ordinals), None) => PoolEntry::Ordinals(check_ordinals(ordinals)?),
        (None, Some(bps)) => PoolEntry::Split(check_split(price, direct, bps)?),
        (Some(_), Some(_)) | (None, None) => return Err(CompileError::PoolEntryAmbiguous),
    };
    Ok(RegistrationTerms {
        price,
        direct,
        company,
        pool_entry,
    })
}

fn check_ordinals(ordinals: &[u32]) -> Result<Vec<u32>, CompileError> {
    let field = "registration.pool_entry_ordinals";
    field::list_length(field, ordinals.len(), 0, ORDINALS_MAX)?;
    if ordinals.first() == Some(&0) || !ordinals.is_sorted_by(|earlier, later| earlier < later) {
        return Err(CompileError::OrdinalsNotAscending);
    }
    Ok(ordinals.to_vec())
}

/// The pool's share, rounded down; of what is left the sponsor's in the proportion of the whole, rounded down; the rest.
fn check_split(price: Amount, direct: Amount, pool_bps: u16) -> Result<SplitTerms, CompileError> {
    let (shares, left) = divide("registration.pool_bps", price, &[pool_bps])?;
    let pool = shares.first().copied().unwrap_or(Amount::ZERO);
    if pool.is_zero() || left.is_zero() {
        return Err(CompileError::PoolEntryAmbiguous);
    }
    let direct = left.proportion(direct, price);
    Ok(SplitTerms {
        pool,
        direct,
        company: left.saturating_sub(direct),
    })
}

fn check_retopup(table: &RetopupTable, asset: Asset) -> Result<RetopupTerms, CompileError> {
    let field = "retopup.generations_bps";
    let price = field::price(asset, "retopup.price", &table.price)?;
    let (declared, distributed) = share(asset, "retopup.company_share", &table.company_share, price)?;
    field::list_length(field, table.generations_bps.len(), 0, GENERATIONS_MAX)?;
    let (generations, rest) = divide(field, distributed, &table.generations_bps)?;
    Ok(RetopupTerms {
        price,
        // Both are parts of one price, so the sum cannot exceed it.
        company: declared.checked_add(rest).unwrap_or(price),
        generations,
    })
}

fn check_pool(table: &PoolTable, asset: Asset, brought: Amount) -> Result<PoolTerms, CompileError> {
    let size = table.tree_size;
    let full = size.checked_add(1).is_some_and(u32::is_power_of_two);
    if !full || !(3..=TREE_SIZE_MAX).contains(&size) {
        return Err(CompileError::TreeSizeNotFull { size });
    }
    if table
        .trees_max
        .is_some_and(|trees| ledger::TreeNumber::new(trees).is_none())
    {
        return Err(CompileError::TreesMaxOutOfRange);
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
        return Err(CompileError::PoolEntryNotFunded {
            asset,
            paid: brought,
            price: entry,
        });
    }
    match table.progression {
        Progression::Funded => {}
        Progression::Free => {
            return Err(CompileError::ProgressionNotFunded(funding::counterexample(
                asset, &tiers,
            )));
        }
    }
    let reserve = check_reserve(table, asset, &tiers)?;
    Ok(PoolTerms {
        tree_size: match table.geometry {
            Geometry::Closed => Some(size),
            Geometry::Rolling => None,
        },
        trees_max: table.trees_max,
        tiers,
        reserve,
    })
}

fn check_geometry(table: &PoolTable, layers: usize) -> Result<(), CompileError> {
    match table.geometry {
        Geometry::Closed => {
            let depth = crate::geometry::depth(table.tree_size.saturating_sub(1));
            if u32::try_from(layers).is_ok_and(|layers| layers > depth) {
                return Err(CompileError::LayerNeverPaid { layer: layers, depth });
            }
        }
        Geometry::Rolling => {
            if table.trees_max.is_some() {
                return Err(CompileError::TreesMaxMisplaced);
            }
        }
    }
    Ok(())
}

fn check_tier(asset: Asset, index: usize, text: &str, layers_bps: &[u16]) -> Result<TierTerms, CompileError> {
    let price = field::price(asset, &format!("pool.tier_prices[{index}]"), text)?;
    let (layers, company) = divide("pool.layers_bps", price, layers_bps)?;
    Ok(TierTerms {
        price,
        layers,
        company,
    })
}

fn check_reserve(table: &PoolTable, asset: Asset, tiers: &[TierTerms]) -> Result<ReserveTerms, CompileError> {
    match table.reserve {
        Reserve::LastNodes => {}
        Reserve::None | Reserve::OptIn if table.reserve_nodes.is_some() => {
            return Err(CompileError::ReserveNodesMisplaced);
        }
        Reserve::None | Reserve::OptIn if table.reserve_layers.is_some() => {
            return Err(CompileError::ReserveLayersMisplaced);
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
        return Err(CompileError::ReserveNodesMisplaced);
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

fn check_reserve_layers(table: &PoolTable) -> Result<LayerSet, CompileError> {
    let Some(layers) = &table.reserve_layers else {
        return Ok(LayerSet::ALL);
    };
    let paid = 1..=table.layers_bps.len();
    let are_paid = layers.iter().all(|layer| paid.contains(&usize::from(*layer)));
    if layers.is_empty() || !are_paid || !layers.is_sorted_by(|earlier, later| earlier < later) {
        return Err(CompileError::ReserveLayersMisplaced);
    }
    Ok(LayerSet::of(layers))
}

/// Refuses a forced reserve that can never reach the next price.
fn forced_reserve_reaches(
    asset: Asset,
    geometry: Geometry,
    forced: ForcedReserve,
    tiers: &[TierTerms],
) -> Result<(), CompileError> {
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
                return Err(CompileError::ReserveUnreachable {
                    asset,
                    tier: number,
                    index,
                    reachable,
                    needed: next.price,
                });
            }
        }
    }
    Ok(())
}

/// A share given as an amount, and what it leaves of the whole.
fn share(asset: Asset, field: &str, text: &str, whole: Amount) -> Result<(Amount, Amount), Refusal> {
    let share = field::amount(asset, field, text)?;
    let rest = whole.checked_sub(share).map_err(|_| {
        let whole = asset.display_amount(whole);
        let problem = format!(
            "{} {asset} is more than the {whole} that came in",
            asset.display_amount(share)
        );
        let hint = format!("write at most \"{whole}\"");
        Refusal::new("share_above_whole", field, problem, hint)
    })?;
    Ok((share, rest))
}

/// Floored shares by basis points, and what they leave.
fn divide(field: &str, whole: Amount, shares_bps: &[u16]) -> Result<(Vec<Amount>, Amount), Refusal> {
    let bps = field::shares(field, shares_bps)?;
    let shares: Vec<Amount> = bps.iter().map(|bps| bps.floor_of(whole)).collect();
    let rest = shares
        .iter()
        .fold(whole, |rest, share| rest.saturating_sub(*share));
    Ok((shares, rest))
}
