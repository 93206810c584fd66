//! The reconciler beside a running system: nothing is found until something is planted, and then at once.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod alerts;
mod outage;
mod purses;
mod receiver;
mod settled;
mod start;
mod trail;
mod vigil;
mod world;

use std::time::{Duration, Instant};

use alloy::primitives::U256;
use alloy::providers::ext::AnvilApi;
use serde_json::Value;

use crate::world::Watched;

/// Within this a person is told of a difference of one wei. A look follows another after a second; all the rest is for a
/// machine that is busy with other tests.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

/// A look every second finds half of a fact, and waits.
async fn nothing_is_compared_while_a_fact_is_posted_in_parts(watched: &Watched) {
    let continues =
        "INSERT INTO continued_fact (fact_seq, parts, legs, amount) SELECT max(seq), 2, 1, 1 FROM fact";
    watched.execute(continues).await;
    // One that began before may still end.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let runs = "SELECT count(*) FROM reconciliation_run";
    let before = watched.count(runs).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(watched.count(runs).await, before, "half of a fact was compared");
    watched.execute("DELETE FROM continued_fact").await;
    watched.becomes_more(runs, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_wei_is_told_and_stops_settlement_and_its_end_is_told() {
    let watched = Watched::start().await;
    watched.members(3).await;
    let checks = watched.clean().await;
    for (check, said) in checks.as_object().unwrap() {
        assert_eq!(said["state"], "passed", "{check}: {said}");
    }
    assert_eq!(checks.as_object().unwrap().len(), 15);
    assert_eq!(
        watched.count("SELECT count(*) FROM reconciliation_finding").await,
        0
    );

    nothing_is_compared_while_a_fact_is_posted_in_parts(&watched).await;

    let planted = Instant::now();
    watched.plant(1).await;
    // The books against the events, and against themselves.
    let told = watched.receiver.next("raised").await;
    let after = planted.elapsed();
    println!("told {} ms after it was planted", after.as_millis());
    assert!(after < TOLD_WITHIN, "{after:?}");
    assert_eq!(
        (&told["check"], &told["subject"]),
        (&Value::from("R4"), &Value::from("escrow")),
        "{told}"
    );
    let told = watched.receiver.next_about("R5").await;
    assert_eq!(
        (&told["event"], &told["severity"]),
        (&Value::from("raised"), &Value::from("S1")),
        "{told}"
    );
    assert_eq!(told["runbook"], "r5-double-entry");
    let stops = "SELECT count(*) FROM settlement_stop WHERE resumed_by IS NULL AND cause LIKE 'R5 %'";
    assert!(watched.count(stops).await > 0);

    watched.plant(-1).await;
    let told = watched.receiver.next("resolved").await;
    assert!(told["check"] == "R4" || told["check"] == "R5", "{told}");
    let open = "SELECT count(*) FROM reconciliation_finding WHERE resolved_at IS NULL";
    watched.becomes(open, 0).await;
    assert!(watched.count(stops).await > 0, "only two operators resume");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_are_read_in_slices_tell_as_much() {
    let watched = Watched::start_with(&[("TRELLIS_SLICE_USERS", "2")]).await;
    watched.members(5).await;
    watched.clean().await;
    watched.plant(1).await;
    let told = watched.receiver.next_about("R5").await;
    assert_eq!(
        (&told["event"], &told["severity"]),
        (&Value::from("raised"), &Value::from("S1")),
        "{told}"
    );
    // A look at another slice does not end it.
    let ways = "SELECT count(*) FROM reconciliation_run WHERE checks #>> '{R5,everything}' = 'true'";
    let past = watched.count(ways).await;
    watched.becomes_more(ways, past + 1).await;
    let open = "SELECT count(*) FROM reconciliation_finding WHERE resolved_at IS NULL AND check_id = 'R5'";
    assert!(watched.count(open).await > 0);

    watched.plant(-1).await;
    watched
        .becomes(
            "SELECT count(*) FROM reconciliation_finding WHERE resolved_at IS NULL",
            0,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forced_ether_is_told_as_a_surplus_and_stops_nothing() {
    let watched = Watched::start().await;
    watched.members(1).await;
    watched.clean().await;
    let site = &watched.world;
    let balance: U256 = watched.custody_balance().await;
    site.provider
        .anvil_set_balance(site.custody, balance + U256::from(1))
        .await
        .unwrap();
    let told = watched.receiver.next("raised").await;
    assert_eq!(
        (&told["check"], &told["severity"]),
        (&Value::from("R1b"), &Value::from("S3")),
        "{told}"
    );
    assert_eq!(watched.count("SELECT count(*) FROM settlement_stop").await, 0);

    site.provider
        .anvil_set_balance(site.custody, balance - U256::from(1))
        .await
        .unwrap();
    let told = watched.receiver.next_about("R1").await;
    assert_eq!(
        (&told["event"], &told["severity"]),
        (&Value::from("raised"), &Value::from("S1")),
        "{told}"
    );
    watched
        .becomes(
            "SELECT count(*) FROM settlement_stop WHERE cause = 'R1 balance'",
            1,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_deleted_from_our_records_is_found_by_the_journal() {
    let watched = Watched::start().await;
    watched.members(2).await;
    watched.clean().await;
    let statement = "DELETE FROM chain_log WHERE seq = (SELECT max(seq) FROM chain_log)";
    watched.execute(statement).await;
    // The next look at everything folds what is left.
    let told = watched.receiver.next_about("R3").await;
    assert_eq!(told["severity"], "S1", "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reconciler_stands_by_and_takes_over() {
    let mut watched = Watched::start().await;
    watched.members(1).await;
    watched.clean().await;
    let second = watched.second_instance().await;
    watched.world.system.reconciler.stop().unwrap();
    let runs = watched
        .count("SELECT coalesce(max(id), 0) FROM reconciliation_run")
        .await;
    watched
        .becomes_more("SELECT coalesce(max(id), 0) FROM reconciliation_run", runs)
        .await;
    drop(second);
}
