//! Tests of `chance`.

use super::*;

fn faults(seed: u64, replica: usize, method: &str) -> Vec<String> {
    (0..1_000)
        .map(|nth| {
            let request = Nth { replica, method, nth };
            format!("{:?}", decide(seed, Rates::BAD_DAY, request))
        })
        .collect()
}

#[test]
fn the_same_seed_meets_the_same_faults_and_another_one_others() {
    let method = "eth_getLogs";
    assert_eq!(faults(1, 0, method), faults(1, 0, method));
    assert_ne!(faults(1, 0, method), faults(2, 0, method));
    assert_ne!(faults(1, 0, method), faults(1, 1, method));
    assert_ne!(faults(1, 0, method), faults(1, 0, "eth_getBlockByHash"));
}

#[test]
fn faults_are_as_frequent_as_their_rates() {
    let met = |name: &str| {
        let all = (0..20_000).filter_map(|nth| {
            let request = Nth {
                replica: 0,
                method: "eth_getLogs",
                nth,
            };
            decide(7, Rates::BAD_DAY, request)
        });
        all.filter(|fault| fault.name() == name).count()
    };
    // 60, 20 and 40 of a thousand, in twenty thousand.
    for (name, expected) in [("delay", 1_200), ("empty", 400), ("drop_after", 800)] {
        let met = met(name);
        assert!(
            (expected * 8 / 10..expected * 12 / 10).contains(&met),
            "{name}: {met}"
        );
    }
}

#[test]
fn what_steers_the_chain_never_fails() {
    assert!(faults(1, 0, "anvil_mine").iter().all(|fault| fault == "None"));
}

#[test]
fn a_raw_transaction_is_never_stale_and_only_it_is_swallowed() {
    assert!(
        faults(3, 0, "eth_sendRawTransaction")
            .iter()
            .all(|fault| !fault.contains("Stale"))
    );
    assert!(
        faults(3, 0, "eth_sendRawTransaction")
            .iter()
            .any(|fault| fault.contains("swallow"))
    );
    assert!(
        faults(3, 0, "eth_call")
            .iter()
            .all(|fault| !fault.contains("swallow"))
    );
}
