//! Rules that a configuration must satisfy before it is deployed: the contract's own rules on every chain, and on public ones
//! distinct roles, secret keys, and bounds of delays and limits.
//!
//! `contracts/script/DeploymentRules.sol` holds the same rules in the same order with the same codes. Not responsible for
//! how a configuration is written down.

use std::fmt;

use alloy::primitives::{Address, U256};

use crate::bindings::ICustody;
use crate::deploy::Asset;
use crate::development;

const HOUR: u32 = 60 * 60;
const DAY: u32 = 24 * HOUR;

/// The contract's own bound: a longer cooling-off time is a mistake of units.
pub const COOLING_OFF_MAX: u32 = 365 * DAY;
/// The contract's own bound of one freeze.
pub const FREEZE_MAX: u32 = 30 * DAY;

/// Fourteen days: the time in which consumers in the European Union may withdraw from a distance contract.
pub const COOLING_OFF_MIN: u32 = 14 * DAY;
/// One day: those who watch roots must be able to sleep.
pub const VETO_MIN: u32 = DAY;
/// Seven days: users who leave by proof wait this long, and must not be made to wait longer.
pub const VETO_MAX: u32 = 7 * DAY;
/// Three days: what is scheduled on a Friday evening can still be cancelled on Monday.
pub const OPERATION_MIN: u32 = 3 * DAY;
/// Thirty days: a lost key must be replaced before what it was needed for is missed.
pub const OPERATION_MAX: u32 = 30 * DAY;
/// Two days in which users can claim against a root that was published when an operation was announced.
pub const OPERATION_AFTER_VETO_MIN: u32 = 2 * DAY;
/// One hour: a shorter freeze ends before anyone has looked.
pub const PUBLIC_FREEZE_MIN: u32 = HOUR;
/// Seven days: with the sixty days that the contract demands between two freezes, nobody is frozen more than about a tenth
/// of the time.
pub const PUBLIC_FREEZE_MAX: u32 = 7 * DAY;
/// The contract's own bound, in base units: half of it is what the bucket of a day holds.
pub const CONTRACT_FLOOR_MIN: u128 = 2;
/// One whole coin or token: less is an amount that was written in coins instead of base units.
pub const OUTFLOW_FLOOR_MIN: u128 = 1;
/// A million whole coins a day: a higher cap bounds nothing that a thief could reach.
pub const COIN_OUTFLOW_CAP_MAX: u128 = 1_000_000;
/// A billion whole tokens a day: many tokens are worth about a dollar, some less. An amount that was written with the 18
/// decimals of a coin for a token of at most 8 is above it.
pub const TOKEN_OUTFLOW_CAP_MAX: u128 = 1_000_000_000;
/// Sums of all payments ever made have 96 bits: a token of more decimals could use them up.
pub const DECIMALS_MAX: u8 = 18;
/// In base units: the contract's sums over all time have 96 bits, and this lets the whole supply pass four
/// times. It is 19.8 billion tokens of 18 decimals.
pub const SUPPLY_MAX: u128 = (1 << 96) / 4;
/// A cap lowered as far as possible still lets out in a month what it let out in a day.
pub const OUTFLOW_FLOOR_SHARE: u128 = 30;

names::names! {
    /// A rule. The order is that in which they are checked, the names are for scripts and for people who search.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Rule {
        /// A role, a signer or the token is the zero address.
        ZeroAddress = "zero_address",
        /// The token is an account that has a role or signs: one of the two was pasted into the wrong place.
        AssetHasARole = "asset_has_a_role",
        /// The token has more than [`DECIMALS_MAX`] decimals.
        DecimalsTooMany = "decimals_too_many",
        /// The predecessor is an account that has a role or signs: one of the two was pasted into the wrong place.
        PredecessorHasARole = "predecessor_has_a_role",
        /// Cooling-off beyond [`COOLING_OFF_MAX`].
        CoolingOffTooLong = "cooling_off_too_long",
        /// The veto delay is not shorter than that of operations.
        VetoNotBeforeOperation = "veto_not_before_operation",
        /// The longest freeze is not shorter than the veto delay: who is frozen must be able to claim before a new root matures.
        FreezeNotBeforeVeto = "freeze_not_before_veto",
        /// A freeze beyond [`FREEZE_MAX`]; on public chains beyond [`PUBLIC_FREEZE_MAX`].
        FreezeTooLong = "freeze_too_long",
        /// The floor is below [`CONTRACT_FLOOR_MIN`] base units; on public chains below [`OUTFLOW_FLOOR_MIN`] whole coins or tokens.
        FloorTooLow = "floor_too_low",
        /// The floor is above the cap.
        FloorAboveCap = "floor_above_cap",
        /// Public chains: two roles are one account.
        RolesNotDistinct = "roles_not_distinct",
        /// Public chains: everyone knows the key of a role.
        KeyIsPublic = "key_is_public",
        /// Public chains: cooling-off below [`COOLING_OFF_MIN`].
        CoolingOffTooShort = "cooling_off_too_short",
        /// Public chains: veto below [`VETO_MIN`].
        VetoTooShort = "veto_too_short",
        /// Public chains: veto beyond [`VETO_MAX`].
        VetoTooLong = "veto_too_long",
        /// Public chains: operations below [`OPERATION_MIN`].
        OperationTooShort = "operation_too_short",
        /// Public chains: operations beyond [`OPERATION_MAX`].
        OperationTooLong = "operation_too_long",
        /// Public chains: less than [`OPERATION_AFTER_VETO_MIN`] between the ends of both delays.
        OperationTooSoonAfterVeto = "operation_too_soon_after_veto",
        /// Public chains: freezes below [`PUBLIC_FREEZE_MIN`].
        FreezeTooShort = "freeze_too_short",
        /// Public chains: the cap is beyond [`COIN_OUTFLOW_CAP_MAX`] coins or [`TOKEN_OUTFLOW_CAP_MAX`] tokens.
        CapTooHigh = "cap_too_high",
        /// Public chains: the floor is less than one [`OUTFLOW_FLOOR_SHARE`]th of the cap.
        FloorTooFarBelowCap = "floor_too_far_below_cap",
    }
}

/// A rule that a configuration breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub rule: Rule,
    /// Whereby.
    pub detail: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name(), self.detail)
    }
}

/// Every role and signer of a configuration with its name, in the order of the constructor.
#[must_use]
pub fn roles(config: &ICustody::Config) -> [(&'static str, Address); 7] {
    [
        ("admin", config.admin),
        ("guardian", config.guardian),
        ("freezer", config.freezer),
        ("treasurer", config.treasurer),
        ("submitter", config.submitter),
        ("signer", config.signer),
        ("root_signer", config.rootSigner),
    ]
}

/// Everything that the configuration breaks on this chain; the first one of a rule stands for all of it.
pub fn broken(chain_id: u64, asset: &Asset, config: &ICustody::Config) -> Vec<Broken> {
    let mut found = on_every_chain(config);
    found.extend(of_asset(asset, &roles(config)));
    found.extend(of_predecessor(config.predecessor, &roles(config)));
    if !development::is_local_chain(chain_id) {
        found.extend(people(&roles(config)));
        found.extend(bounds(config));
        found.extend(limits(asset, config));
    }
    found.sort_by_key(|broken| broken.rule as u8);
    found.dedup_by_key(|broken| broken.rule);
    found
}

/// What a token must keep, apart from the holders of roles.
pub fn of_asset(asset: &Asset, holders: &[(&str, Address)]) -> Vec<Broken> {
    let mut checks = Checks::default();
    let Some(token) = asset.token() else {
        return checks.0;
    };
    checks.unless(!token.is_zero(), Rule::ZeroAddress, || {
        "asset is the zero address".to_owned()
    });
    for (name, holder) in holders {
        checks.unless(*holder != token, Rule::AssetHasARole, || {
            format!("asset and {name} are both {token}")
        });
    }
    let decimals = asset.decimals();
    checks.unless(decimals <= DECIMALS_MAX, Rule::DecimalsTooMany, || {
        format!("decimals are {decimals}, and must be at most {DECIMALS_MAX}")
    });
    checks.0
}

/// What a predecessor, if one is named, must keep, apart from the holders of roles.
pub fn of_predecessor(predecessor: Address, holders: &[(&str, Address)]) -> Vec<Broken> {
    let mut checks = Checks::default();
    for (name, holder) in holders {
        // Nobody's role breaks another rule.
        let is_other = *holder != predecessor || predecessor.is_zero();
        checks.unless(is_other, Rule::PredecessorHasARole, || {
            format!("predecessor and {name} are both {predecessor}")
        });
    }
    checks.0
}

/// What accounts that hold roles on a public chain must keep: distinct, and nobody else's.
pub fn people(holders: &[(&str, Address)]) -> Vec<Broken> {
    let mut found = Vec::new();
    for (i, (name, account)) in holders.iter().enumerate() {
        if let Some((other, _)) = holders[..i].iter().find(|(_, other)| other == account) {
            let detail = format!("{other} and {name} are both {account}");
            found.push(Broken {
                rule: Rule::RolesNotDistinct,
                detail,
            });
        }
        if development::is_public_knowledge(*account) {
            let detail = format!("the key of {name}, {account}, is public");
            found.push(Broken {
                rule: Rule::KeyIsPublic,
                detail,
            });
        }
    }
    found
}

fn on_every_chain(config: &ICustody::Config) -> Vec<Broken> {
    let mut checks = Checks::default();
    for (name, account) in roles(config) {
        checks.unless(!account.is_zero(), Rule::ZeroAddress, || {
            format!("{name} is the zero address")
        });
    }
    let (veto, operation, freeze) = (config.vetoDelay, config.operationDelay, config.maxFreeze);
    checks.at_most(
        "cooling_off",
        config.coolingOff,
        COOLING_OFF_MAX,
        Rule::CoolingOffTooLong,
    );
    checks.unless(veto < operation, Rule::VetoNotBeforeOperation, || {
        format!("veto is {veto} s, operation {operation} s")
    });
    checks.unless(freeze < veto, Rule::FreezeNotBeforeVeto, || {
        format!("freeze_max is {freeze} s, veto {veto} s")
    });
    checks.at_most("freeze_max", freeze, FREEZE_MAX, Rule::FreezeTooLong);
    let (cap, floor) = (config.outflowCap, config.outflowFloor);
    let is_enough = U256::from(floor) >= U256::from(CONTRACT_FLOOR_MIN);
    checks.unless(is_enough, Rule::FloorTooLow, || {
        format!("floor is {floor}, and must be at least {CONTRACT_FLOOR_MIN}")
    });
    checks.unless(floor <= cap, Rule::FloorAboveCap, || {
        format!("floor is {floor}, cap {cap}")
    });
    checks.0
}

fn bounds(config: &ICustody::Config) -> Vec<Broken> {
    let mut checks = Checks::default();
    let (veto, operation, freeze) = (config.vetoDelay, config.operationDelay, config.maxFreeze);
    checks.at_least(
        "cooling_off",
        config.coolingOff,
        COOLING_OFF_MIN,
        Rule::CoolingOffTooShort,
    );
    checks.at_least("veto", veto, VETO_MIN, Rule::VetoTooShort);
    checks.at_most("veto", veto, VETO_MAX, Rule::VetoTooLong);
    checks.at_least("operation", operation, OPERATION_MIN, Rule::OperationTooShort);
    checks.at_most("operation", operation, OPERATION_MAX, Rule::OperationTooLong);
    let after_veto = operation.saturating_sub(veto);
    let rule = Rule::OperationTooSoonAfterVeto;
    checks.at_least("operation minus veto", after_veto, OPERATION_AFTER_VETO_MIN, rule);
    checks.at_least("freeze_max", freeze, PUBLIC_FREEZE_MIN, Rule::FreezeTooShort);
    checks.at_most("freeze_max", freeze, PUBLIC_FREEZE_MAX, Rule::FreezeTooLong);
    checks.0
}

/// In base units, of which a whole coin or token has as many as its decimals say.
fn limits(asset: &Asset, config: &ICustody::Config) -> Vec<Broken> {
    let mut checks = Checks::default();
    let (cap, floor) = (U256::from(config.outflowCap), U256::from(config.outflowFloor));
    let whole = U256::from(10).saturating_pow(U256::from(asset.decimals()));
    let floor_min = whole.saturating_mul(U256::from(OUTFLOW_FLOOR_MIN));
    let cap_max = whole.saturating_mul(U256::from(match asset {
        Asset::Native => COIN_OUTFLOW_CAP_MAX,
        Asset::Token { .. } => TOKEN_OUTFLOW_CAP_MAX,
    }));
    checks.unless(floor >= floor_min, Rule::FloorTooLow, || {
        format!("floor is {floor}, and must be at least {floor_min}")
    });
    checks.unless(cap <= cap_max, Rule::CapTooHigh, || {
        format!("cap is {cap}, and must be at most {cap_max}")
    });
    let is_near = floor * U256::from(OUTFLOW_FLOOR_SHARE) >= cap;
    checks.unless(is_near, Rule::FloorTooFarBelowCap, || {
        format!("floor is {floor}, less than a {OUTFLOW_FLOOR_SHARE}th of the cap {cap}")
    });
    checks.0
}

#[derive(Default)]
struct Checks(Vec<Broken>);

impl Checks {
    fn unless(&mut self, holds: bool, rule: Rule, detail: impl FnOnce() -> String) {
        if !holds {
            let detail = detail();
            self.0.push(Broken { rule, detail });
        }
    }

    fn at_least(&mut self, name: &str, seconds: u32, min: u32, rule: Rule) {
        self.unless(seconds >= min, rule, || {
            format!("{name} is {seconds} s, and must be at least {min} s")
        });
    }

    fn at_most(&mut self, name: &str, seconds: u32, max: u32, rule: Rule) {
        self.unless(seconds <= max, rule, || {
            format!("{name} is {seconds} s, and must be at most {max} s")
        });
    }
}

#[cfg(test)]
mod tests;
