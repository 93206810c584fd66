//! The tables `[registration]` and `[retopup]`, checked, and how prices are divided.

mod pool;

use money::{Amount, Asset};
use plan_file::{GENERATIONS_MAX, Refusal, field};

use super::table::{PoolTable, RegistrationTable, RetopupTable};
use super::{AutoPoolTerms, PoolEntry, PoolTerms, RegistrationTerms, RetopupTerms, SplitTerms};
pub use pool::TREE_SIZE_MAX;

/// Maximum number of ordinals that enter a pool.
pub const ORDINALS_MAX: usize = 64;

impl AutoPoolTerms {
    /// Checks its tables, which belong together; nothing if the file has none of them.
    pub fn read(
        registration: Option<&RegistrationTable>,
        retopup: Option<&RetopupTable>,
        pool: Option<&PoolTable>,
        asset: Asset,
    ) -> Result<Option<Self>, Refusal> {
        let missing = match (registration, retopup, pool) {
            (None, None, None) => return Ok(None),
            (Some(registration), Some(retopup), Some(pool)) => {
                let registration = RegistrationTerms::check(registration, asset)?;
                return Ok(Some(Self {
                    retopup: RetopupTerms::check(retopup, asset)?,
                    pool: PoolTerms::check(pool, asset, registration.entry())?,
                    registration,
                }));
            }
            (None, _, _) => "registration",
            (_, None, _) => "retopup",
            (_, _, None) => "pool",
        };
        let problem = "registration, retopup and pool must be used together, and one is missing";
        let hint = format!("add the table [{missing}], or remove all three");
        Err(Refusal::new("missing_field", missing, problem, hint))
    }
}

impl RegistrationTerms {
    /// Checks the table.
    pub fn check(table: &RegistrationTable, asset: Asset) -> Result<Self, Refusal> {
        let price = field::price(asset, "registration.price", &table.price)?;
        let (direct, company) = share(asset, "registration.direct_share", &table.direct_share, price)?;
        let pool_entry = match (&table.pool_entry_ordinals, table.pool_bps) {
            (Some(ordinals), None) => PoolEntry::Ordinals(check_ordinals(ordinals)?),
            (None, Some(bps)) => PoolEntry::Split(check_split(price, direct, bps)?),
            (Some(_), Some(_)) | (None, None) => return Err(entry_ambiguous()),
        };
        Ok(Self {
            price,
            direct,
            company,
            pool_entry,
        })
    }
}

impl RetopupTerms {
    /// Checks the table.
    pub fn check(table: &RetopupTable, asset: Asset) -> Result<Self, Refusal> {
        let field = "retopup.generations_bps";
        let price = field::price(asset, "retopup.price", &table.price)?;
        let (declared, distributed) = share(asset, "retopup.company_share", &table.company_share, price)?;
        field::list_length(field, table.generations_bps.len(), 0, GENERATIONS_MAX)?;
        let (generations, rest) = divide(field, distributed, &table.generations_bps)?;
        Ok(Self {
            price,
            // Both are parts of one price, so the sum cannot exceed it.
            company: declared.checked_add(rest).unwrap_or(price),
            generations,
        })
    }
}

fn check_ordinals(ordinals: &[u32]) -> Result<Vec<u32>, Refusal> {
    let field = "registration.pool_entry_ordinals";
    field::list_length(field, ordinals.len(), 0, ORDINALS_MAX)?;
    if ordinals.first() == Some(&0) || !ordinals.is_sorted_by(|earlier, later| earlier < later) {
        let problem = "registration.pool_entry_ordinals must be ascending numbers from 1";
        let hint = "write each number once, the smallest first, such as [2, 4]";
        return Err(Refusal::new("ordinals_not_ascending", field, problem, hint));
    }
    Ok(ordinals.to_vec())
}

/// The pool's share, rounded down; of what is left the sponsor's in the proportion of the whole, rounded down; the rest.
fn check_split(price: Amount, direct: Amount, pool_bps: u16) -> Result<SplitTerms, Refusal> {
    let (shares, left) = divide("registration.pool_bps", price, &[pool_bps])?;
    let pool = shares.first().copied().unwrap_or(Amount::ZERO);
    if pool.is_zero() || left.is_zero() {
        return Err(entry_ambiguous());
    }
    let direct = left.proportion(direct, price);
    Ok(SplitTerms {
        pool,
        direct,
        company: left.saturating_sub(direct),
    })
}

fn entry_ambiguous() -> Refusal {
    let problem = "registration needs either pool_entry_ordinals or pool_bps, and pool_bps must leave both parts above zero";
    let hint = "write pool_entry_ordinals = [2] or pool_bps = 5000 (1 to 9999), and not both";
    Refusal::new("pool_entry_ambiguous", "registration.pool_bps", problem, hint)
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
