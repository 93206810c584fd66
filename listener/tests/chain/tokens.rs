//! A contract for a token is not followed.

use abi::deploy::Asset;
use abi::development;
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use devstack::{Checkout, artifact};
use listener::{Halt, Listener, StepError};

use crate::world::World;

async fn create(world: &World, code: Vec<u8>) -> Address {
    let request = TransactionRequest::default()
        .with_from(development::DEPLOYER.address)
        .with_deploy_code(code);
    world.provider.anvil_set_auto_mine(true).await.unwrap();
    let pending = world.provider.send_transaction(request).await.unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    world.provider.anvil_set_auto_mine(false).await.unwrap();
    receipt.contract_address.unwrap()
}

#[tokio::test]
async fn a_contract_for_a_token_is_refused_for_good_and_nothing_is_recorded() {
    let world = World::start().await;
    let token = artifact::token_code(&Checkout::find().unwrap(), "FalseToken").unwrap();
    let address = create(&world, token).await;
    let form = Asset::Token { address, decimals: 6 };
    let code = form.creation_code(&development::config());
    let mut deployment = world.deployment.clone();
    deployment.contract = create(&world, code.into()).await;
    let pool = store::connect(&world.database.url_as("trellis_listener"), 2)
        .await
        .unwrap();
    let reader = chain::ChainReader::connect(&world.rpc_url(), deployment.contract).unwrap();
    let listener = Listener::of(pool, vec![reader], 1, deployment, "a test".to_owned()).await;
    let Err(StepError::Halt(halt @ Halt::TokenForm { token })) = listener else {
        panic!("a listener for a token");
    };
    assert_eq!(token, address);
    assert!(halt.to_string().starts_with("token_form_unsupported: "), "{halt}");
    assert_eq!(halt.exit_code(), 7);
    assert_eq!(world.count("SELECT count(*) FROM checkpoint").await, 0);
}
