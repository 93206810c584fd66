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

use money::Asset;
use plan_file::{Finding, NAME_BYTES_MAX, Refusal, TimeZone, reader};

use crate::autopool::table::{PoolTable, Progression};
use crate::autopool::{AutoPoolTerms, PoolTerms, findings};
use crate::compiled::{CompiledPlan, IntakeRule, Terms};
use crate::file::PlanFile;
pub use error::CompileError;
pub use every::{REFUSALS_MAX, refusals};
pub use funding::{Counterexample, Payment, Placement, Step};

/// Longest plan file in bytes: some hundred times the shipped one, and still parsed in no time.
pub const TEXT_BYTES_MAX: usize = 65_536;

/// Compiles a plan file.
///
/// # Errors
/// The first broken rule. An unfunded path is a refusal, everywhere and without exception.
pub fn compile(text: &str) -> Result<CompiledPlan, CompileError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(too_long(text.len()).into());
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

/// The refusal of a file of at least this many bytes.
pub fn too_long(bytes: usize) -> Refusal {
    let problem =
        format!("a plan file may have at most {TEXT_BYTES_MAX} bytes; this one has at least {bytes}");
    let hint = "shorten it: the shipped plans are about two thousand bytes long";
    Refusal::new("text_too_long", "", problem, hint)
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
    let time_zone = check_time_zone(file)?;
    let auto_pool = check_auto_pool(file, asset)?;
    let (intake, components) = components::check(file, asset, auto_pool)?;
    Ok(Terms {
        name: file.name.clone(),
        version: file.version,
        asset,
        time_zone,
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
    let name = || {
        let problem = format!("a name has 1 to {NAME_BYTES_MAX} characters of a-z, 0-9 and hyphen");
        Refusal::new(
            "name_malformed",
            "name",
            problem,
            "write a name such as \"auto-pool\"",
        )
    };
    let version = || {
        let hint = "write version = 1, and a higher one whenever the plan changes";
        Refusal::new("version_is_zero", "version", "versions start at 1", hint)
    };
    let found = [
        name_is_malformed.then(name),
        (file.version == 0).then(version),
        check_asset(file).err(),
        check_time_zone(file).err(),
    ];
    found.into_iter().flatten().map(CompileError::from).collect()
}

fn check_asset(file: &PlanFile) -> Result<Asset, Refusal> {
    Asset::by_code(&file.asset).ok_or_else(|| {
        let problem = format!("unknown asset {:?}", file.asset);
        let hint = "write one of \"BNB\", \"USDT\", \"INR\"";
        Refusal::new("unknown_asset", "asset", problem, hint)
    })
}

fn check_time_zone(file: &PlanFile) -> Result<TimeZone, Refusal> {
    let name = file.time_zone.as_deref();
    name.map_or(Ok(TimeZone::UTC), |name| TimeZone::read("time_zone", name))
}

/// Registration, retopup and pools, if places in the next tier are paid for.
fn check_auto_pool(file: &PlanFile, asset: Asset) -> Result<Option<AutoPoolTerms>, CompileError> {
    let (registration, retopup, pool) = (&file.registration, &file.retopup, &file.pool);
    let terms = AutoPoolTerms::read(registration.as_ref(), retopup.as_ref(), pool.as_ref(), asset)?;
    funded(pool.as_ref(), terms.as_ref().map(|terms| &terms.pool), asset)?;
    Ok(terms)
}

/// A place that nobody pays for is refused with the history in which the plan fails.
fn funded(table: Option<&PoolTable>, terms: Option<&PoolTerms>, asset: Asset) -> Result<(), CompileError> {
    match (table.map(|table| table.progression), terms) {
        (Some(Progression::Free), Some(terms)) => {
            let example = funding::counterexample(asset, &terms.tiers);
            Err(CompileError::ProgressionNotFunded(example))
        }
        (Some(Progression::Funded | Progression::Free) | None, _) => Ok(()),
    }
}
