//! Reading a range of blocks again: the API asks, the listener answers. What is missing is seen and added, what is otherwise
//! is only seen.

use std::time::Duration;

use ::chain::ChainReader;
use alloy::primitives::hex;
use alloy::providers::Provider;
use listener::Listener;
use serde_json::{Value, json};
use testkit::wait_for;

use crate::operators::{ADMIN, AUDITOR, BUILDER};
use crate::world::{Answer, Session, World};

/// As [`alone`], with a listener that answers.
pub(crate) async fn forgetful() -> (World, u64, u64) {
    let (world, first, last) = alone().await;
    listen(&world).await;
    (world, first, last)
}

/// Lets a listener carry out what operators request, with the rights that it has in production.
async fn listen(world: &World) {
    let url = world.database.url_as("trellis_listener");
    let pool = store::connect(&url, 2).await.unwrap();
    let mut connection = world.database.connection().await;
    let deployment = store::deployment::find(&mut connection).await.unwrap().unwrap();
    let rpc_url = world.chain.as_ref().unwrap().rpc_url();
    let reader = ChainReader::connect(&rpc_url, deployment.contract).unwrap();
    let mut listener = Listener::of(pool, vec![reader], 1, deployment, "a test".to_owned())
        .await
        .unwrap();
    let mut look = tokio::time::interval(Duration::from_millis(20));
    tokio::spawn(async move {
        // Until the test has ended and its database gone.
        while listener.answer_replay().await.is_ok() {
            look.tick().await;
        }
    });
}

/// A chain with one journal entry, of which the ledger holds the block and nothing else, and nobody who listens. The number
/// of that block, and of the last final one.
async fn alone() -> (World, u64, u64) {
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
    // The refused one is kept, too.
    assert_eq!(kept, 4);
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

async fn answered(world: &World, session: &Session, path: &str) -> Answer {
    wait_for("the answer", Duration::from_secs(20), async || {
        let answer = world.get(path, Some(session)).await;
        (answer.status != 202).then_some(answer)
    })
    .await
}

#[tokio::test]
async fn a_request_waits_for_the_listener_and_is_found_by_its_number() {
    let (world, first, last) = alone().await;
    let waiting = replay(&world, AUDITOR, first, last, true).await;
    assert_eq!(waiting.status, 202);
    let path = format!("/monitoring/replay-events/{}", waiting.body["id"]);
    let auditor = world.sign_in(AUDITOR).await;
    let found = world.get(&path, Some(&auditor)).await;
    assert_eq!((found.status, &found.body), (202, &waiting.body));
    let user = world.sign_in(1).await;
    assert_eq!(world.get(&path, Some(&user)).await.code(), "role_missing");
    listen(&world).await;
    let answer = answered(&world, &auditor, &path).await.ok();
    assert_eq!(answer["missing_entries"], json!([1]));
    assert_eq!(answer["id"], waiting.body["id"]);
}

/// What the API wrote is not believed: it may be someone else who wrote it.
#[tokio::test]
async fn a_request_that_the_api_would_not_have_made_is_not_carried_out() {
    let (world, first, last) = forgetful().await;
    let admin = world.sign_in(ADMIN).await;
    for (id, from, to, dry_run, code) in [
        (1, 0, last + 5_000, true, "chain_unavailable"),
        (2, 0, last + 1, true, "range_not_final"),
        (3, first, last, false, "dry_run_first"),
    ] {
        world
            .sql(&format!(
                "INSERT INTO replay_request (requested_by, from_block, to_block, dry_run)
                 VALUES (decode(repeat('09', 20), 'hex'), {from}, {to}, {dry_run})"
            ))
            .await;
        let path = format!("/monitoring/replay-events/{id}");
        assert_eq!(answered(&world, &admin, &path).await.code(), code);
    }
    assert_eq!((count(&world, "inbox").await, count(&world, "log").await), (0, 0));
}
