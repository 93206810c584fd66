//! What an access list saves, measured on a chain.

use abi::payouts::Payout;
use abi::typed_data::{PayoutBatch, Registration};
use abi::{ICustody, development};
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use chain::{SLOTS_FROM, account_slot, batch_access_list};

use crate::contract::{BNB, Contract, SIGNER, SUBMITTER, TARGET, user};
use crate::world::address;

/// What the worker gives a batch: 200,000 of gas, and 43,000 for each payout.
fn gas_limit(count: usize) -> u64 {
    200_000 + 43_000 * u64::try_from(count).unwrap()
}

/// Registers this many users beside the first one; all of them, ascending.
async fn users(contract: &Contract, count: usize) -> Vec<Address> {
    let mut users = vec![user()];
    // Accounts without a role, without the first user and without whoever funded the contract.
    for place in (10..64).filter(|place| ![20, 30].contains(place)).take(count - 1) {
        let intake = ICustody::Intake {
            user: address(place),
            sponsor: Address::ZERO,
            amount: U256::from(BNB),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: keccak256(place.to_be_bytes()),
            deadline: U256::from(contract.now().await + 600),
        };
        let register = ICustody::registerCall {
            signature: contract.sign(SIGNER, &Registration(intake.clone())),
            intake,
            signer: address(SIGNER),
        };
        contract.send(place, BNB, &register).await;
        users.push(address(place));
    }
    users.sort_unstable();
    users
}

async fn batch(contract: &Contract, users: &[Address]) -> ICustody::executeBatchPayoutsCall {
    let now = contract.now().await;
    // An eighth of a coin each, so that the funds are enough for all.
    let target = TARGET / 24;
    let payouts: Vec<B256> = users
        .iter()
        .map(|user| Payout { user: *user, target }.word().unwrap())
        .collect();
    let batch = ICustody::PayoutBatch {
        batchId: B256::repeat_byte(0xb3),
        submitter: address(SUBMITTER),
        maxTotal: U256::from(target) * U256::from(users.len()),
        manifestHash: keccak256("manifest"),
        validAfter: U256::from(now),
        deadline: U256::from(now + 600),
    };
    let message = PayoutBatch {
        batch: batch.clone(),
        payouts: payouts.clone(),
    };
    ICustody::executeBatchPayoutsCall {
        batch,
        payouts,
        signer: address(SIGNER),
        signature: contract.sign(SIGNER, &message),
    }
}

/// The gas that the batch uses with this list; the chain is as before afterwards.
async fn gas(contract: &Contract, users: &[Address], list: AccessList) -> u64 {
    let snapshot = contract.world.provider.anvil_snapshot().await.unwrap();
    let call = batch(contract, users).await;
    let limit = gas_limit(users.len());
    let receipt = contract
        .send_listing(SUBMITTER, 0, &call, list, Some(limit))
        .await;
    for user in users {
        let account = contract.reader.account(*user, chain::At::Latest).await.unwrap();
        assert_eq!((account.paid, account.credit), (TARGET / 24, 0));
    }
    assert!(contract.world.provider.anvil_revert(snapshot).await.unwrap());
    receipt.gas_used
}

#[tokio::test]
async fn the_list_of_a_batch_saves_what_the_formula_says_for_few_and_for_many() {
    let contract = Contract::start().await;
    let all = users(&contract, 50).await;
    let slots_from = usize::try_from(SLOTS_FROM).unwrap();
    assert_eq!(development::SUBMITTER.address, address(SUBMITTER));
    for (count, saved) in [
        (1, 100),
        (slots_from - 1, 2_400),
        (slots_from, 2_600),
        (50, 7_600),
    ] {
        let paid = &all[..count];
        let without = gas(&contract, paid, AccessList::default()).await;
        let with = gas(&contract, paid, batch_access_list(contract.address, paid)).await;
        assert_eq!(without - with, saved, "{count} recipients: {without} and {with}");
    }
}

/// The formula counts on this place of accounts: a list of other slots would cost and save nothing.
#[tokio::test]
async fn accounts_lie_at_the_slots_that_are_listed() {
    let contract = Contract::start().await;
    let at = |slot: B256| {
        contract
            .world
            .provider
            .get_storage_at(contract.address, slot.into())
    };
    assert!(!at(account_slot(user())).await.unwrap().is_zero());
    assert!(at(account_slot(address(60))).await.unwrap().is_zero());
}
