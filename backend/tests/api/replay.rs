//! Reading a range of blocks again: what is missing is seen and added, what is otherwise is only seen.

use alloy::primitives::hex;
use alloy::providers::Provider;
use serde_json::{Value, json};

use crate::operators::{ADMIN, AUDITOR, BUILDER};
use crate::world::{Answer, World};

/// A chain with one journal entry, of which the ledger holds the block and nothing else. Its number, and that of the head.
pub(crate) async fn forgetful() -> (World, u64, u64) {
    let world = World::beside_chain().await;
    world.enter_operators().await;
    let chain = world.chain.as_ref().unwrap();
    chain.pass(1).await;
    for _ in 0..5 {
        chain.pass(1).await;
    }
    let head = chain.provider.get_block_number().await.unwrap();
    let funded = chain
        .custody()
        .Funded_filter()
        .from_block(0)
        .query()
        .await
        .unwrap();
    let (_, log) = &funded[0];
    let (number, hash) = (log.block_number.unwrap(), log.block_hash.unwrap());
    let final_number = head - 4;
    assert!(number <= final_number);
    let statement = format!(
        "DELETE FROM chain_block;
         INSERT INTO chain_block (hash, number, parent_hash, timestamp, seq_end, root_end, final)
         VALUES (decode('{}', 'hex'), {number}, decode(repeat('00', 32), 'hex'), 1, 1, decode(repeat('00', 24), 'hex'), true);
         INSERT INTO checkpoint (head_number, head_hash, final_number, final_hash, final_timestamp, final_seq, final_root)
         VALUES ({head}, decode(repeat('02', 32), 'hex'), {final_number}, decode(repeat('01', 32), 'hex'), 1, 1,
                 decode(repeat('00', 24), 'hex'))",
        hex::encode(hash)
    );
    world.sql(&statement).await;
    (world, number, final_number)
}

pub(crate) async fn replay(world: &World, person: u8, from: u64, to: u64, dry_run: bool) -> Answer {
    let session = world.sign_in(person).await;
    let body = json!({ "from_block": from, "to_block": to, "dry_run": dry_run });
    world
        .post("/monitoring/replay-events", Some(&session), &body)
        .await
}

async fn count(world: &World, table: &str) -> i64 {
    let statement = match table {
        "inbox" => "SELECT count(*) FROM inbox",
        _ => "SELECT count(*) FROM chain_log",
    };
    sqlx::query_scalar(statement)
        .fetch_one(world.database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_missing_is_seen_first_and_then_added_once() {
    let (world, first, last) = forgetful().await;
    assert_eq!(
        replay(&world, ADMIN, first, last, false).await.code(),
        "dry_run_first"
    );
    let dry = replay(&world, AUDITOR, first, last, true).await.ok();
    assert_eq!(
        (&dry["entries"], &dry["missing_entries"]),
        (&json!(1), &json!([1]))
    );
    assert_eq!(dry["missing_logs"], 1);
    assert_eq!(dry["different"], json!([]));
    assert_eq!(count(&world, "inbox").await, 0);
    for person in [1, AUDITOR, BUILDER] {
        let refused = replay(&world, person, first, last, false).await;
        assert_eq!(refused.code(), "role_missing", "{person}");
    }
    let added = replay(&world, ADMIN, first, last, false).await.ok();
    assert_eq!(
        (&added["added_logs"], &added["added_entries"]),
        (&json!(1), &json!(1))
    );
    assert_eq!((count(&world, "inbox").await, count(&world, "log").await), (1, 1));
    let again = replay(&world, ADMIN, first, last, false).await.ok();
    assert_eq!(
        (&again["added_logs"], &again["added_entries"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(again["missing_entries"], json!([]));
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM replay_request WHERE finished_at IS NOT NULL")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(kept, 3);
}

#[tokio::test]
async fn what_is_stored_otherwise_is_seen_and_never_changed() {
    let (world, first, last) = forgetful().await;
    replay(&world, ADMIN, first, last, true).await.ok();
    replay(&world, ADMIN, first, last, false).await.ok();
    world
        .sql("UPDATE inbox SET fingerprint = decode(repeat('00', 32), 'hex')")
        .await;
    let dry = replay(&world, ADMIN, first, last, true).await.ok();
    assert_eq!(dry["different"], json!(["entry 1"]));
    let refused = replay(&world, ADMIN, first, last, false).await;
    assert_eq!(refused.code(), "replay_contradicts");
    world
        .sql("UPDATE chain_log SET data = '\\x00'; DELETE FROM inbox")
        .await;
    let dry = replay(&world, ADMIN, first, last, true).await.ok();
    assert_eq!(dry["missing_entries"], json!([1]));
    assert_eq!(dry["different"].as_array().unwrap().len(), 1);
    let refused = replay(&world, ADMIN, first, last, false).await;
    assert_eq!(refused.code(), "replay_contradicts");
    assert_eq!(count(&world, "inbox").await, 0);
}

#[tokio::test]
async fn only_final_ranges_of_a_bounded_length_are_read() {
    let (world, _, last) = forgetful().await;
    for (from, to) in [(1, 0), (0, 2_000)] {
        let refused = replay(&world, ADMIN, from, to, true).await;
        assert_eq!(refused.code(), "invalid_field");
        assert_eq!(refused.body["errors"][0]["field"], "to_block");
    }
    assert_eq!(
        replay(&world, ADMIN, 0, last + 1, true).await.code(),
        "range_not_final"
    );
    let session = world.sign_in(ADMIN).await;
    for body in [
        json!({}),
        json!({ "from_block": 0, "to_block": 1 }),
        json!({ "from_block": -1, "to_block": 1, "dry_run": true }),
        Value::Null,
    ] {
        let answer = world
            .post("/monitoring/replay-events", Some(&session), &body)
            .await;
        assert_eq!(answer.code(), "malformed_json", "{body}");
    }
}
