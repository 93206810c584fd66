//! Whether plans may run in a place: the one judge of the command line and of processes.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod document;
mod exits;
mod holds;
mod payout;

use plan::{ChainClass, Finding, compile};
use plan_review::jurisdiction::Profile;
use plan_review::review::{Asked, Review};

pub(crate) const BINARY: &str = include_str!("../../../../plans/binary-ev.toml");
pub(crate) const ORDERS: &str = include_str!("../../../../plans/unilevel-orders.toml");
pub(crate) const CAMPAIGN: &str = include_str!("../../../../plans/referral-campaign.toml");
pub(crate) const SUBSCRIPTION: &str = include_str!("../../../../plans/subscription.toml");
pub(crate) const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");

/// The shipped profile of this name.
pub(crate) fn profile(name: &str) -> Profile {
    Profile::parse(match name {
        "EU" => include_str!("../../../../profiles/EU.toml"),
        "IN" => include_str!("../../../../profiles/IN.toml"),
        "US" => include_str!("../../../../profiles/US.toml"),
        _ => include_str!("../../../../profiles/local.toml"),
    })
    .unwrap()
}

/// A plan on a public chain of this place, where payments can be refunded for so many days.
pub(crate) fn public(text: &str, place: &str, cooling_off_days: Option<u32>) -> Review {
    let profile = profile(place);
    let asked = Asked {
        chain: ChainClass::Public,
        jurisdiction: Some(&profile),
        cooling_off_days,
    };
    Review::of(&compile(text).unwrap(), [], asked)
}

/// The codes that keep a plan from running.
pub(crate) fn refusals(review: &Review) -> Vec<&'static str> {
    review.refusals().map(|(code, _)| code).collect()
}

pub(crate) fn found<'a>(review: &'a Review, code: &str) -> Option<&'a Finding> {
    review.findings.iter().find(|finding| finding.code == code)
}

pub(crate) fn figure(finding: &Finding, name: &str) -> u128 {
    let known = finding.figures.iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("{finding:?} has no {name}")).1
}
