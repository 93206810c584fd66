//! Batches, roots, claims, credits and delayed operations on a real chain.

use abi::operations::{self, Operation};
use abi::payouts::{self, Payout, PayoutEffect, PayoutOutcome};
use abi::{CustodyEvent, ICustody, Journal, development, events};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolValue;

use crate::world::{World, account};

const BNB: u128 = 1_000_000_000_000_000_000;
const DAY: u64 = 24 * 60 * 60;

/// Code that refuses every payment.
const REFUSER: [u8; 4] = [0x5f, 0x5f, 0xfd, 0x00];
impl World {
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
    let scheduled_at = world.now().await;
    assert_eq!(eta, U256::from(scheduled_at + 3 * DAY));

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
