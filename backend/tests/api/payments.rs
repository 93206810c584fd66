//! What users see of payments by the contract: provisional while they wait, then as facts.

use abi::ICustody;
use alloy::primitives::{B256, IntoLogData, LogData, U256};
use money::Amount;
use plan::{Cause, PayoutOutcome, SettledPayout};
use serde_json::{Value, json};
use sqlx::Connection;
use store::chain_log::{self, StoredLog};

use crate::operators::due_world;
use crate::world::{BNB, World, wallet};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

#[tokio::test]
async fn a_history_has_payouts_claims_and_withdrawals_of_credit() {
    let mut world = due_world().await;
    let id = world.sealed("paid").await;
    let user = world.sign_in(1).await;
    let history = world.get("/users/1/history", Some(&user)).await.ok();
    assert_eq!(history["entries"][0]["kind"], "payout");
    assert_eq!(history["entries"][0]["state"], "held");
    let batch_id: B256 = id.parse().unwrap();
    let line = |person: u8, outcome| SettledPayout {
        wallet: wallet(person),
        outcome,
    };
    let settled = Cause::BatchSettled {
        batch_id,
        manifest_hash: B256::ZERO,
        payouts: vec![
            line(
                1,
                PayoutOutcome::Credited {
                    amount: Amount::new(36 * BNB),
                    frozen: false,
                },
            ),
            line(2, PayoutOutcome::Executed(Amount::new(18 * BNB))),
        ],
    };
    let withdrawn = Cause::CreditWithdrawn {
        wallet: wallet(1),
        to: wallet(7),
        amount: Amount::new(36 * BNB),
    };
    let claimed = Cause::Claimed {
        wallet: wallet(1),
        root: B256::repeat_byte(9),
        entitled: Amount::new(37 * BNB),
        amount: Amount::new(BNB),
    };
    world.post_causes(vec![settled, withdrawn, claimed]).await;
    let history = world.get("/users/1/history", Some(&user)).await.ok();
    let entries = &history["entries"];
    let shown = |index: usize| {
        let entry = &entries[index];
        (
            entry["kind"].as_str().unwrap().to_owned(),
            entry["state"].as_str().unwrap().to_owned(),
            entry["amount"].clone(),
        )
    };
    assert_eq!(shown(0), ("claim".into(), "paid".into(), bnb(1)));
    assert_eq!(entries[0]["root"], format!("0x{}", "09".repeat(32)));
    assert_eq!(shown(1), ("credit_withdrawal".into(), "paid".into(), bnb(36)));
    assert_eq!(shown(2), ("payout".into(), "credited".into(), bnb(36)));
    assert_eq!(entries[2]["batch_id"], json!(id));
    assert!(entries[2]["transaction_hash"].is_string());
    let first = world.get("/users/1/history?limit=2", Some(&user)).await.ok();
    let rest = format!(
        "/users/1/history?limit=2&cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    let rest = world.get(&rest, Some(&user)).await.ok();
    assert_eq!(rest["entries"][0], entries[2]);
}

impl World {
    /// Logs of one transaction in a block that the listener saw, the last of them the main event of its call.
    pub(crate) async fn saw(&self, seq: u64, logs: &[LogData]) {
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let stored: Vec<StoredLog> = (0..)
            .zip(logs)
            .map(|(log_index, data)| StoredLog {
                block_hash: B256::repeat_byte(1),
                log_index,
                block_number: 1,
                transaction_hash: B256::repeat_byte(8),
                transaction_index: 0,
                data: data.clone(),
                seq: (usize::try_from(log_index).unwrap() + 1 == logs.len()).then_some(seq),
            })
            .collect();
        chain_log::insert_logs(&mut transaction, &stored).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_payment_that_is_not_posted_yet_is_provisional_and_shown_to_its_user_only() {
    let world = World::with(&[1]).await;
    let batch = B256::repeat_byte(3);
    let executed = ICustody::PayoutExecuted {
        batchId: batch,
        user: wallet(1),
        amount: U256::from(5),
    };
    let settled = ICustody::BatchSettled {
        batchId: batch,
        seq: U256::from(3),
        count: U256::from(1),
        paid: U256::from(5),
        credited: U256::ZERO,
        listHash: B256::ZERO,
        outcomeHash: B256::ZERO,
        manifestHash: B256::ZERO,
    };
    world
        .saw(3, &[executed.to_log_data(), settled.to_log_data()])
        .await;
    let user = world.sign_in(1).await;
    let me = world.get("/users/me", Some(&user)).await.ok();
    assert_eq!(me["pending"].as_array().unwrap().len(), 1);
    assert_eq!(me["pending"][0]["kind"], "payout");
    assert_eq!(me["pending"][0]["batch_id"], batch.to_string());
    assert_eq!(me["pending"][0]["amount"], "5");
    let other = world.sign_in(2).await;
    let me = world.get("/users/me", Some(&other)).await.ok();
    assert_eq!(me["pending"], json!([]));
}

#[tokio::test]
async fn whoever_a_credit_is_sent_to_is_not_shown_it_as_an_own_withdrawal() {
    let world = World::with(&[1]).await;
    let withdrawn = ICustody::CreditWithdrawn {
        user: wallet(1),
        to: wallet(2),
        seq: U256::from(3),
        amount: U256::from(5),
    };
    world.saw(3, &[withdrawn.to_log_data()]).await;
    for (person, count) in [(1, 1), (2, 0)] {
        let user = world.sign_in(person).await;
        let me = world.get("/users/me", Some(&user)).await.ok();
        assert_eq!(me["pending"].as_array().unwrap().len(), count, "{person}");
    }
}
