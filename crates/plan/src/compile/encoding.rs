//! The hash of a plan: keccak256 over a canonical encoding of its compiled parameters.
//!
//! ```text
//! "trellis plan 1"
//! text(name)  u32(version)  text(asset)
//! u128(registration price)  u128(direct)  u128(company)  list(u32(ordinal))
//! u128(retopup price)  u128(company)  list(u128(generation))
//! u32(tree size, 0 = endless)  u32(trees at most, 0 = unlimited)
//! list(u128(tier price)  u128(company)  list(u128(layer)))
//! u8(reserve: 0 nobody, 1 opt-in, 2 forced)  u8(when full: 1 direct)  u8(progression: 1 funded)
//! forced only: u32(places of a group)  u32(first)  u32(behind the last)  list(u8(reserved layer))
//! split only, whose list of ordinals is empty: u128(pool)  u128(direct)  u128(company)
//! components only: list(text(fund)  u32(number of its fallback, 0 = none))  list(u32(fund)  u32(its share in bps))
//! u128(price of joining)  u32(fund) of accruals, ranks, pairs, orders, campaign, bonus, then for each table that the file has text(its name) and its parameters, in the order of
//! `compile::components`
//! in another time zone than UTC only: text("time_zone")  text(its name)
//! ```
//!
//! Integers are big-endian; `text` and `list` start with their length as `u32`. Comments, formatting and the
//! order of fields in the file do not matter; every parameter does, because it is here in what it compiles to.

use alloy_primitives::B256;
use plan_file::Encoder;

use super::components;
use crate::autopool::AutoPoolTerms;
use crate::compiled::{ComponentTerms, IntakeRule, Terms};

/// What the encoding starts with; it changes with the encoding.
const DOMAIN: &[u8] = b"trellis plan 1";

/// The hash of these terms.
pub(crate) fn hash(terms: &Terms) -> B256 {
    let mut out = Encoder::new(DOMAIN);
    out.text(&terms.name);
    out.u32(terms.version);
    out.text(terms.asset.code());
    let components = &terms.components;
    match &components.auto_pool {
        Some(auto_pool) => auto_pool.encode(&mut out),
        None => AutoPoolTerms::absent().encode(&mut out),
    }
    let alone = ComponentTerms {
        auto_pool: components.auto_pool.clone(),
        ..ComponentTerms::default()
    };
    if terms.intake != IntakeRule::AutoPool || *components != alone {
        components::encode(terms.intake, components, &mut out);
    }
    if !terms.time_zone.is_utc() {
        out.text("time_zone");
        out.text(terms.time_zone.name());
    }
    out.finish()
}
