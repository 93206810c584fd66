//! Serves a ledger with participants and operators, and has schemathesis send to it what the description allows and what it does
//! not: `./scripts/analyze api`. The arguments are its program and a directory for its reports, which decide; further ones are for
//! it.
#![expect(clippy::unwrap_used, reason = "a test and what it is made of")]
#![expect(
    dead_code,
    unused_imports,
    reason = "of what the tests of the API are made of, not all is needed here"
)]

#[path = "api/chain.rs"]
mod chain;
#[path = "api/clock.rs"]
mod clock;
#[path = "api/described.rs"]
mod described;
#[path = "api/operators.rs"]
mod operators;
#[path = "api/played_signer.rs"]
mod played_signer;
#[path = "api/world.rs"]
mod world;

mod documents {
    pub(crate) const EXPORTED: &str = include_str!("../openapi.json");
}

use std::process::{Command, ExitCode};

use operators::{BOTH, due_world};

/// A participant with directs.
const PARTICIPANT: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, reports, more @ ..] = &arguments[..] else {
        eprintln!("schemathesis: program and reports are missing; run ./scripts/analyze api");
        return ExitCode::from(2);
    };
    let world = due_world().await;
    for person in [PARTICIPANT, BOTH] {
        let session = world.sign_in(person).await;
        let mut command = Command::new(program);
        command
            .arg("run")
            .arg(format!("{}/openapi.json", world.url))
            .args(["--header", &format!("Authorization: Bearer {}", session.access)])
            // One would end the session of all requests after it, the other one keep them from doing anything.
            .args([
                "--exclude-operation-id",
                "sign_out",
                "--exclude-operation-id",
                "stop",
            ])
            .args([
                "--report",
                "ndjson",
                "--report-ndjson-path",
                &format!("{reports}/{person}.ndjson"),
            ])
            .args(more);
        let ended = tokio::task::spawn_blocking(move || command.status())
            .await
            .unwrap();
        ended.expect("schemathesis can be started");
    }
    ExitCode::SUCCESS
}
