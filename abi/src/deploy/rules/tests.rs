//! Every rule at its bound, below it and above it.

use super::*;
use alloy::primitives::aliases::U96;

const LOCAL: u64 = 31_337;
const PUBLIC: u64 = 56;
/// Base units of a coin.
const COIN: u128 = 1_000_000_000_000_000_000;

fn good() -> ICustody::Config {
    let account = |byte| Address::repeat_byte(byte);
    ICustody::Config {
        admin: account(1),
        guardian: account(2),
        freezer: account(3),
        treasurer: account(4),
        submitter: account(5),
        signer: account(6),
        rootSigner: account(7),
        coolingOff: COOLING_OFF_MIN,
        vetoDelay: VETO_MIN,
        operationDelay: OPERATION_MIN,
        maxFreeze: PUBLIC_FREEZE_MIN,
        outflowCap: U96::from(COIN * OUTFLOW_FLOOR_SHARE),
        outflowFloor: U96::from(COIN),
        predecessor: Address::ZERO,
    }
}

fn codes(chain_id: u64, change: impl FnOnce(&mut ICustody::Config)) -> Vec<&'static str> {
    let mut config = good();
    change(&mut config);
    codes_of(chain_id, Asset::Native, &config)
}

fn codes_of(chain_id: u64, asset: Asset, config: &ICustody::Config) -> Vec<&'static str> {
    let found = broken(chain_id, &asset, config);
    found.iter().map(|broken| broken.rule.name()).collect()
}

fn none() -> Vec<&'static str> {
    Vec::new()
}

#[test]
fn a_configuration_at_every_minimum_may_be_deployed() {
    assert_eq!(codes(PUBLIC, |_| {}), none());
    assert_eq!(codes(LOCAL, |_| {}), none());
}

#[test]
fn the_development_configuration_is_for_local_chains_only() {
    let config = development::config();
    assert_eq!(broken(LOCAL, &Asset::Native, &config), []);
    assert_eq!(broken(1_337, &Asset::Native, &config), []);
    let found: Vec<_> = broken(PUBLIC, &Asset::Native, &config)
        .iter()
        .map(|broken| broken.rule)
        .collect();
    assert_eq!(
        found,
        [Rule::KeyIsPublic, Rule::CapTooHigh, Rule::FloorTooFarBelowCap]
    );
}

#[test]
fn the_rules_of_the_contract_hold_on_every_chain() {
    for chain in [LOCAL, PUBLIC] {
        assert!(codes(chain, |c| c.freezer = Address::ZERO).contains(&"zero_address"));
        assert!(codes(chain, |c| c.coolingOff = COOLING_OFF_MAX + 1).contains(&"cooling_off_too_long"));
        assert!(!codes(chain, |c| c.coolingOff = COOLING_OFF_MAX).contains(&"cooling_off_too_long"));
        assert!(codes(chain, |c| c.vetoDelay = c.operationDelay).contains(&"veto_not_before_operation"));
        assert!(codes(chain, |c| c.maxFreeze = c.vetoDelay).contains(&"freeze_not_before_veto"));
        let freeze = |days| move |c: &mut ICustody::Config| c.maxFreeze = days;
        assert!(codes(chain, freeze(FREEZE_MAX + 1)).contains(&"freeze_too_long"));
        assert!(codes(chain, |c| c.outflowFloor = U96::ONE).contains(&"floor_too_low"));
        assert!(codes(chain, |c| c.outflowFloor = c.outflowCap + U96::ONE).contains(&"floor_above_cap"));
    }
}

#[test]
fn on_public_chains_every_bound_is_kept_to_the_second() {
    type Change = fn(&mut ICustody::Config);
    let cases: [(&str, Change); 8] = [
        ("cooling_off_too_short", |c| c.coolingOff -= 1),
        ("veto_too_short", |c| c.vetoDelay -= 1),
        ("freeze_too_short", |c| c.maxFreeze -= 1),
        ("veto_too_long", |c| {
            c.operationDelay = OPERATION_MAX;
            c.vetoDelay = VETO_MAX + 1;
        }),
        ("operation_too_long", |c| c.operationDelay = OPERATION_MAX + 1),
        ("operation_too_soon_after_veto", |c| c.vetoDelay += 1),
        ("cap_too_high", |c| {
            c.outflowCap = U96::from(COIN * COIN_OUTFLOW_CAP_MAX + 1);
            c.outflowFloor = c.outflowCap;
        }),
        ("floor_too_far_below_cap", |c| c.outflowCap += U96::ONE),
    ];
    for (code, change) in cases {
        assert_eq!(codes(PUBLIC, change), [code]);
        assert_eq!(codes(LOCAL, change), none(), "{code}");
    }
    // A freeze is shorter than the veto delay, whose own bound is the same.
    assert_eq!(
        codes(PUBLIC, |c| {
            c.operationDelay = OPERATION_MAX;
            c.vetoDelay = VETO_MAX + 2;
            c.maxFreeze = PUBLIC_FREEZE_MAX + 1;
        }),
        ["freeze_too_long", "veto_too_long"]
    );
    assert_eq!(
        codes(PUBLIC, |c| c.operationDelay -= 1),
        ["operation_too_short", "operation_too_soon_after_veto"]
    );
    assert_eq!(
        codes(PUBLIC, |c| c.outflowFloor -= U96::ONE),
        ["floor_too_low", "floor_too_far_below_cap"]
    );
    let widest = |c: &mut ICustody::Config| {
        c.vetoDelay = VETO_MAX;
        c.operationDelay = OPERATION_MAX;
        c.maxFreeze = PUBLIC_FREEZE_MAX - 1;
        c.coolingOff = COOLING_OFF_MAX;
        c.outflowCap = U96::from(COIN * COIN_OUTFLOW_CAP_MAX);
        c.outflowFloor = c.outflowCap;
    };
    assert_eq!(codes(PUBLIC, widest), none());
}

#[test]
fn on_public_chains_no_two_roles_are_one_account_and_no_key_is_known() {
    let all = roles(&good());
    for (i, (_, first)) in all.iter().enumerate() {
        for (_, second) in &all[i + 1..] {
            let mut holders = all;
            for holder in &mut holders {
                if holder.1 == *second {
                    holder.1 = *first;
                }
            }
            let found = people(&holders);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].rule, Rule::RolesNotDistinct);
        }
    }
    assert_eq!(codes(PUBLIC, |c| c.admin = c.signer), ["roles_not_distinct"]);
    assert_eq!(codes(LOCAL, |c| c.admin = c.signer), none());
    let known = development::ROOT_SIGNER.address;
    assert_eq!(codes(PUBLIC, |c| c.rootSigner = known), ["key_is_public"]);
}

/// A token that nobody holds a role by.
fn token(decimals: u8) -> Asset {
    Asset::Token {
        address: Address::repeat_byte(8),
        decimals,
    }
}

/// Cap and floor in base units.
fn limited(cap: u128, floor: u128) -> ICustody::Config {
    ICustody::Config {
        outflowCap: U96::from(cap),
        outflowFloor: U96::from(floor),
        ..good()
    }
}

#[test]
fn limits_of_a_token_are_counted_in_whole_ones_by_its_own_decimals() {
    for decimals in [1, 6, 8, 18] {
        let whole = 10_u128.pow(decimals.into());
        let codes = |cap, floor| codes_of(PUBLIC, token(decimals), &limited(cap, floor));
        let most = whole * TOKEN_OUTFLOW_CAP_MAX;
        assert_eq!(codes(whole, whole), none(), "{decimals}");
        assert_eq!(codes(most, most), none(), "{decimals}");
        assert_eq!(codes(most + 1, most), ["cap_too_high"], "{decimals}");
        assert_eq!(codes(whole, whole - 1)[0], "floor_too_low", "{decimals}");
        assert_eq!(
            codes_of(LOCAL, token(decimals), &limited(most + 1, 2)),
            none(),
            "{decimals}"
        );
    }
    // A million coins in wei, for a token of six decimals.
    let coins = COIN * COIN_OUTFLOW_CAP_MAX;
    assert_eq!(
        codes_of(PUBLIC, token(6), &limited(coins, coins)),
        ["cap_too_high"]
    );
    // A thousand tokens that were not written in base units.
    assert_eq!(
        codes_of(PUBLIC, token(6), &limited(1_000, 1_000)),
        ["floor_too_low"]
    );
}

#[test]
fn a_token_of_more_decimals_than_amounts_have_room_for_is_refused_everywhere() {
    for chain in [LOCAL, PUBLIC] {
        let whole = 10_u128.pow(DECIMALS_MAX.into());
        assert_eq!(
            codes_of(chain, token(DECIMALS_MAX), &limited(whole, whole)),
            none()
        );
        for decimals in [DECIMALS_MAX + 1, u8::MAX] {
            let found = codes_of(chain, token(decimals), &limited(whole, whole));
            assert_eq!(found[0], "decimals_too_many", "{decimals}");
        }
    }
}

#[test]
fn the_token_is_somebody_and_has_no_role() {
    let config = good();
    for chain in [LOCAL, PUBLIC] {
        let codes = |address| {
            let decimals = 18;
            codes_of(chain, Asset::Token { address, decimals }, &config)
        };
        assert_eq!(codes(Address::ZERO), ["zero_address"]);
        for (_, holder) in roles(&config) {
            assert_eq!(codes(holder), ["asset_has_a_role"]);
        }
        assert_eq!(codes(Address::repeat_byte(8)), none());
    }
}
