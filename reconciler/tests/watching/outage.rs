//! A database that is not there yet, that is silent, and that lost its last commits.

use std::time::Duration;

use anvil_tests::Person;
use devstack::services::Service;
use serde_json::Value;
use testkit::{Proxy, wait_for};

use crate::world::Watched;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first account after those that register before.
const NEXT: usize = 10;

/// Registers one more, and waits until it is posted.
async fn one_more(watched: &Watched, number: usize) {
    let root = watched.world.person(NEXT - 2).address();
    let mut person: Person = watched.world.person(NEXT + number);
    person.register(&watched.world, Some(root)).await.unwrap();
    watched.world.settle().await.unwrap();
}

async fn readiness(service: &Service) -> Value {
    let listen = service.variable("TRELLIS_LISTEN").unwrap();
    let answer = reqwest::get(format!("http://{listen}/ready")).await.unwrap();
    answer.json().await.unwrap()
}

async fn lacks(service: &Service, what: &Value) {
    wait_for("what it lacks", PATIENCE, async || {
        (readiness(service).await["lacks"] == *what).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_yet_or_silent_is_waited_for() {
    let mut watched = Watched::start().await;
    watched.members(1).await;
    watched.clean().await;
    watched.world.system.reconciler.stop().unwrap();
    let url = watched.world.ledger.url_as("trellis_reconciler");
    let (proxy, url) = Proxy::in_front_of_url(&url).await;
    proxy.close();
    let log = watched.world.system.reconciler.log();
    let variables = [
        ("TRELLIS_DATABASE_URL", url.as_str()),
        ("TRELLIS_DATABASE_DEADLINE_MS", "1000"),
        ("TRELLIS_LOOK_MAX_SECONDS", "3"),
    ];
    let opening = async {
        wait_for("two tries", PATIENCE, async || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            (said.matches("cannot start yet; waiting").count() > 1).then_some(())
        })
        .await;
        proxy.go_on();
    };
    let (mut watching, ()) = tokio::join!(watched.reconciler_with(&variables), opening);

    proxy.stall();
    lacks(&watching, &"the database does not respond".into()).await;
    proxy.go_on();
    lacks(&watching, &Value::Null).await;
    // It is the same process, and it looks as before.
    watching.check_running().unwrap();
    one_more(&watched, 0).await;
    watched.clean().await;
    watched.plant(1).await;
    assert_eq!(watched.receiver.next_about("R5").await["severity"], "S1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_lost_its_last_commits_is_looked_at_anew_and_is_whole_again() {
    let watched = Watched::start().await;
    watched.members(1).await;
    watched.clean().await;
    let replica = watched.world.ledger.replica().await;
    one_more(&watched, 0).await;
    one_more(&watched, 1).await;
    watched.clean().await;
    let facts = "SELECT count(*) FROM fact";
    let before = watched.count(facts).await;
    watched.world.ledger.fail_over(replica).await;
    // The chain says the same again.
    watched.becomes(facts, before).await;
    one_more(&watched, 2).await;
    watched.clean().await;
    let open = "SELECT count(*) FROM reconciliation_finding WHERE resolved_at IS NULL";
    watched.becomes(open, 0).await;
    assert_eq!(watched.count("SELECT count(*) FROM settlement_stop").await, 0);
}
