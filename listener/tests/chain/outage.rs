//! A database that is away, hangs up, is silent, or refuses a commit for the moment: the listener waits and repeats nothing.

use std::process::Command;
use std::time::Duration;

use devstack::services::{Ready, Service, ServiceSpec};
use sqlx::{Connection, PgConnection};
use testkit::{Proxy, wait_for};

use crate::crash::{END_WITHIN, spec};
use crate::world::{FINALITY, World, drain};

/// A listener's process on a database behind a relay, and where it says how it is. It may not be ready.
async fn behind(world: &World, url: &str, is_there: bool) -> (Service, String) {
    let port = devstack::free_port().unwrap();
    let address = format!("http://127.0.0.1:{port}");
    let spec = spec(world, &format!("listener-{port}"));
    let mut environment = spec.environment;
    environment[0].1 = url.to_owned();
    environment.push(("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    // Without a database it lives, and says so, before it is ready.
    let path = if is_there { "ready" } else { "health" };
    let ready = Ready::Url(format!("{address}/{path}"));
    let spec = ServiceSpec {
        environment,
        ready,
        ..spec
    };
    (Service::start(spec).await.unwrap(), format!("{address}/ready"))
}

async fn is_ready(url: &str) -> bool {
    reqwest::get(url).await.unwrap().status() == 200
}

#[tokio::test]
async fn a_process_that_starts_before_its_database_waits_for_it_and_says_so() {
    let world = World::start().await;
    let (proxy, url) = Proxy::in_front_of_url(&world.database.url_as("trellis_listener")).await;
    proxy.close();
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    let (mut listener, ready) = behind(&world, &url, false).await;
    wait_for("a second try", END_WITHIN, async || {
        let log = std::fs::read_to_string(listener.log()).unwrap();
        (log.matches("cannot start yet; waiting").count() > 1).then_some(())
    })
    .await;
    let answer: serde_json::Value = reqwest::get(&ready).await.unwrap().json().await.unwrap();
    assert_eq!(answer["ready"], false, "{answer}");
    assert_eq!(answer["lacks"], "the database does not respond");
    proxy.go_on();
    world.wait_for_inbox(1).await;
    wait_for("readiness", END_WITHIN, async || {
        is_ready(&ready).await.then_some(())
    })
    .await;
    listener.stop().unwrap();
    world.assert_truth().await;
}

#[tokio::test]
async fn a_process_with_a_wrong_password_or_an_empty_database_ends_and_says_why() {
    let world = World::start().await;
    let right = world.database.url_as("trellis_listener");
    let wrong = right.replacen("trellis_listener:", "trellis_listener:not", 1);
    assert_ne!(right, wrong);
    let empty = testkit::TestDatabase::new().await;
    let without_schema = world.database.url();
    let without_schema = without_schema.replace(world.database.name(), "postgres");
    for (url, why) in [
        (wrong, "password authentication failed"),
        (
            right.replace(world.database.name(), "nowhere"),
            "database \"nowhere\" does not exist",
        ),
        (
            empty.url_as("trellis_listener"),
            "not bound to a deployed contract",
        ),
        (without_schema, "not_a_ledger: the database has no ledger"),
    ] {
        let mut spec = spec(&world, "listener");
        spec.environment[0].1 = url;
        let mut command = Command::new(&spec.program);
        let ended = command.envs(spec.environment.clone()).output().unwrap();
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[tokio::test]
async fn connections_that_are_reset_in_the_middle_of_everything_lose_and_repeat_nothing() {
    let world = World::start().await;
    let (proxy, url) = Proxy::in_front_of_url(&world.database.url_as("trellis_listener")).await;
    let (mut listener, _) = behind(&world, &url, true).await;
    for round in 1..=6 {
        world.fund(5_000_000_000_000_000_000).await;
        world.mine(1).await;
        // Somewhere in the steps that hold the block, and in those that make it final.
        tokio::time::sleep(Duration::from_millis(round * 17)).await;
        proxy.reset();
        world.mine(FINALITY).await;
        tokio::time::sleep(Duration::from_millis(round * 23)).await;
        proxy.reset();
        world.wait_for_inbox(usize::try_from(round).unwrap()).await;
    }
    listener.stop().unwrap();
    world.assert_truth().await;
}

#[tokio::test]
async fn a_stall_of_five_seconds_costs_five_seconds() {
    let world = World::start().await;
    let (proxy, url) = Proxy::in_front_of_url(&world.database.url_as("trellis_listener")).await;
    let (mut listener, ready) = behind(&world, &url, true).await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    proxy.stall();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = world.inbox().await.len();
    world.fund(6_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    proxy.go_on();
    world.wait_for_inbox(2).await;
    assert!(before <= 1 && is_ready(&ready).await);
    listener.stop().unwrap();
    world.assert_truth().await;
}

/// A signal to every process of the server that works for listeners.
async fn signal_backends(owner: &mut PgConnection, signal: &str) -> usize {
    let listing = "SELECT pid::text FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'trellis_listener'";
    let pids: Vec<String> = sqlx::query_scalar(listing).fetch_all(owner).await.unwrap();
    for pid in &pids {
        Command::new("kill").args([signal, pid]).status().unwrap();
    }
    pids.len()
}

#[tokio::test]
async fn a_server_process_that_freezes_lets_another_listener_lead_and_records_nothing_twice() {
    let world = World::start().await;
    let mut owner = world.database.connection().await;
    let mut frozen = world.listener().await;
    drain(&mut frozen).await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    assert!(signal_backends(&mut owner, "-STOP").await > 0);
    let mut other = world.listener().await;
    let taking_over = async {
        // Nothing is held by the frozen one: its lease expires.
        wait_for("the other one to record it", END_WITHIN, async || {
            let _ = other.step().await.unwrap();
            (world.inbox().await.len() == 1).then_some(())
        })
        .await;
        signal_backends(&mut owner, "-CONT").await;
    };
    let (_, ()) = tokio::join!(frozen.step(), taking_over);
    world.fund(6_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    for _ in 0..10 {
        // Whatever it says, it writes nothing any more.
        let _ = frozen.step().await;
    }
    drain(&mut other).await;
    assert_eq!(world.kinds().await, ["funded", "funded"]);
    world.assert_truth().await;
    owner.close().await.unwrap();
}

#[tokio::test]
async fn a_commit_that_is_refused_for_the_moment_is_tried_again() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    // As a server says it whose transactions came into each other's way, or that is about to end.
    sqlx::raw_sql(
        "CREATE TABLE refusal (code text); GRANT ALL ON refusal TO PUBLIC;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             DECLARE found text;
             BEGIN
                 SELECT code INTO found FROM refusal LIMIT 1;
                 IF found IS NOT NULL THEN RAISE EXCEPTION 'refused' USING ERRCODE = found; END IF;
                 RETURN NULL;
             END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON checkpoint
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .execute(world.database.pool())
    .await
    .unwrap();
    for (round, code) in (1..).zip(["40001", "40P01", "57P01", "53300"]) {
        let statement = "INSERT INTO refusal VALUES ($1)";
        sqlx::query(statement)
            .bind(code)
            .execute(world.database.pool())
            .await
            .unwrap();
        world.fund(5_000_000_000_000_000_000).await;
        world.mine(FINALITY + 1).await;
        let before = world.contents().await;
        for _ in 0..3 {
            let error = listener.step().await.unwrap_err();
            assert!(store::outage(&error).is_some(), "{code}: {error:?}");
        }
        assert_eq!(world.contents().await, before, "{code}");
        sqlx::query("DELETE FROM refusal")
            .execute(world.database.pool())
            .await
            .unwrap();
        drain(&mut listener).await;
        assert_eq!(world.inbox().await.len(), round, "{code}");
    }
    world.assert_truth().await;
}
