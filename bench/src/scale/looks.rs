//! Reconciler runs on a generated ledger. There is no chain: checks against the contract are skipped and reported as such.

use std::time::Instant;

use anyhow::{Context, ensure};
use audit::checks::{Skip, Verdict};
use reconciler::{Config, Reconciler, RunReport};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::posting::Posting;
use super::{peak, print, reset_peak, role};

/// Where nobody listens.
const NO_NODE: &str = "http://127.0.0.1:1";

/// Looks while the posting worker goes on.
pub(super) async fn looks(url: &str, posting: Posting) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(posting.go_on(stop.clone()));
    let looked = compare(url).await;
    stop.cancel();
    let posted = worker.await??;
    ensure!(posted > 0, "nothing was posted meanwhile");
    looked
}

async fn compare(url: &str) -> anyhow::Result<()> {
    let env = service::Env::of(&[
        ("TRELLIS_DATABASE_URL", &role(url, "trellis_reconciler")?),
        ("TRELLIS_RPC_URL", NO_NODE),
    ]);
    let mut reconciler = Reconciler::new(&Config::from_env(&env)?).await?;
    let before = reset_peak()?;
    let begun = Instant::now();
    let everything = look(&mut reconciler, true).await?;
    let took = begun.elapsed();
    ensure!(everything.is_full, "not everything was looked at");
    let peak = peak()?.saturating_sub(before);
    print(
        "scale.look_at_everything",
        took.as_secs_f64(),
        "s",
        120.0,
        None,
        "all slices read, recounted and divided anew from nothing; no check of books and events finds anything",
        [
            ("users", json!(everything.users)),
            ("peak_megabytes", json!(peak / 1_024)),
        ],
    );
    let begun = Instant::now();
    let regular = look(&mut reconciler, false).await?;
    let took = begun.elapsed();
    ensure!(!regular.is_full, "everything was looked at");
    print(
        "scale.look",
        took.as_secs_f64(),
        "s",
        5.0,
        None,
        "what is new since, and all checks over all books in memory",
        [("checking_seconds", json!(regular.checking.as_secs_f64()))],
    );
    Ok(())
}

async fn look(reconciler: &mut Reconciler, everything: bool) -> anyhow::Result<RunReport> {
    let looked = reconciler.run(everything).await?.context("nothing is posted")?;
    for (check, verdict) in &looked.report.verdicts {
        let is_fine = matches!(
            verdict,
            Verdict::Passed | Verdict::Skipped(Skip::NotConfigured(_) | Skip::Unreachable(_))
        );
        ensure!(is_fine, "{check:?}: {verdict:?}");
    }
    Ok(looked)
}
