//! Many at once under one business key.

use std::collections::BTreeSet;
use std::sync::Arc;

use money::Amount;

use crate::world::{World, word};

const RACERS: u8 = 16;

#[tokio::test]
async fn racers_with_the_same_terms_get_one_signature() {
    let world = Arc::new(World::start().await);
    let terms = world.registration(20, 1).await;
    let racers = (0..RACERS).map(|_| {
        let (world, terms) = (world.clone(), terms.clone());
        tokio::spawn(async move { world.ask(&terms).await })
    });
    let mut signatures = BTreeSet::new();
    for racer in racers.collect::<Vec<_>>() {
        signatures.insert(racer.await.unwrap().unwrap().signature.to_vec());
    }
    assert_eq!(signatures.len(), 1);
    assert_eq!(world.count("signer.sign_request").await, 1);
    assert_eq!(world.count("signer.signature").await, 1);
}

#[tokio::test]
async fn of_racers_with_different_terms_one_is_signed() {
    let world = Arc::new(World::start().await);
    let terms = world.registration(20, 1).await;
    let racers = (1..=RACERS).map(|gwei| {
        let (world, mut terms) = (world.clone(), terms.clone());
        terms.amount = Amount::new(u128::from(gwei) * 1_000_000_000);
        tokio::spawn(async move { word(&world.ask(&terms).await) })
    });
    let mut words = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        words.push(racer.await.unwrap());
    }
    words.sort();
    // The first that comes too late pauses the key for all others.
    let mut expected = vec!["equivocation"];
    expected.extend(vec!["key_paused"; usize::from(RACERS) - 2]);
    expected.push("signed");
    assert_eq!(words, expected);
    assert_eq!(world.count("signer.sign_request").await, 1);
    assert_eq!(world.count("signer.signature").await, 1);
}
