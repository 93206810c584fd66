//! What a batch would do, told before it is sent.

use abi::ICustody;
use alloy::providers::ext::AnvilApi;
use chain::ForeseenPayouts;

use crate::contract::{Contract, SUBMITTER, user};

/// `PUSH0 PUSH0 REVERT`.
const REFUSES: [u8; 3] = [0x5f, 0x5f, 0xfd];
/// Place of the account that may freeze.
const FREEZER: usize = 3;

#[tokio::test]
async fn payment_refusal_and_freeze_are_told_apart_without_being_sent() {
    let contract = Contract::start().await;
    let batch = contract.batch().await;
    let call = contract.call(SUBMITTER, 0, &batch);
    let foresee = async || {
        contract
            .world
            .sender
            .foresee_payouts(&call)
            .await
            .unwrap()
            .unwrap()
    };
    let nothing = ForeseenPayouts::default();
    assert_eq!(foresee().await, ForeseenPayouts { sent: 1, ..nothing });

    let code = REFUSES.to_vec().into();
    contract
        .world
        .provider
        .anvil_set_code(user(), code)
        .await
        .unwrap();
    assert_eq!(
        foresee().await,
        ForeseenPayouts {
            refused: 1,
            ..nothing
        }
    );

    let freeze = ICustody::freezeCall {
        user: user(),
        until: alloy::primitives::U256::from(contract.now().await + 3_600),
        reason: [7; 32].into(),
    };
    contract.send(FREEZER, 0, &freeze).await;
    assert_eq!(foresee().await, ForeseenPayouts { frozen: 1, ..nothing });
    let account = contract.reader.account(user(), chain::At::Latest).await.unwrap();
    assert_eq!((account.paid, account.credit), (0, 0), "nothing was sent");
}

#[tokio::test]
async fn of_a_call_that_fails_nothing_is_foreseen() {
    let contract = Contract::start().await;
    let batch = contract.batch().await;
    // Not by the account that may submit it.
    let call = contract.call(20, 0, &batch);
    let foreseen = contract.world.sender.foresee_payouts(&call).await.unwrap();
    assert_eq!(foreseen, None);
}
