//! Faults by chance are the same in every run with the same seed.

use rpcsim::{Rates, Spec};
use serde_json::json;

use crate::world::{World, request};

/// Delays and stale views are left out: the first take time, the second change no short answer of an empty chain.
const RATES: Rates = Rates {
    delay: 0,
    stale: 0,
    ..Rates::BAD_DAY
};

async fn met(world: &World) -> Vec<Option<&'static str>> {
    for _ in 0..100 {
        let asked = request("eth_blockNumber", json!([]));
        // Whether it fails is the fault's matter.
        let _ = world.post(world.sim.url(), &asked).await;
    }
    world.sim.exchanges().iter().map(|one| one.fault).collect()
}

#[tokio::test]
async fn a_seed_repeats_a_run() {
    let first = World::start_with(|url| Spec::seeded(url, 11, RATES)).await;
    let second = World::start_with(|url| Spec::seeded(url, 11, RATES)).await;
    let other = World::start_with(|url| Spec::seeded(url, 12, RATES)).await;
    let (first, second, other) = tokio::join!(met(&first), met(&second), met(&other));
    assert!(first.iter().any(Option::is_some));
    assert_eq!(first, second);
    assert_ne!(first, other);
}

#[tokio::test]
async fn cleared_chance_leaves_no_faults() {
    let world = World::start_with(|url| Spec::seeded(url, 11, RATES)).await;
    world.sim.clear();
    assert!(met(&world).await.iter().all(Option::is_none));
}
