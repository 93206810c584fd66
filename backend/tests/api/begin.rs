//! Processes that start before their database wait for it; what waiting does not cure ends them.

use std::process::Command;
use std::time::Duration;

use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use testkit::{Proxy, wait_for};

use crate::world::World;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Each process of the backend, and its role.
const PROCESSES: [(&str, &str); 4] = [
    ("serve", "trellis_api"),
    ("work", "trellis_poster"),
    ("schedule", "trellis_scheduler"),
    ("settle", "trellis_settler"),
];

fn environment(database_url: &str, port: u16) -> Vec<(String, String)> {
    let nowhere = "http://127.0.0.1:1".to_owned();
    [
        ("TRELLIS_DATABASE_URL", database_url.to_owned()),
        ("TRELLIS_LISTEN", format!("127.0.0.1:{port}")),
        ("TRELLIS_SIGNER_URL", nowhere.clone()),
        ("TRELLIS_RPC_URL", nowhere.clone()),
        ("TRELLIS_BATCH_SIGNER_URL", nowhere.clone()),
        ("TRELLIS_ROOT_SIGNER_URL", nowhere.clone()),
        ("TRELLIS_TRANSACTION_SIGNER_URL", nowhere),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

#[tokio::test]
async fn every_process_waits_for_a_database_that_is_not_there_yet() {
    let world = World::with(&[1]).await;
    let files = tempfile::tempdir().unwrap();
    for (process, role) in PROCESSES {
        let (proxy, url) = Proxy::in_front_of_url(&world.database.url_as(role)).await;
        proxy.close();
        let port = free_port().unwrap();
        // The API listens when it can answer.
        let path = if process == "serve" {
            "openapi.json"
        } else {
            "metrics"
        };
        let spec = ServiceSpec {
            name: process.to_owned(),
            program: env!("CARGO_BIN_EXE_backend").to_owned(),
            arguments: vec![process.to_owned()],
            environment: environment(&url, port),
            ready: Ready::Url(format!("http://127.0.0.1:{port}/{path}")),
            logs: files.path().to_owned(),
            pids: files.path().to_owned(),
        };
        let log = files.path().join(format!("{process}.log"));
        let is_up = async || {
            let ready = reqwest::get(format!("http://127.0.0.1:{port}/ready")).await;
            ready.is_ok_and(|ready| ready.status() == 200 || process == "serve")
        };
        let opening = async {
            wait_for("two tries", PATIENCE, async || {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                (said.matches("cannot start yet; waiting").count() > 1).then_some(())
            })
            .await;
            assert!(!is_up().await, "{process}");
            proxy.go_on();
        };
        let (service, ()) = tokio::join!(Service::start(spec), opening);
        let mut service = service.unwrap();
        wait_for("readiness", PATIENCE, async || is_up().await.then_some(())).await;
        service.stop().unwrap();
    }
}

#[tokio::test]
async fn no_process_waits_for_another_password_or_another_schema() {
    let world = World::with(&[1]).await;
    for (process, role) in PROCESSES {
        let right = world.database.url_as(role);
        let name = world.database.name();
        for (url, why) in [
            (
                right.replacen(&format!("{role}:"), &format!("{role}:not"), 1),
                "password authentication failed",
            ),
            (right.replace(name, "nowhere"), "\"nowhere\" does not exist"),
            (
                world.database.url().replace(name, "postgres"),
                "not_a_ledger: the database has no ledger",
            ),
        ] {
            let ended = Command::new(env!("CARGO_BIN_EXE_backend"))
                .arg(process)
                .envs(environment(&url, 0))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{said}");
            assert!(said.contains(why), "{process}: {why}: {said}");
        }
    }
}
