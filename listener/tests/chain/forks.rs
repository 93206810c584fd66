//! The chain changes its mind: above finality it may, below it must not.

use abi::ICustody;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::anvil::{ReorgOptions, TransactionData};
use listener::{Halt, Step, StepError};
use store::chain_log::{self, StoredBlock};
use testkit::TestDatabase;

use crate::world::{FINALITY, World, drain, drain_to_error, user};

impl World {
    /// Replaces the newest blocks by as many others, with these transactions in them, and sees that they differ.
    pub(crate) async fn fork(&self, depth: u64, transactions: Vec<(Bytes, u64)>) {
        let head = self.head().await;
        let before = self.hash_at(head - depth + 1).await;
        // Empty blocks at the same second would be the same blocks again.
        self.provider.anvil_increase_time(7).await.unwrap();
        let tx_block_pairs = transactions
            .into_iter()
            .map(|(raw, block)| (TransactionData::Raw(raw), block))
            .collect();
        let options = ReorgOptions {
            depth,
            tx_block_pairs,
        };
        self.provider.anvil_reorg(options).await.unwrap();
        assert_eq!(self.head().await, head);
        assert_ne!(self.hash_at(head - depth + 1).await, before, "the fork is a fork");
    }

    pub(crate) async fn raw(&self, transaction: B256) -> Bytes {
        self.provider
            .raw_request("eth_getRawTransactionByHash".into(), (transaction,))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn the_same_transaction_in_a_later_block_of_a_fork_is_one_cause_of_the_later_block() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    let (_, transaction) = world.register(user(20), Address::ZERO).await;
    world.mine(2).await;
    drain(&mut listener).await;
    let first = world.head().await - 1;
    let raw = world.raw(transaction).await;
    world.fork(2, vec![(raw, 1)]).await;
    assert_eq!(listener.step().await.unwrap(), Step::Rewound);
    drain(&mut listener).await;
    assert_eq!(world.reorganizations().await, [(false, 1)]);
    assert_eq!(
        world.count("SELECT count(*) FROM chain_log WHERE seq = 1").await,
        2
    );
    world.mine(FINALITY).await;
    drain(&mut listener).await;
    let inbox = world.inbox().await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].transaction_hash, transaction.to_vec());
    assert_eq!(inbox[0].block_hash, world.hash_at(first + 1).await.to_vec());
    world.assert_truth().await;
}

#[tokio::test]
async fn a_transaction_that_a_fork_drops_never_becomes_a_cause() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(1).await;
    drain(&mut listener).await;
    world.fork(1, Vec::new()).await;
    world.provider.anvil_drop_all_transactions().await.unwrap();
    drain(&mut listener).await;
    // From another account: the node still counts the dropped transaction's nonce.
    world
        .send(user(31), 6_000_000_000_000_000_000, ICustody::fundCall {})
        .await;
    world.mine(FINALITY + 1).await;
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded"]);
    let amount = "SELECT count(*) FROM inbox WHERE payload->>'amount' = '6000000000000000000'";
    assert_eq!(world.count(amount).await, 1);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_fork_before_inclusion_changes_nothing_but_the_blocks() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.mine(3).await;
    drain(&mut listener).await;
    world.fork(3, Vec::new()).await;
    world.register(user(20), Address::ZERO).await;
    world.mine(1).await;
    drain(&mut listener).await;
    assert_eq!(world.reorganizations().await, [(false, 0)]);
    world.mine(FINALITY).await;
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["registered"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_fork_while_the_listener_is_down_is_found_at_its_start() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(3).await;
    drain(&mut listener).await;
    world.fork(3, Vec::new()).await;
    world.mine(2).await;
    let mut later = world.listener_again(listener).await;
    drain(&mut later).await;
    assert_eq!(world.reorganizations().await, [(false, 1)]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_shorter_branch_is_followed_back() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.mine(4).await;
    drain(&mut listener).await;
    let head = world.head().await;
    world.provider.anvil_rollback(Some(3)).await.unwrap();
    world.provider.anvil_increase_time(7).await.unwrap();
    world.mine(1).await;
    assert_eq!(world.head().await, head - 2);
    // Finality is behind what was recorded, which a lagging node says too: it is waited for.
    assert_eq!(listener.step().await.unwrap(), Step::Stale);
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(2).await;
    drain(&mut listener).await;
    assert_eq!(world.reorganizations().await.len(), 1);
    world.mine(FINALITY).await;
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn two_forks_in_a_row_and_a_deeper_one_converge() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(3).await;
    drain(&mut listener).await;
    world.fork(1, Vec::new()).await;
    assert_eq!(listener.step().await.unwrap(), Step::Rewound);
    // The next fork comes before the first is followed.
    world.fork(3, Vec::new()).await;
    drain(&mut listener).await;
    let orphaned: i32 = world.reorganizations().await.iter().map(|fork| fork.1).sum();
    assert_eq!((world.reorganizations().await.len(), orphaned), (2, 1));
    world.mine(FINALITY + 1).await;
    drain(&mut listener).await;
    world.assert_truth().await;
}

#[tokio::test]
async fn a_block_to_which_the_chain_returns_is_canonical_again() {
    let database = TestDatabase::new().await;
    let url = database.url_as("trellis_listener");
    let pool = store::connect(&url, 1).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let block = StoredBlock {
        number: 7,
        hash: B256::repeat_byte(1),
        parent_hash: B256::ZERO,
        timestamp: 99,
        seq_end: 0,
        root_end: Default::default(),
    };
    let first = [block.clone()];
    chain_log::insert_blocks(&mut connection, &first).await.unwrap();
    let second = [StoredBlock {
        hash: B256::repeat_byte(2),
        ..block
    }];
    let two = chain_log::insert_blocks(&mut connection, &second).await;
    assert!(two.is_err(), "one height has one canonical block");
    for branch in [&second, &first] {
        chain_log::orphan_above(&mut connection, 6).await.unwrap();
        assert_eq!(
            chain_log::list_canonical_above(&mut connection, 0).await.unwrap(),
            []
        );
        chain_log::insert_blocks(&mut connection, branch).await.unwrap();
        let canonical = chain_log::list_canonical_above(&mut connection, 0).await.unwrap();
        assert_eq!(canonical, branch);
    }
}

#[tokio::test]
async fn a_fork_below_finality_stops_the_listener_and_changes_nothing() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 2).await;
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded"]);
    let before = world.contents().await;
    world.fork(FINALITY + 2, Vec::new()).await;
    world.mine(1).await;
    for _ in 0..2 {
        let error = drain_to_error(&mut listener).await;
        assert!(
            matches!(error, StepError::Halt(Halt::FinalityViolated { .. })),
            "{error:?}"
        );
    }
    assert_eq!(world.reorganizations().await, [(true, 0)], "recorded once");
    assert_eq!(world.contents().await, before);
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused() {
    let world = World::start().await;
    let other = World::start().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    // The same chain id and the same contract, but another life of the chain.
    other.provider.anvil_increase_time(1000).await.unwrap();
    let mut deployment = world.deployment.clone();
    deployment.contract_block_hash = B256::repeat_byte(9);
    let pool = store::connect(&world.database.url_as("trellis_listener"), 2)
        .await
        .unwrap();
    let reader = chain::ChainReader::connect(&other.rpc_url(), deployment.contract).unwrap();
    let mut listener = listener::Listener::of(pool, vec![reader], 1, deployment, "a test".to_owned())
        .await
        .unwrap();
    let error = drain_to_error(&mut listener).await;
    assert!(matches!(error, StepError::Halt(Halt::WrongChain(_))), "{error:?}");
    assert_eq!(world.count("SELECT count(*) FROM checkpoint").await, 0);
}
