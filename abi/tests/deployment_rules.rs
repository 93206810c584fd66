//! The rules of a deployment by vectors that the forge tests read, too: both deployers refuse the same for the same reason.

use abi::ICustody;
use abi::deploy::{Asset, rules};
use alloy::primitives::Address;
use alloy::primitives::aliases::U96;
use serde::Deserialize;
use std::collections::BTreeMap;

const VECTORS: &str = include_str!("../vectors/deployment-rules.json");

#[derive(Deserialize)]
struct Vectors {
    base: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    /// The first broken rule; empty when none is.
    code: String,
    chain: u64,
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    field: String,
    value: String,
}

fn config(fields: &BTreeMap<String, String>) -> ICustody::Config {
    let account = |name: &str| -> Address { fields[name].parse().expect("an address") };
    let seconds = |name: &str| -> u32 { fields[name].parse().expect("seconds") };
    let amount = |name: &str| -> U96 { fields[name].parse().expect("an amount") };
    ICustody::Config {
        admin: account("admin"),
        guardian: account("guardian"),
        freezer: account("freezer"),
        treasurer: account("treasurer"),
        submitter: account("submitter"),
        signer: account("signer"),
        rootSigner: account("root_signer"),
        coolingOff: seconds("cooling_off"),
        vetoDelay: seconds("veto"),
        operationDelay: seconds("operation"),
        maxFreeze: seconds("freeze_max"),
        outflowCap: amount("outflow_cap"),
        outflowFloor: amount("outflow_floor"),
        predecessor: match fields["predecessor"].as_str() {
            "" => Address::ZERO,
            predecessor => predecessor.parse().expect("an address"),
        },
    }
}

/// The token of a case that names one; the base names none.
fn asset(fields: &BTreeMap<String, String>) -> Asset {
    match fields["token"].as_str() {
        "" => Asset::Native,
        token => Asset::Token {
            address: token.parse().expect("an address"),
            decimals: fields["decimals"].parse().expect("decimals"),
        },
    }
}

#[test]
fn every_vector_breaks_first_the_rule_that_it_names() {
    let vectors: Vectors = serde_json::from_str(VECTORS).expect("vectors");
    for (number, case) in vectors.cases.iter().enumerate() {
        let mut fields = vectors.base.clone();
        for change in &case.changes {
            let before = fields.insert(change.field.clone(), change.value.clone());
            assert!(before.is_some(), "case {number} changes an unknown field");
        }
        let broken = rules::broken(case.chain, &asset(&fields), &config(&fields));
        let first = broken.first().map_or("", |broken| broken.rule.name());
        assert_eq!(first, case.code, "case {number}");
    }
}
