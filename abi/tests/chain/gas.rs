//! What batches cost: recipients that exist, that do not exist yet, and that burn all they are given.

use abi::payouts::Payout;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol_types::SolValue;

use crate::world::{World, account};

const BNB: u128 = 1_000_000_000_000_000_000;
const GWEI: u128 = 1_000_000_000;

/// Code that burns all the gas it is given.
const BURNER: [u8; 4] = [0x5b, 0x5f, 0x56, 0x00];

/// Upper bounds, little above what was measured: a change that makes batches dearer is seen.
const BATCH_OF_300_GAS: u64 = 300 * 17_200;
const BATCH_OF_300_NEW_GAS: u64 = 13_000_000;
const BATCH_OF_300_BURNERS_GAS: u64 = 10_000_000;

#[tokio::test]
async fn the_largest_batches_cost_what_they_may() {
    let world = World::start().await;
    world.fund(2_000 * BNB).await;
    let mut users: Vec<Address> = (0..300).map(account).collect();
    users.sort_unstable();
    world.register_many(&users, U256::from(BNB)).await;
    let entries = |count: usize, target: u128| -> Vec<Payout> {
        let odd = |index: usize| u128::try_from(index * 7_919 % 99_991).expect("small") * GWEI;
        users[..count]
            .iter()
            .enumerate()
            .map(|(index, user)| Payout {
                user: *user,
                target: target + odd(index),
            })
            .collect()
    };
    let mut target = BNB / 10;
    let mut cost = Vec::new();
    for count in [1, 100, 300] {
        let receipt = world
            .pay(keccak256(U256::from(count).abi_encode()), &entries(count, target))
            .await;
        println!(
            "batch of {count}: {} gas, {} each",
            receipt.gas_used,
            receipt.gas_used / count as u64
        );
        cost.push(receipt.gas_used);
        target += BNB / 10;
    }
    assert!(cost[2] <= BATCH_OF_300_GAS, "{} gas", cost[2]);

    for user in &users {
        world
            .cheat("anvil_setCode", (user, Bytes::from_static(&BURNER)))
            .await;
    }
    let receipt = world.pay(keccak256("burners"), &entries(300, target)).await;
    println!("batch of 300 that burn their gas: {} gas", receipt.gas_used);
    assert!(receipt.gas_used <= BATCH_OF_300_BURNERS_GAS, "{receipt:?}");

    for user in &users {
        world.cheat("anvil_setCode", (user, Bytes::new())).await;
        world.cheat("anvil_setBalance", (user, U256::ZERO)).await;
        world.cheat("anvil_setNonce", (user, U256::ZERO)).await;
    }
    let receipt = world
        .pay(keccak256("new accounts"), &entries(300, target + BNB / 10))
        .await;
    println!("batch of 300 new accounts: {} gas", receipt.gas_used);
    assert!(receipt.gas_used <= BATCH_OF_300_NEW_GAS, "{receipt:?}");
}
