//! All refusals of a plan file at once, as far as they do not depend on each other.
//!
//! Not responsible for rules: each table is checked alone by the code that checks it in a whole file, so a rule about
//! several tables is applied only when the tables themselves are sound. Where one field alone is wrong, its table is checked
//! again with another value in its stead.

use money::Asset;

use super::{CompileError, TEXT_BYTES_MAX, check_head, compile, components, funded};
use crate::autopool::{PoolTerms, RegistrationTerms, RetopupTerms};
use crate::file::{PlanFile, TABLES_OF_COMPONENTS};
use plan_file::{Refusal, place, reader};

/// Maximum number of refusals that are returned: who has more begins with these.
pub const REFUSALS_MAX: usize = 20;

/// Codes of rules about several tables: a table alone cannot keep them.
const OF_SEVERAL_TABLES: [&str; 3] = ["intake_missing", "intake_ambiguous", "component_misplaced"];

/// Codes of rules about one field alone, and a value that such a field may have: with it the other fields of its table can be
/// checked.
const OF_ONE_FIELD: [(&str, &str); 6] = [
    ("amount_malformed", "\"1\""),
    ("price_out_of_range", "\"1\""),
    ("bps_above_whole", "1"),
    ("out_of_range", "1"),
    ("date_malformed", "\"2026-01-01\""),
    ("unknown_time_zone", "\"UTC\""),
];

/// Every refusal of a plan file: first that of [`compile`], then the others in the order of the file. There is at most one
/// of each field, and there are at most [`REFUSALS_MAX`]. Of a table that breaks several rules about several of its fields only
/// the first is in it. Empty for a plan that compiles.
pub fn refusals(text: &str) -> Vec<CompileError> {
    let Err(first) = compile(text) else {
        return Vec::new();
    };
    if text.len() > TEXT_BYTES_MAX {
        return vec![first];
    }
    let mut all = vec![first];
    add(&mut all, at_once(text));
    let mut sound = text.to_owned();
    let mut replaced = 0;
    while all.len() < REFUSALS_MAX && replaced < all.len() {
        for error in all.iter().skip(replaced) {
            if let Some(value) = stand_in(error) {
                sound = place::with_value(&sound, &error.field(), value);
            }
        }
        replaced = all.len();
        // What a rule about several fields says would be about the stand-ins.
        let others = at_once(&sound).into_iter();
        add(&mut all, others.filter(|error| stand_in(error).is_some()));
    }
    if let Some((_, others)) = all.split_first_mut() {
        others.sort_by_cached_key(|error| {
            let place = error.place_in(text);
            (place.line, place.column)
        });
    }
    all.truncate(REFUSALS_MAX);
    all
}

/// Adds what is about other fields.
fn add(all: &mut Vec<CompileError>, found: impl IntoIterator<Item = CompileError>) {
    for error in found {
        if all.iter().all(|known| known.field() != error.field()) {
            all.push(error);
        }
    }
}

fn stand_in(error: &CompileError) -> Option<&'static str> {
    let mut known = OF_ONE_FIELD.iter();
    known
        .find(|(code, _)| *code == error.code())
        .map(|(_, value)| *value)
}

/// What does not fit the format, and the first rule that each other table breaks.
fn at_once(text: &str) -> Vec<CompileError> {
    let (misfits, file) = reader::read_every(text, REFUSALS_MAX);
    let mut found: Vec<CompileError> = misfits.into_iter().map(CompileError::from).collect();
    if let Some(file) = file {
        found.extend(broken_rules(&file, &found));
    }
    found
}

/// The broken rules of the tables that fit the format, apart from those that only follow from `known` ones.
fn broken_rules(file: &PlanFile, known: &[CompileError]) -> Vec<CompileError> {
    let is_known = |field: &str| {
        let fields = known.iter().map(CompileError::field);
        fields.into_iter().any(|known| known.starts_with(field))
    };
    let mut found = check_head(file);
    // Nobody can say what an amount of an unknown asset is.
    let Some(asset) = Asset::by_code(&file.asset).filter(|_| !is_known("asset")) else {
        return found;
    };
    found.extend(of_auto_pool(file, asset));
    let funds = alone(asset, |one| one.funds.clone_from(&file.funds));
    let funds_are_known = funds.is_none() && !is_known("funds");
    found.extend(funds);
    let tables: [fn(&mut PlanFile, &PlanFile); 2] = [
        |one, file| one.joining.clone_from(&file.joining),
        |one, file| one.allocations.clone_from(&file.allocations),
    ];
    let tables = tables.iter().chain(TABLES_OF_COMPONENTS);
    let funds = if funds_are_known { file.funds.clone() } else { None };
    found.extend(tables.filter_map(|copy| {
        alone(asset, |one| {
            one.funds.clone_from(&funds);
            copy(one, file);
        })
        .filter(|error| funds_are_known || error.code() != "unknown_reference")
    }));
    found
}

/// What registration, retopup and pool break, each alone.
fn of_auto_pool(file: &PlanFile, asset: Asset) -> Vec<CompileError> {
    let registration = (file.registration.as_ref()).map(|table| RegistrationTerms::check(table, asset));
    let retopup = (file.retopup.as_ref()).map(|table| RetopupTerms::check(table, asset));
    let entry = match &registration {
        Some(Ok(terms)) => Some(terms.entry()),
        Some(Err(_)) | None => None,
    };
    let check_pool = |table| PoolTerms::check(table, asset, entry.unwrap_or_default());
    let pool = file.pool.as_ref().map(check_pool);
    let is_funded = |terms: &PoolTerms| funded(file.pool.as_ref(), Some(terms), asset).err();
    let unfunded = (pool.as_ref()).and_then(|pool| pool.as_ref().ok().and_then(is_funded));
    let pool = pool.and_then(Result::err).filter(|refusal| {
        // What a registration brings is not known.
        entry.is_some() || refusal.code != "pool_entry_not_funded"
    });
    let refusals = [
        registration.and_then(Result::err),
        retopup.and_then(Result::err),
        pool,
    ];
    let refusals = refusals.into_iter().flatten().map(CompileError::from);
    refusals.chain(unfunded).collect()
}

/// The first rule that a file breaks which has nothing but what `fill` puts in, and what else it must have.
fn alone(asset: Asset, fill: impl FnOnce(&mut PlanFile)) -> Option<CompileError> {
    let mut one = PlanFile::default();
    fill(&mut one);
    let refusal: Refusal = components::check(&one, asset, None).err()?;
    (!OF_SEVERAL_TABLES.contains(&refusal.code)).then(|| refusal.into())
}
