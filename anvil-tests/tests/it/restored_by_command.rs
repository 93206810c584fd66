//! `trellis ledger restore` as someone on call types it: refused while processes run, then a copy that ends earlier.

use std::process::Output;

use anvil_tests::{World, trellis};

/// Facts that are undone.
const UNDONE: i64 = 3;

/// Restores the ledger of a system, which is stopped for that, to an earlier fact.
pub(crate) async fn is_restored(mut world: World) {
    let last: i64 = sqlx::query_scalar("SELECT max(seq) FROM fact")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    let to = (last - UNDONE).to_string();
    let url = world.ledger.url();
    let (server, name) = url.rsplit_once('/').unwrap();
    let into = format!("{name}_restored");
    let rpc = world.spec().rpc_url.clone();
    let restore = ["restore", "--rpc", &rpc, "--to-fact", &to, "--into", &into];
    let refused = ledger_command(&url, &restore).await;
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && message.contains("stop every process first"),
        "{refused:?}"
    );
    world.system.stop().unwrap();
    world.ledger.pool().close().await;
    let done = ledger_command(&url, &restore).await;
    let message = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{done:?}");
    assert!(
        message.contains(&format!("ends with fact {to}; {UNDONE} later facts are undone")),
        "{message}"
    );
    let verified = ledger_command(&format!("{server}/{into}"), &["verify"]).await;
    let report = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{verified:?}");
    assert!(report.starts_with(&format!("{to} facts")), "{report}");
}

async fn ledger_command(url: &str, words: &[&str]) -> Output {
    let mut command = trellis().unwrap();
    command.arg("ledger").args(words).args(["--database-url", url]);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}
