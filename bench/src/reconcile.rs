//! How long the reconciler needs to look at everything, and at what is new, with a hundred thousand users on a real chain.

use std::time::Duration;

use anvil_tests::World;
use anyhow::{Context, ensure};
use audit::checks::{Skip, Verdict};
use reconciler::{Config, Reconciler, RunReport};

use crate::crowd;
use crate::measurement::Measurement;

/// Half of the users: each has another one below.
const SPONSORS: usize = 50_000;
/// The best of so many looks counts: whatever else runs on the machine only makes them slower.
const RUNS: usize = 3;

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut world = World::start().await?;
    // From here on only the benchmark looks.
    world.system.reconciler.stop()?;
    crowd::gather(&world, SPONSORS).await?;
    let mut reconciler = Reconciler::new(&config(&world)?).await?;
    let mut everything = look(&mut reconciler, true).await?;
    for _ in 1..RUNS {
        let again = look(&mut reconciler, true).await?;
        if again.duration < everything.duration {
            everything = again;
        }
    }
    ensure!(
        everything.accounts == everything.users,
        "not every account was read"
    );
    let mut new = look(&mut reconciler, false).await?;
    for _ in 1..RUNS {
        let again = look(&mut reconciler, false).await?;
        if again.duration < new.duration {
            new = again;
        }
    }
    let users = everything.users;
    print(
        "reconcile.everything",
        everything.duration,
        format!(
            "all checks but R12 passed on everything: {users} users, as many accounts read at the contract, every log \
             folded, every transfer summed, every payment divided again"
        ),
    );
    print(
        "reconcile.new",
        new.duration,
        format!(
            "all checks but R12 passed on all balances, users and deposits of {users} users, {} accounts read at the \
             contract, and of logs and transfers what is new: nothing",
            new.accounts
        ),
    );
    print(
        "reconcile.checks",
        everything.checking,
        format!("the pure checks alone, on everything of {users} users"),
    );
    Ok(())
}

/// The crowd's intakes are not signed by our signers, so that R12 has nothing to say.
fn config(world: &World) -> anyhow::Result<Config> {
    let database_url = world.ledger.url_as("trellis_reconciler");
    let env = service::Env::of(&[
        ("TRELLIS_DATABASE_URL", &database_url),
        ("TRELLIS_RPC_URL", &world.spec().rpc_url),
    ]);
    Ok(Config::from_env(&env)?)
}

async fn look(reconciler: &mut Reconciler, everything: bool) -> anyhow::Result<RunReport> {
    let looked = reconciler.run(everything).await?.context("nothing is posted")?;
    for (check, verdict) in &looked.report.verdicts {
        let is_fine = matches!(
            verdict,
            Verdict::Passed | Verdict::Skipped(Skip::NotConfigured(_))
        );
        ensure!(is_fine, "{check:?}: {verdict:?}");
    }
    Ok(looked)
}

fn print(name: &'static str, took: Duration, checked: String) {
    Measurement::new(name, took.as_secs_f64(), "s", checked).print();
}
