//! Calls that are tried before they are sent.

use abi::ICustody::{self, ICustodyErrors};
use abi::development;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use chain::{Call, CallError, Revert};
use rpcsim::{Fault, View};

use crate::world::{World, address};

fn call(to: Address, from: Address, value: u128, input: &impl SolCall) -> Call {
    Call {
        from,
        to,
        value,
        input: input.abi_encode().into(),
        gas_limit: None,
    }
}

fn fund(contract: Address) -> Call {
    call(
        contract,
        address(20),
        50_000_000_000_000_000,
        &ICustody::fundCall {},
    )
}

#[tokio::test]
async fn a_call_that_would_be_executed_is_estimated_without_being_sent() {
    let world = World::start(2).await;
    let contract = world.deploy().await.address;
    let gas = world.sender.estimate_gas(&fund(contract)).await.unwrap();
    assert!((21_000..200_000).contains(&gas), "{gas}");
    assert!(world.sender.simulate(&fund(contract)).await.unwrap().is_empty());
    assert!(world.sim.raw_transactions().is_empty());
}

#[tokio::test]
async fn an_error_of_the_contract_is_told_with_its_values() {
    let world = World::start(1).await;
    let contract = world.deploy().await.address;
    let odd = call(contract, address(20), 5, &ICustody::fundCall {});
    for result in [
        world.sender.estimate_gas(&odd).await.map(drop),
        world.sender.simulate(&odd).await.map(drop),
    ] {
        let Err(CallError::Reverted(Revert::Custody(error))) = &result else {
            panic!("{result:?}");
        };
        let expected = ICustody::NotWholeGwei {
            amount: U256::from(5),
        };
        assert_eq!(**error, ICustodyErrors::NotWholeGwei(expected));
    }
}

#[tokio::test]
async fn an_error_of_a_library_is_told_by_its_name() {
    let world = World::start(1).await;
    let contract = world.deploy().await.address;
    let input = ICustody::revokeSignerCall {
        signer: development::SIGNER.address,
    };
    let stranger = call(contract, address(20), 0, &input);
    let result = world.sender.simulate(&stranger).await;
    let Err(CallError::Reverted(revert)) = &result else {
        panic!("{result:?}");
    };
    assert_eq!(revert.name(), "AccessControlUnauthorizedAccount");
}

#[tokio::test]
async fn a_sender_without_money_is_refused_and_does_not_revert() {
    let world = World::start(1).await;
    let contract = world.deploy().await.address;
    let poor = call(
        contract,
        Address::repeat_byte(9),
        5_000_000_000,
        &ICustody::fundCall {},
    );
    let result = world.sender.estimate_gas(&poor).await;
    assert!(
        matches!(&result, Err(CallError::Refused { message, .. }) if message.to_lowercase().contains("insufficient funds")),
        "{result:?}"
    );
}

#[tokio::test]
async fn what_one_node_knows_to_revert_counts_and_a_node_that_fails_does_not() {
    let world = World::start(2).await;
    let contract = world.deploy().await.address;
    world.mine(1).await;
    world.sim.next_at(0, "eth_estimateGas", Fault::Status(500));
    assert!(world.sender.estimate_gas(&fund(contract)).await.is_ok());
    let reverted = Fault::Refuse {
        code: 3,
        message: "execution reverted".to_owned(),
    };
    world.sim.next_at(1, "eth_estimateGas", reverted);
    let result = world.sender.estimate_gas(&fund(contract)).await;
    assert!(matches!(result, Err(CallError::Reverted(_))), "{result:?}");
    world
        .sim
        .always("eth_estimateGas", Fault::refuse("header not found"));
    let result = world.sender.estimate_gas(&fund(contract)).await;
    assert!(matches!(result, Err(CallError::Chain(_))), "{result:?}");
    world.sim.clear();
    world.sim.set_view(0, View::Behind(1));
    assert!(world.sender.estimate_gas(&fund(contract)).await.is_ok());
}
