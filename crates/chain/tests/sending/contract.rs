//! What settlement reads of the contract.

use chain::{AccountState, At, ChainError, ChainReader};

use crate::world::{World, address};

#[tokio::test]
async fn a_user_whom_the_contract_does_not_know_has_an_empty_account() {
    let world = World::start(1).await;
    let contract = world.deploy().await.address;
    let reader = ChainReader::connect(world.sim.url(), contract).unwrap();
    let account = reader.account(address(20), At::Latest).await.unwrap();
    let unknown = AccountState {
        paid: 0,
        credit: 0,
        frozen_until: 0,
    };
    assert_eq!(account, unknown);
    assert!(!account.is_registered() && !account.is_frozen(0));
}

#[tokio::test]
async fn where_there_is_no_contract_nothing_is_read() {
    let world = World::start(1).await;
    let reader = ChainReader::connect(world.sim.url(), address(20)).unwrap();
    let account = reader.account(address(20), At::Latest).await;
    assert!(
        matches!(account, Err(ChainError::Malformed { .. })),
        "{account:?}"
    );
}
