//! The exported bytecode, the bindings, the typed data and the journal against a real chain. Here: intake; what pays is in
//! `settlement`, what it costs in `gas`.

mod gas;
mod history;
mod settlement;
mod world;

use abi::{CustodyEvent, ICustody, Journal, deploy, development, events};
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::rpc::types::Log;

use crate::world::World;

/// Upper bounds of what the calls cost, some percent above what was measured: a change that makes them dearer is seen.
const REGISTER_GAS: u64 = 110_000;
const RETOPUP_GAS: u64 = 90_000;
const REFUND_GAS: u64 = 60_000;

#[tokio::test]
async fn a_registration_a_retopup_and_a_refund_go_through_and_the_journal_folds_to_the_head() {
    let world = World::start().await;
    let contract = ICustody::new(world.custody.address, world.provider.clone());
    let config = contract.config().call().await.expect("a configuration");
    assert_eq!(config, development::config());

    let price = U256::from(20_000_000_000_000_000_000_u128);
    // The first intake of a day pays for its bucket; the others are what it costs usually.
    let (_, first) = world.register(world.users[0], price).await;
    let user = world.users[1];
    let (reference, registered) = world.register(user, price).await;
    let retopped = world.retopup(user, price).await;
    let refunded = world
        .send(
            user,
            U256::ZERO,
            ICustody::refundCall {
                r#ref: reference,
                to: user,
            },
        )
        .await;
    println!("first register of a day: {} gas", first.gas_used);
    for receipt in [&first, &registered, &retopped, &refunded] {
        assert!(receipt.status(), "{receipt:?}");
    }
    for (call, receipt, bound) in [
        ("register", &registered, REGISTER_GAS),
        ("retopup", &retopped, RETOPUP_GAS),
        ("refund", &refunded, REFUND_GAS),
    ] {
        println!("{call}: {} gas", receipt.gas_used);
        assert!(receipt.gas_used <= bound, "{call} costs {} gas", receipt.gas_used);
    }

    let logs = world.logs().await;
    let decoded: Vec<CustodyEvent> = logs
        .iter()
        .filter_map(|log| events::decode(log.data()).expect("an event of the contract"))
        .collect();
    assert!(
        matches!(&decoded[..], [
            CustodyEvent::RegistrationAccepted(_),
            CustodyEvent::RegistrationAccepted(second),
            CustodyEvent::RetopupCompleted(_),
            CustodyEvent::DepositRefunded(last),
        ] if second.user == user && last.amount == price),
        "{decoded:?}"
    );
    let folded = Journal::default()
        .fold(logs.iter().map(Log::data))
        .expect("contiguous");
    let head = contract.journalHead().call().await.expect("a head");
    assert_eq!((folded.seq, folded.root), (head.seq, head.root));
    assert_eq!(folded.seq, 4);

    let totals = contract.totals().call().await.expect("totals");
    let balance = world
        .provider
        .get_balance(world.custody.address)
        .await
        .expect("a balance");
    assert_eq!((totals.escrowed, balance), (price + price, price + price));
}

#[tokio::test]
async fn a_configuration_that_breaks_a_rule_is_not_deployed() {
    let world = World::start().await;
    let mut config = development::config();
    config.vetoDelay = config.operationDelay;
    let result = deploy::deploy(world.provider.clone(), development::DEPLOYER.address, &config).await;
    assert!(matches!(result, Err(deploy::DeployError::Send(_))), "{result:?}");
}
