//! Messages that are relayed, from being queued to being final, on a real PostgreSQL and with the rights of each process.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use alloy_primitives::{Address, B256, Bytes};
use money::Amount;
use sqlx::{Connection, PgConnection};
use store::relay::{self, Kind, Lately, NewRelay, State};
use store::relay_attempt::{self, Finished, NewAttempt};
use testkit::TestDatabase;

const RELAYER: Address = Address::repeat_byte(9);

fn message(number: u8, wallet: u8) -> NewRelay {
    NewRelay {
        digest: B256::repeat_byte(number),
        kind: Kind::Refund,
        wallet: Address::repeat_byte(wallet),
        input: Bytes::from_static(b"call"),
        gas_limit: 300_000,
        deadline: 99,
    }
}

fn attempt(relay: i64, hash: u8, max_fee: u128) -> NewAttempt {
    NewAttempt {
        relay,
        sender: RELAYER,
        nonce: 5,
        hash: B256::repeat_byte(hash),
        raw: Bytes::from_static(b"raw"),
        max_fee,
        priority_fee: 1,
        cost_max: Amount::new(max_fee * 10),
    }
}

async fn queue(api: &mut PgConnection, new: &NewRelay) -> bool {
    let mut transaction = api.begin().await.unwrap();
    let queued = relay::insert(&mut transaction, new).await.unwrap();
    transaction.commit().await.unwrap();
    queued
}

async fn store(settler: &mut PgConnection, new: &NewAttempt) -> bool {
    let mut transaction = settler.begin().await.unwrap();
    let stored = relay_attempt::insert(&mut transaction, new).await.unwrap();
    transaction.commit().await.unwrap();
    stored
}

async fn processes(database: &TestDatabase) -> (PgConnection, PgConnection) {
    let api = PgConnection::connect(&database.url_as("trellis_api")).await;
    let settler = PgConnection::connect(&database.url_as("trellis_settler")).await;
    (api.unwrap(), settler.unwrap())
}

#[tokio::test]
async fn a_message_is_queued_once_and_again_only_when_it_is_over() {
    let database = TestDatabase::new().await;
    let (mut api, mut settler) = processes(&database).await;
    let new = message(1, 1);
    assert!(queue(&mut api, &new).await);
    assert!(!queue(&mut api, &new).await);
    let known = relay::find(&mut api, new.digest).await.unwrap().unwrap();
    assert_eq!((known.state, known.kind), (State::Queued, Kind::Refund));

    let mut transaction = settler.begin().await.unwrap();
    relay::update_given_up(&mut transaction, known.id, "not_refundable")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let failed = relay::find(&mut api, new.digest).await.unwrap().unwrap();
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.failed.as_deref(), Some("not_refundable"));

    assert!(queue(&mut api, &new).await);
    assert!(queue(&mut api, &message(2, 2)).await);
    let mut transaction = api.begin().await.unwrap();
    let lately = relay::lock_lately(&mut transaction, new.wallet).await.unwrap();
    let counted = Lately {
        of_wallet: 2,
        of_all: 3,
    };
    assert_eq!(lately, counted);
}

#[tokio::test]
async fn attempts_of_one_nonce_replace_each_other_and_only_one_is_paid() {
    let database = TestDatabase::new().await;
    let (mut api, mut settler) = processes(&database).await;
    assert!(queue(&mut api, &message(1, 1)).await);
    let queued = relay::list_queued(&mut settler, 0, 10).await.unwrap();
    let id = queued[0].id;
    assert!(store(&mut settler, &attempt(id, 1, 100)).await);
    assert!(store(&mut settler, &attempt(id, 2, 113)).await);
    let another_nonce = NewAttempt {
        nonce: 6,
        ..attempt(id, 3, 100)
    };
    assert!(!store(&mut settler, &another_nonce).await);
    assert!(relay::list_queued(&mut settler, 0, 10).await.unwrap().is_empty());

    let sent = relay_attempt::list_sent(&mut settler).await.unwrap();
    assert_eq!((sent.len(), sent[0].attempts.len(), sent[0].nonce), (1, 2, 5));
    let spent = relay_attempt::spent_lately(&mut settler, RELAYER).await.unwrap();
    assert_eq!(spent, Amount::new(1_130));
    let under_way = relay_attempt::under_way(&mut settler, RELAYER).await.unwrap();
    assert_eq!(under_way, spent);

    let finished = Finished {
        hash: B256::repeat_byte(1),
        fee: Amount::new(77),
        succeeded: true,
    };
    let mut transaction = settler.begin().await.unwrap();
    relay_attempt::update_finished(&mut transaction, &sent[0], &finished)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let done = relay::find(&mut api, B256::repeat_byte(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((done.state, done.transaction), (State::Done, Some(finished.hash)));
    let spent = relay_attempt::spent_lately(&mut settler, RELAYER).await.unwrap();
    assert_eq!(spent, finished.fee);
    let under_way = relay_attempt::under_way(&mut settler, RELAYER).await.unwrap();
    assert!(under_way.is_zero());
}

#[tokio::test]
async fn messages_are_taken_while_a_relayer_was_seen_lately() {
    let database = TestDatabase::new().await;
    let (mut api, mut settler) = processes(&database).await;
    assert_eq!(relay::find_relayer(&mut api).await.unwrap(), None);
    let mut transaction = settler.begin().await.unwrap();
    relay::insert_relayer(&mut transaction, RELAYER).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(relay::find_relayer(&mut api).await.unwrap(), Some(RELAYER));
    sqlx::query("UPDATE relayer SET seen_at = now() - interval '1 hour'")
        .execute(&mut settler)
        .await
        .unwrap();
    assert_eq!(relay::find_relayer(&mut api).await.unwrap(), None);
}
