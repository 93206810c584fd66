//! The posting worker as a process: it says whether it works, and what it measured.

use std::path::Path;
use std::time::Duration;

use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use serde_json::Value;
use testkit::wait_for;

use crate::world::World;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A posting worker on this world's ledger, waited for until it says that it is ready.
async fn worker(world: &World, name: &str, files: &Path) -> (Service, String) {
    let port = free_port().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let environment = [
        ("TRELLIS_DATABASE_URL", world.database.url_as("trellis_poster")),
        ("TRELLIS_LISTEN", format!("127.0.0.1:{port}")),
    ];
    let spec = ServiceSpec {
        name: name.to_owned(),
        program: env!("CARGO_BIN_EXE_backend").to_owned(),
        arguments: vec!["work".to_owned()],
        environment: environment.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        ready: Ready::Url(format!("{url}/ready")),
        logs: files.to_owned(),
        pids: files.to_owned(),
    };
    (Service::start(spec).await.unwrap(), url)
}

async fn ready(url: &str) -> Value {
    let answer = reqwest::get(format!("{url}/ready")).await.unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn one_worker_leads_the_other_stands_by_and_both_are_ready() {
    let world = World::with(&[1]).await;
    let files = tempfile::tempdir().unwrap();
    let (mut first, first_url) = worker(&world, "first", files.path()).await;
    let (_second, second_url) = worker(&world, "second", files.path()).await;
    let leading = ready(&first_url).await;
    assert_eq!(leading["role"], "leads", "{leading}");
    assert!(leading["fact_seq"].as_u64().unwrap() >= 2, "{leading}");
    assert_eq!(ready(&second_url).await["role"], "stands_by");
    let metrics = reqwest::get(format!("{first_url}/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in ["trellis_posting_leads 1", "trellis_posting_behind_seconds 0"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    first.kill().unwrap();
    wait_for("the other worker to lead", PATIENCE, async || {
        (ready(&second_url).await["role"] == "leads").then_some(())
    })
    .await;
}
