//! Stops of operators: one is open until somebody agrees to end it, and then a later one is another one.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use std::time::Duration;

use ::approval::Approval;
use alloy_primitives::Address;
use sqlx::{Connection, PgConnection};
use store::StoreError;
use store::approval::{self, Subject};
use store::stop;
use testkit::{TestDatabase, wait_for};

const PATIENCE: Duration = Duration::from_secs(10);

fn wallet(number: u8) -> Address {
    Address::repeat_byte(number)
}

async fn stop_by(connection: &mut PgConnection, person: u8) -> Result<Option<i64>, StoreError> {
    let mut transaction = connection.begin().await.unwrap();
    let opened = stop::insert_by_operator(&mut transaction, wallet(person), "why").await?;
    transaction.commit().await.unwrap();
    Ok(opened)
}

async fn agree(connection: &mut PgConnection, stop: i64) {
    let stop = stop.unsigned_abs();
    let signed = Approval {
        wallet: wallet(9),
        expires: 1,
        signature: vec![1],
    };
    approval::insert(connection, &Subject::Stop(stop), &signed, Some(&[stop]))
        .await
        .unwrap();
}

#[tokio::test]
async fn another_stop_changes_nothing_until_somebody_has_agreed_to_end_the_first() {
    let database = TestDatabase::new().await;
    let mut api = PgConnection::connect(&database.url_as("trellis_api"))
        .await
        .unwrap();
    let first = stop_by(&mut api, 1).await.unwrap().unwrap();
    assert_eq!(stop_by(&mut api, 1).await.unwrap(), None);
    assert_eq!(stop_by(&mut api, 2).await.unwrap(), None);
    // What was agreed is about the first one.
    agree(&mut api, first).await;
    let second = stop_by(&mut api, 2).await.unwrap().unwrap();
    assert_eq!(stop_by(&mut api, 1).await.unwrap(), None);
    let open = stop::list_open(&mut api).await.unwrap();
    let open: Vec<_> = open
        .into_iter()
        .map(|stop| (stop.id, stop.opened_by, stop.reason))
        .collect();
    let why = Some("why".to_owned());
    assert_eq!(
        open,
        [
            (first, Some(wallet(1)), why.clone()),
            (second, Some(wallet(2)), why.clone())
        ]
    );
    // The place of one that has ended is free again, while the others are open.
    agree(&mut api, second).await;
    let mut owner = database.connection().await;
    let mut transaction = owner.begin().await.unwrap();
    stop::update_resumed(&mut transaction, first, [wallet(3), wallet(4)])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    for _ in 0..9 {
        let next = stop_by(&mut api, 1).await.unwrap().unwrap();
        agree(&mut api, next).await;
    }
    assert_eq!(stop::list_open(&mut api).await.unwrap().len(), 10);
    stop_by(&mut api, 1).await.unwrap_err();
}

#[tokio::test]
async fn of_two_stops_at_once_one_is_opened() {
    let database = TestDatabase::new().await;
    let mut one = database.connection().await;
    let mut transaction = one.begin().await.unwrap();
    let first = stop::insert_by_operator(&mut transaction, wallet(1), "why")
        .await
        .unwrap();
    assert!(first.is_some());
    let mut other = database.connection().await;
    let mut observer = database.connection().await;
    let (second, ()) = tokio::join!(stop_by(&mut other, 2), async {
        wait_for("the second to wait for the first", PATIENCE, async || {
            let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
            let waits: bool = sqlx::query_scalar(waits).fetch_one(&mut observer).await.unwrap();
            waits.then_some(())
        })
        .await;
        transaction.commit().await.unwrap();
    });
    assert_eq!(second.unwrap(), None);
    assert_eq!(stop::list_open(&mut one).await.unwrap().len(), 1);
}
