//! Tests of `config`.

use std::collections::BTreeSet;

use super::*;

/// A shipped plan.
const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plans/referral-campaign.toml");

const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn with(changes: &[(&str, &str)]) -> Result<Config, EnvError> {
    let callers = format!("api=registration:{ZERO}");
    let mut variables = vec![
        ("TRELLIS_DATABASE_URL", "postgres://x"),
        ("TRELLIS_RPC_URL", "http://x"),
        ("TRELLIS_CHAIN_ID", "56"),
        ("TRELLIS_CONTRACT", "0x00000000000000000000000000000000000000c0"),
        ("TRELLIS_KEYSTORE", "key"),
        ("TRELLIS_KEYSTORE_PASSWORD_FILE", "password"),
        ("TRELLIS_PLANS", PLAN),
        ("TRELLIS_CALLERS", &callers),
        ("TRELLIS_AMOUNT_MAX", "1000000000"),
        ("TRELLIS_BATCH_MAX", "1000000000"),
        ("TRELLIS_DAY_MAX", "1000000000"),
        ("TRELLIS_WALLET_DAY_MAX", "100000000"),
        ("TRELLIS_FIRST_PAYOUT_MAX", "10000000"),
        ("TRELLIS_ROOT_DAY_MAX", "1000000000"),
        ("TRELLIS_ROOT_UNSEEN_MAX", "0"),
        ("TRELLIS_LARGE_TOTAL", "100000000"),
        ("TRELLIS_LARGE_AGE_SECONDS", "3600"),
        ("TRELLIS_CLAIMS_PER_DAY_MAX", "1000"),
        ("TRELLIS_ATTESTORS", "0x00000000000000000000000000000000000000a7"),
    ];
    for change in changes {
        variables.retain(|(name, _)| name != &change.0);
        variables.push(*change);
    }
    Config::from_env(&Env::of(&variables))
}

fn named_by(result: Result<Config, EnvError>) -> String {
    match result {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.names().join(" "),
    }
}

#[test]
fn a_public_chain_needs_everything_and_takes_no_development_default() {
    assert_eq!(named_by(with(&[])), "nothing");
    for name in [
        "TRELLIS_DATABASE_URL",
        "TRELLIS_RPC_URL",
        "TRELLIS_CHAIN_ID",
        "TRELLIS_CONTRACT",
        "TRELLIS_KEYSTORE",
        "TRELLIS_KEYSTORE_PASSWORD_FILE",
        "TRELLIS_PLANS",
        "TRELLIS_CALLERS",
        "TRELLIS_AMOUNT_MAX",
        "TRELLIS_BATCH_MAX",
        "TRELLIS_DAY_MAX",
        "TRELLIS_WALLET_DAY_MAX",
        "TRELLIS_FIRST_PAYOUT_MAX",
        "TRELLIS_LARGE_TOTAL",
        "TRELLIS_LARGE_AGE_SECONDS",
        "TRELLIS_ATTESTORS",
    ] {
        assert_eq!(named_by(with(&[(name, "")])), name);
    }
    let key = "0x0000000000000000000000000000000000000000000000000000000000000001";
    let changes = [("TRELLIS_KEYSTORE", ""), ("TRELLIS_DEVELOPMENT_KEY", key)];
    assert_eq!(named_by(with(&changes)), "TRELLIS_DEVELOPMENT_KEY");
    assert_eq!(named_by(with(&changes[1..])), "TRELLIS_DEVELOPMENT_KEY");
    let known = hex::encode(crate::callers::key_hash(signer_client::DEVELOPMENT_CALLER_KEY));
    let known = format!("api=registration:{known}");
    assert_eq!(named_by(with(&[("TRELLIS_CALLERS", &known)])), "TRELLIS_CALLERS");
}

#[test]
fn a_local_chain_has_defaults_for_all_but_what_it_signs_for() {
    let key = "0x0000000000000000000000000000000000000000000000000000000000000001";
    let local = with(&[
        ("TRELLIS_CHAIN_ID", "31337"),
        ("TRELLIS_KEYSTORE", ""),
        ("TRELLIS_DEVELOPMENT_KEY", key),
        ("TRELLIS_CALLERS", ""),
        ("TRELLIS_AMOUNT_MAX", ""),
        ("TRELLIS_BATCH_MAX", ""),
        ("TRELLIS_DAY_MAX", ""),
        ("TRELLIS_WALLET_DAY_MAX", ""),
        ("TRELLIS_FIRST_PAYOUT_MAX", ""),
        ("TRELLIS_LARGE_TOTAL", ""),
        ("TRELLIS_LARGE_AGE_SECONDS", ""),
        ("TRELLIS_ATTESTORS", ""),
    ])
    .unwrap();
    assert_eq!(local.callers, CallerSpec::development(Purpose::Authorizations));
    assert!(!format!("{local:?}").contains("0001"), "the key is not shown");
}

#[test]
fn it_signs_for_the_hashes_of_the_plans_that_it_compiled() {
    let config = with(&[]).unwrap();
    let plan = plan::compile(&std::fs::read_to_string(PLAN).unwrap()).unwrap();
    let Policy::Authorizations { scope, .. } = config.policy else {
        panic!("another purpose");
    };
    assert_eq!(scope.plan_hashes, BTreeSet::from([plan.hash()]));
    let hashes = with(&[("TRELLIS_PLANS", ""), ("TRELLIS_PLAN_HASHES", ZERO)]);
    let refused = hashes.unwrap_err().to_string();
    assert!(
        refused.ends_with("name their files in TRELLIS_PLANS instead"),
        "{refused}"
    );
}

#[test]
fn each_purpose_needs_its_own_limits_and_callers() {
    let root = format!("worker=root:{ZERO}");
    let roots = [("TRELLIS_PURPOSE", "roots"), ("TRELLIS_CALLERS", &root)];
    assert_eq!(named_by(with(&roots)), "nothing");
    assert_eq!(named_by(with(&roots[..1])), "TRELLIS_CALLERS");
    assert_eq!(
        named_by(with(&[roots[0], roots[1], ("TRELLIS_PLANS", "")])),
        "TRELLIS_PLANS"
    );
    for name in [
        "TRELLIS_ROOT_DAY_MAX",
        "TRELLIS_ROOT_UNSEEN_MAX",
        "TRELLIS_ATTESTORS",
    ] {
        assert_eq!(named_by(with(&[roots[0], roots[1], (name, "")])), name);
    }
    let sender = format!("worker=transaction:{ZERO}");
    let transactions = |name: &'static str, value: &'static str| {
        named_by(with(&[
            ("TRELLIS_PURPOSE", "transactions"),
            ("TRELLIS_CALLERS", &sender),
            ("TRELLIS_PLANS", ""),
            ("TRELLIS_FEE_PER_GAS_MAX", "1000"),
            (name, value),
        ]))
    };
    for (name, value, named) in [
        ("TRELLIS_TIP_PER_GAS_MAX", "1000", "nothing"),
        ("TRELLIS_TIP_PER_GAS_MAX", "1001", "TRELLIS_TIP_PER_GAS_MAX"),
        ("TRELLIS_GAS_LIMIT_MAX", "16777216", "nothing"),
        ("TRELLIS_GAS_LIMIT_MAX", "16777217", "TRELLIS_GAS_LIMIT_MAX"),
        ("TRELLIS_FEE_PER_GAS_MAX", "", "TRELLIS_FEE_PER_GAS_MAX"),
        ("TRELLIS_CLAIMS_PER_DAY_MAX", "", "TRELLIS_CLAIMS_PER_DAY_MAX"),
    ] {
        assert_eq!(transactions(name, value), named, "{name}={value}");
    }
}

#[test]
fn another_purpose_and_malformed_lists_are_refused() {
    for (name, value) in [
        ("TRELLIS_PURPOSE", "everything"),
        ("TRELLIS_DAY_MAX", "999999999"),
        ("TRELLIS_WALLET_DAY_MAX", "1000000001"),
        ("TRELLIS_ATTESTORS", "somebody"),
        ("TRELLIS_ATTESTATION_AGE_MAX_SECONDS", "9"),
        ("TRELLIS_BATCH_MAX", "-1"),
        ("TRELLIS_PLANS", "/nowhere/plan.toml"),
        ("TRELLIS_PLANS", "/dev/zero"),
        (
            "TRELLIS_PLANS",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ),
        ("TRELLIS_PLAN_HASHES", ZERO),
        ("TRELLIS_JURISDICTION", "XX"),
        ("TRELLIS_CALLERS", "api"),
        ("TRELLIS_CONTRACT", "0x0000000000000000000000000000000000000000"),
        ("TRELLIS_REQUESTS_PER_SECOND", "0"),
    ] {
        assert_eq!(named_by(with(&[(name, value)])), name);
    }
}
