//! `trellis ledger verify`: recomputes every balance, projection and hash from the facts, and prints what differs.
//!
//! It only reads. The exit status is a failure if anything differs.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use sqlx::{Connection as _, PgConnection};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recompute every balance, projection and hash from the facts
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The ledger's database; the role `trellis_reader` is enough
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Verify(verify) => run_verify(&verify).await,
    }
}

async fn run_verify(verify: &Verify) -> anyhow::Result<ExitCode> {
    let mut connection = PgConnection::connect(&verify.database_url)
        .await
        .context("cannot connect to the ledger's database")?;
    let deployment = store::deployment::find(&mut connection)
        .await?
        .context("the database has no deployment")?;
    let plan = plan::compile(&deployment.plan_text).context("the deployment's plan does not compile")?;
    anyhow::ensure!(
        plan.hash() == deployment.plan_hash,
        "the deployment's plan has another hash than was deployed"
    );
    let snapshot = store::snapshot::read(&mut connection).await?;
    connection.close().await?;
    let found = audit::verify(&plan::Book::new(plan), &snapshot);
    for discrepancy in &found {
        println!("{discrepancy}");
    }
    let books = &snapshot.books;
    println!(
        "{} facts in {} batches, {} transfers, {} balances, {} rewards, {} users: {}",
        snapshot.facts.len(),
        snapshot.batches.len(),
        books.transfers.len(),
        books.balances.len(),
        books.rewards.len(),
        books.users.len(),
        match found.len() {
            0 => "everything follows from the facts".to_owned(),
            1 => "1 discrepancy".to_owned(),
            count => format!("{count} discrepancies"),
        }
    );
    Ok(if found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
