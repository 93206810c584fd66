//! Tests of `config`.

use super::*;

const COMPLETE: [(&str, &str); 5] = [
    ("TRELLIS_DATABASE_URL", "postgres://u:hush@h/d"),
    ("TRELLIS_RPC_URL", "http://a, http://b"),
    ("TRELLIS_BATCH_SIGNER_URL", "http://e"),
    ("TRELLIS_ROOT_SIGNER_URL", "http://c"),
    ("TRELLIS_TRANSACTION_SIGNER_URL", "http://d"),
];

fn deployed(chain_id: u64) -> Deployment {
    Deployment {
        chain_id,
        contract: Address::repeat_byte(1),
        contract_block: 1,
        contract_block_hash: B256::ZERO,
        asset: "BNB".to_owned(),
        plan_hash: B256::repeat_byte(2),
        plan_text: String::new(),
    }
}

#[test]
fn the_addresses_are_required_and_several_nodes_may_be_named() {
    let config = Config::read(&Env::of(&COMPLETE)).unwrap();
    assert_eq!(config.rpc_urls, ["http://a", "http://b"]);
    for missing in 0..COMPLETE.len() {
        let mut pairs = COMPLETE.to_vec();
        pairs.remove(missing);
        assert!(Config::read(&Env::of(&pairs)).is_err());
    }
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn times_out_of_their_range_are_refused() {
    for (name, bad) in [
        ("TRELLIS_POLL_MS", "251"),
        ("TRELLIS_POLL_MS", "0"),
        ("TRELLIS_LEASE_TTL_MS", "100"),
        ("TRELLIS_ROOT_LIFE_SECONDS", "3601"),
        ("TRELLIS_RPC_URL", "http://a,"),
    ] {
        let pairs: Vec<_> = COMPLETE
            .into_iter()
            .filter(|pair| pair.0 != name)
            .chain([(name, bad)])
            .collect();
        assert!(Config::read(&Env::of(&pairs)).is_err(), "{name} {bad}");
    }
}

#[test]
fn on_a_public_chain_nothing_is_defaulted_and_no_key_is_public_knowledge() {
    let config = Config::read(&Env::of(&COMPLETE)).unwrap();
    assert_eq!(config.check(&deployed(31_337)), Ok(()));
    assert!(config.check(&deployed(56)).is_err());
    let contract = Address::repeat_byte(1).to_string();
    let plan = B256::repeat_byte(2).to_string();
    let secret = "0f".repeat(32);
    let elsewhere = COMPLETE;
    let mut pairs = vec![
        (
            "TRELLIS_DATABASE_URL",
            "postgres://u@db.internal/d?sslmode=verify-full",
        ),
        ("TRELLIS_RPC_URL", "https://a, https://b"),
        ("TRELLIS_BATCH_SIGNER_URL", "https://e"),
        ("TRELLIS_ROOT_SIGNER_URL", "https://c"),
        ("TRELLIS_TRANSACTION_SIGNER_URL", "http://127.0.0.1:1"),
    ];
    pairs.extend([
        ("TRELLIS_CHAIN_ID", "56"),
        ("TRELLIS_CONTRACT", &contract),
        ("TRELLIS_PLAN_HASH", &plan),
        ("TRELLIS_SUBMITTER", &contract),
        ("TRELLIS_BATCH_SIGNER_KEY", &secret),
        ("TRELLIS_ROOT_SIGNER_KEY", &secret),
        ("TRELLIS_TRANSACTION_SIGNER_KEY", &secret),
    ]);
    let config = Config::read(&Env::of(&pairs)).unwrap();
    assert_eq!(config.check(&deployed(56)), Ok(()));
    for name in [0, 2, 3, 4].map(|index: usize| elsewhere[index].0) {
        let mut pairs = pairs.clone();
        pairs.retain(|pair| pair.0 != name);
        pairs.extend(elsewhere.iter().filter(|pair| pair.0 == name));
        let config = Config::read(&Env::of(&pairs)).unwrap();
        let refused = config.check(&deployed(56));
        assert!(
            matches!(refused, Err(WrongLedger::Transport(_))),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(config.check(&deployed(97)), Err(WrongLedger::Differs("chain")));
    let mut one = pairs.clone();
    one[1].1 = "http://a";
    let alone = Config::read(&Env::of(&one)).unwrap();
    let too_few = Err(WrongLedger::TooFewEndpoints { chain_id: 56 });
    assert_eq!(alone.check(&deployed(56)), too_few);
    pairs.pop();
    pairs.push(("TRELLIS_TRANSACTION_SIGNER_KEY", DEVELOPMENT_CALLER_KEY));
    let config = Config::read(&Env::of(&pairs)).unwrap();
    assert_eq!(config.check(&deployed(56)), Err(WrongLedger::DevelopmentKey));
}
