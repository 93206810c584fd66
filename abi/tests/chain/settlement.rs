//! Batches, roots, claims, credits and delayed operations on a real chain, and what a batch costs.

use abi::operations::{self, Operation};
use abi::payouts::{self, Payout, PayoutEffect, PayoutOutcome};
use abi::typed_data::PayoutBatch;
use abi::{CustodyEvent, ICustody, Journal, development, events};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::{Log, TransactionReceipt};
use alloy::sol_types::SolValue;

use crate::world::World;

const BNB: u128 = 1_000_000_000_000_000_000;
const GWEI: u128 = 1_000_000_000;
const DAY: u64 = 24 * 60 * 60;

/// Code that refuses every payment.
const REFUSER: [u8; 4] = [0x5f, 0x5f, 0xfd, 0x00];
/// Code that burns all the gas it is given.
const BURNER: [u8; 4] = [0x5b, 0x5f, 0x56, 0x00];

/// Upper bounds of what a batch costs: recipients that exist, that do not exist yet, and that burn their gas.
const BATCH_OF_300_GAS: u64 = 300 * 17_200;
const BATCH_OF_300_NEW_GAS: u64 = 13_000_000;
const BATCH_OF_300_BURNERS_GAS: u64 = 13_000_000;

impl World {
    async fn fund(&self, amount: u128) {
        let receipt = self
            .send(
                development::DEPLOYER.address,
                U256::from(amount),
                ICustody::fundCall {},
            )
            .await;
        assert!(receipt.status(), "{receipt:?}");
    }

    async fn pay(&self, batch_id: B256, entries: &[Payout]) -> TransactionReceipt {
        let now = self.now().await;
        let message = PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: batch_id,
                submitter: development::SUBMITTER.address,
                maxTotal: U256::from(500 * BNB),
                manifestHash: keccak256("manifest"),
                validAfter: U256::from(now),
                deadline: U256::from(now + 600),
            },
            payouts: entries
                .iter()
                .map(|entry| entry.word().expect("it fits"))
                .collect(),
        };
        let signature = self.sign(&development::SIGNER, &message);
        let call = ICustody::executeBatchPayoutsCall {
            batch: message.batch,
            payouts: message.payouts,
            signer: development::SIGNER.address,
            signature,
        };
        let receipt = self.send(development::SUBMITTER.address, U256::ZERO, call).await;
        assert!(receipt.status(), "{receipt:?}");
        receipt
    }

    async fn assert_journal(&self) -> Vec<CustodyEvent> {
        let logs = self.logs().await;
        let folded = Journal::default()
            .fold(logs.iter().map(Log::data))
            .expect("contiguous");
        let contract = ICustody::new(self.custody.address, self.provider.clone());
        let head = contract.journalHead().call().await.expect("a head");
        assert_eq!((folded.seq, folded.root), (head.seq, head.root));
        decoded(&logs)
    }
}

fn decoded(logs: &[Log]) -> Vec<CustodyEvent> {
    logs.iter()
        .filter_map(|log| events::decode(log.data()).expect("an event of the contract"))
        .collect()
}

fn account(index: u64) -> Address {
    Address::from_word(keccak256(U256::from(index).abi_encode()))
}

#[tokio::test]
async fn a_batch_pays_credits_and_skips_and_its_hashes_are_those_of_its_events() {
    let world = World::start().await;
    world.fund(1_000 * BNB).await;
    let mut users: Vec<Address> = (0..3).map(account).collect();
    users.sort_unstable();
    world.register_many(&users, U256::from(BNB)).await;
    world
        .cheat("anvil_setCode", (users[1], Bytes::from_static(&REFUSER)))
        .await;
    let entries: Vec<Payout> = users
        .iter()
        .zip([3 * BNB, 5 * BNB, 0])
        .map(|(user, target)| Payout { user: *user, target })
        .collect();
    let batch_id = keccak256("first batch");
    world.pay(batch_id, &entries).await;

    let events = world.assert_journal().await;
    let outcomes: Vec<PayoutOutcome> = events
        .iter()
        .filter_map(PayoutOutcome::from_event)
        .map(|(of, outcome)| {
            assert_eq!(of, batch_id);
            outcome
        })
        .collect();
    let effects: Vec<PayoutEffect> = outcomes.iter().map(|outcome| outcome.effect).collect();
    assert_eq!(
        effects,
        [
            PayoutEffect::Sent(3 * BNB),
            PayoutEffect::Credited(5 * BNB),
            PayoutEffect::Skipped
        ]
    );
    let Some(CustodyEvent::BatchSettled(settled)) = events.last() else {
        panic!("the batch is the last entry: {events:?}");
    };
    let list: Vec<B256> = entries
        .iter()
        .map(|entry| entry.word().expect("it fits"))
        .collect();
    let outcome: Vec<B256> = outcomes
        .iter()
        .map(|outcome| outcome.word().expect("it fits"))
        .collect();
    assert_eq!(settled.listHash, payouts::hash_of(&list));
    assert_eq!(settled.outcomeHash, payouts::hash_of(&outcome));
    assert_eq!(
        (settled.paid, settled.credited),
        (U256::from(8 * BNB), U256::from(5 * BNB))
    );

    // The account that refused becomes an ordinary one, and takes its credit.
    world.cheat("anvil_setCode", (users[1], Bytes::new())).await;
    let withdrawn = world
        .send(
            users[1],
            U256::ZERO,
            ICustody::withdrawCreditCall { to: users[1] },
        )
        .await;
    assert!(withdrawn.status(), "{withdrawn:?}");
    let events = world.assert_journal().await;
    assert!(
        matches!(events.last(), Some(CustodyEvent::CreditWithdrawn(e)) if e.amount == U256::from(5 * BNB)),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_root_matures_and_is_claimed_by_proof_and_an_operation_waits_for_its_delay() {
    let world = World::start().await;
    world.fund(100 * BNB).await;
    let (user, price) = (world.users[0], U256::from(BNB));
    world.register(user, price).await;
    let contract = ICustody::new(world.custody.address, world.provider.clone());

    // A tree of two leaves, by hand.
    let entitled = U256::from(7 * BNB);
    let leaf = keccak256((user, entitled).abi_encode());
    let sibling = ICustody::SumNode {
        hash: keccak256("another leaf"),
        sum: U256::from(2 * BNB),
    };
    let root = if leaf < sibling.hash {
        keccak256((leaf, entitled, sibling.hash, sibling.sum).abi_encode())
    } else {
        keccak256((sibling.hash, sibling.sum, leaf, entitled).abi_encode())
    };
    let now = world.now().await;
    let message = ICustody::LiabilitiesRoot {
        root,
        total: entitled + sibling.sum,
        asOfSeq: U256::from(2),
        validAfter: U256::from(now),
        deadline: U256::from(now + 600),
    };
    let signature = world.sign(&development::ROOT_SIGNER, &message);
    let published = ICustody::publishRootCall {
        root: message,
        signer: development::ROOT_SIGNER.address,
        signature,
    };
    let receipt = world
        .send(development::SUBMITTER.address, U256::ZERO, published)
        .await;
    println!("publishRoot: {} gas", receipt.gas_used);
    let (operation, argument, value) = (
        Operation::Treasury,
        operations::argument(development::TREASURER.address),
        U256::from(BNB),
    );
    let scheduled = ICustody::scheduleCall {
        operation: operation.number(),
        argument,
        value,
    };
    world
        .send(development::TREASURER.address, U256::ZERO, scheduled)
        .await;
    let eta = contract
        .operationEta(operation.id(argument, value))
        .call()
        .await
        .expect("an eta");
    assert!(eta > U256::from(now + 3 * DAY), "{eta}");

    world.pass(3 * DAY + 10).await;
    let claim = ICustody::claimCall {
        user,
        entitled,
        root,
        proof: vec![sibling],
    };
    let receipt = world.send(development::DEPLOYER.address, U256::ZERO, claim).await;
    println!("claim at depth 1, by another: {} gas", receipt.gas_used);
    let executed = ICustody::executeCall {
        operation: operation.number(),
        argument,
        value,
    };
    world
        .send(development::TREASURER.address, U256::ZERO, executed)
        .await;

    let events = world.assert_journal().await;
    assert!(
        matches!(&events[2..], [
            CustodyEvent::RootPublished(_),
            CustodyEvent::OperationScheduled(_),
            CustodyEvent::Claimed(claimed),
            CustodyEvent::OperationExecuted(_),
        ] if claimed.amount == entitled && claimed.user == user),
        "{events:?}"
    );
}

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
