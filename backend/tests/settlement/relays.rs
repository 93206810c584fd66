//! Relayed exits of the settlement process on a real chain: it may die at every boundary, blocks may stay away, money may be
//! short; and each message is sent once.

use abi::ICustody;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use backend::relay::order::{Order, gas_limit};
use devstack::Wallet;
use devstack::anvil::CHAIN_ID;
use store::relay::{self, NewRelay};

use crate::world::{BNB, PATIENCE, World, key};

/// Pays for gas; no role of the contract is its.
const RELAYER: usize = 59;
/// Boundaries on the way from a queued message to its end.
const BOUNDARIES: [&str; 4] = [
    "relay.before_store",
    "relay.after_store",
    "relay.after_broadcast",
    "relay.before_close",
];
/// What everyone's deposit is.
const PRICE: u128 = 20 * BNB;
const GWEI: u128 = 1_000_000_000;

/// Where users have their deposits sent.
fn exit(user: usize) -> Address {
    Address::with_last_byte(u8::try_from(0x80 + user).unwrap())
}

impl World {
    /// Users whose deposits can be refunded, and a relayer in the environment of the settlement process.
    async fn with_deposits(count: usize) -> Self {
        let mut world = Self::with_newcomers(count).await;
        let secret = Wallet::at(RELAYER).private_key().to_owned();
        let variable = ("TRELLIS_DEVELOPMENT_RELAYER_KEY".to_owned(), secret);
        world.environment.push(variable);
        world
    }

    /// Hands in a user's signed refund, as the API does.
    async fn hand_in(&self, user: usize) -> B256 {
        let order = Order::Refund(ICustody::Refund {
            r#ref: self.users[user].into_word(),
            to: exit(user),
            deadline: U256::from(self.time().await + 3_600),
        });
        let digest = order.digest(CHAIN_ID, self.contract);
        let signature = signer(user).sign_hash_sync(&digest).unwrap().as_bytes();
        let new = NewRelay {
            digest,
            kind: order.kind(),
            wallet: self.users[user],
            gas_limit: gas_limit(0, signature.len()),
            deadline: order.deadline(),
            input: order.call(Vec::new(), Bytes::from(signature.to_vec())),
        };
        let mut connection = self.ledger.connection().await;
        let mut transaction = sqlx::Connection::begin(&mut connection).await.unwrap();
        assert!(relay::insert(&mut transaction, &new).await.unwrap());
        transaction.commit().await.unwrap();
        digest
    }

    async fn wait_for_relay(&self, digest: B256, state: &str) {
        let statement = "SELECT state FROM relay WHERE digest = $1";
        testkit::wait_for(state, PATIENCE, async || {
            (self.text(statement, digest.as_slice()).await == state).then_some(())
        })
        .await;
    }

    async fn attempts(&self, digest: B256) -> String {
        let statement = "SELECT count(*)::text FROM relay_attempt
            WHERE relay_id = (SELECT id FROM relay WHERE digest = $1)";
        self.text(statement, digest.as_slice()).await
    }

    /// Lets the newest transactions of all messages look as old as this.
    async fn age(&self, interval: &str) {
        self.run(&format!(
            "UPDATE relay_attempt SET signed_at = now() - interval '{interval}'"
        ))
        .await;
    }

    /// Transactions of the relayer that were included.
    async fn included(&self) -> u64 {
        let relayer = key(RELAYER).address();
        self.provider.get_transaction_count(relayer).await.unwrap()
    }

    async fn received(&self, user: usize) -> u128 {
        self.provider.get_balance(exit(user)).await.unwrap().to()
    }

    async fn queued_after_a_while(&self, digest: B256) {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        self.wait_for_relay(digest, "queued").await;
    }
}

fn signer(user: usize) -> PrivateKeySigner {
    key(crate::world::FIRST_USER + user)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_may_die_at_every_boundary_and_each_message_is_sent_once() {
    let world = World::with_deposits(BOUNDARIES.len()).await;
    let mut process = world.process().await;
    let mut handed_in = Vec::new();
    for (user, point) in BOUNDARIES.iter().enumerate() {
        process.stop().unwrap();
        process.restart_with_fault(point).unwrap();
        let digest = world.hand_in(user).await;
        let status = process.wait_until_ended(PATIENCE).await.unwrap();
        assert!(!status.success(), "{point} was not reached");
        process.restart().await.unwrap();
        world.wait_for_relay(digest, "done").await;
        assert_eq!(
            world.attempts(digest).await,
            "1",
            "{point}: a restart signs nothing anew"
        );
        assert_eq!(world.received(user).await, PRICE, "{point}");
        handed_in.push(digest);
    }
    assert_eq!(
        world.included().await,
        u64::try_from(handed_in.len()).unwrap(),
        "one transaction each"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_included_is_replaced_under_its_nonce_up_to_the_ceiling() {
    let world = World::with_deposits(1).await;
    let ceiling = (4 * GWEI).to_string();
    let ceiling = [("TRELLIS_RELAYER_FEE_PER_GAS_MAX", ceiling.as_str())];
    let _process = world.process_with(&ceiling).await;
    world.mine(false).await;
    let digest = world.hand_in(0).await;
    world.wait_for_relay(digest, "sent").await;
    // Whenever it is old it is raised, until the next raise would be above the ceiling.
    let mut attempts = 0;
    testkit::wait_for("the last raise", PATIENCE, async || {
        world.age("1 minute").await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let before = std::mem::replace(
            &mut attempts,
            world.attempts(digest).await.parse::<u32>().unwrap(),
        );
        (before > 1 && before == attempts).then_some(())
    })
    .await;
    let dearest: u128 = world
        .one("SELECT max(max_fee)::text FROM relay_attempt")
        .await
        .parse()
        .unwrap();
    assert!(dearest <= 4 * GWEI, "{dearest}");
    let nonces = "SELECT count(DISTINCT nonce)::text FROM relay_attempt";
    assert_eq!(world.one(nonces).await, "1", "one nonce");
    world.mine(true).await;
    world.wait_for_relay(digest, "done").await;
    assert_eq!((world.included().await, world.received(0).await), (1, PRICE));
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_budget_messages_wait_until_it_is_free_again() {
    let world = World::with_deposits(2).await;
    let mut process = world.process().await;
    let first = world.hand_in(0).await;
    world.wait_for_relay(first, "done").await;
    process.stop().unwrap();
    // What two messages may cost, and all of it is spent.
    let two = world
        .one("SELECT (2 * max_fee * gas_limit)::text FROM relay_attempt JOIN relay AS r ON r.id = relay_id")
        .await;
    world.run(&format!("UPDATE relay_attempt SET cost = {two}")).await;
    let _process = world
        .process_with(&[("TRELLIS_RELAYER_BUDGET_PER_DAY", two.as_str())])
        .await;
    let second = world.hand_in(1).await;
    world.queued_after_a_while(second).await;
    assert_eq!(world.attempts(second).await, "0", "nothing is signed");
    world.age("25 hours").await;
    world.wait_for_relay(second, "done").await;
    assert_eq!(world.received(1).await, PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_coin_messages_wait_and_are_sent_when_there_is_some() {
    let world = World::with_deposits(1).await;
    let relayer = key(RELAYER).address();
    world
        .provider
        .anvil_set_balance(relayer, U256::from(GWEI))
        .await
        .unwrap();
    let _process = world.process().await;
    let digest = world.hand_in(0).await;
    world.queued_after_a_while(digest).await;
    assert_eq!(world.attempts(digest).await, "0", "nothing is signed");
    let coin = U256::from(BNB);
    world.provider.anvil_set_balance(relayer, coin).await.unwrap();
    world.wait_for_relay(digest, "done").await;
    assert_eq!(world.received(0).await, PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_exits_first_costs_the_relayer_one_transaction_and_nobody_else_anything() {
    let world = World::with_deposits(2).await;
    let _process = world.process().await;
    world.mine(false).await;
    let (quick, other) = (world.hand_in(0).await, world.hand_in(1).await);
    world.wait_for_relay(quick, "sent").await;
    world.wait_for_relay(other, "sent").await;
    let custody = world.custody();
    let own = custody
        .refund(world.users[0].into_word(), world.users[0])
        .from(world.users[0])
        .gas(200_000)
        .max_fee_per_gas(200 * GWEI)
        .max_priority_fee_per_gas(100 * GWEI);
    let own = own.send().await.unwrap();
    world.mine(true).await;
    assert!(own.get_receipt().await.unwrap().status());
    world.wait_for_relay(quick, "failed").await;
    world.wait_for_relay(other, "done").await;
    let why = "SELECT failed FROM relay WHERE digest = $1";
    assert_eq!(world.text(why, quick.as_slice()).await, "reverted");
    assert_eq!((world.received(0).await, world.received(1).await), (0, PRICE));
    assert_eq!(world.included().await, 2);
}
