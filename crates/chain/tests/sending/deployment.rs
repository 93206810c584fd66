//! Code: what is at an address, and what a constructor would put there.

use abi::deploy::runtime::{self, Difference};
use abi::deploy::{Asset, deterministic};
use abi::development;
use alloy::primitives::{Address, Bytes};
use chain::{At, CallError, ChainReader};
use devstack::anvil::CHAIN_ID;

use crate::world::World;

#[tokio::test]
async fn the_code_that_a_constructor_would_give_moved_to_its_place_is_the_deployed_code() {
    let world = World::start(1).await;
    let deployed = world.deploy().await;
    let reader = ChainReader::connect(&world.rpc_url(), deployed.address).unwrap();
    let actual = reader.code(At::Latest).await.unwrap();
    let mut config = development::config();
    let tried = world
        .sender
        .try_creation(&Asset::Native.creation_code(&config))
        .await
        .unwrap();
    let expected = runtime::at(deployed.address, CHAIN_ID, &tried);
    assert_eq!(runtime::difference(&Asset::Native, &expected, &actual), None);
    assert_ne!(tried, actual, "the place is part of the code");

    config.freezer = Address::repeat_byte(9);
    let tried = world
        .sender
        .try_creation(&Asset::Native.creation_code(&config))
        .await
        .unwrap();
    let other = runtime::at(deployed.address, CHAIN_ID, &tried);
    assert_eq!(
        runtime::difference(&Asset::Native, &other, &actual),
        Some(Difference::FixedValues { places: 1 })
    );
}

#[tokio::test]
async fn a_constructor_that_refuses_is_heard() {
    let world = World::start(2).await;
    let mut config = development::config();
    config.admin = Address::ZERO;
    let refused = world
        .sender
        .try_creation(&Asset::Native.creation_code(&config))
        .await;
    let Err(CallError::Reverted(revert)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(revert.name(), "ZeroAddress");
}

#[tokio::test]
async fn a_local_chain_has_the_deployment_proxy_and_no_code_where_nothing_is() {
    let world = World::start(2).await;
    let proxy = world.sender.code(deterministic::PROXY, At::Latest).await.unwrap();
    assert_eq!(proxy, Bytes::from_static(&deterministic::PROXY_CODE));
    let nothing = world
        .sender
        .code(Address::repeat_byte(1), At::Latest)
        .await
        .unwrap();
    assert!(nothing.is_empty());
}
