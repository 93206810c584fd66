//! `trellis ledger init`, `migrate`, `status`: making a ledger, upgrading it, and what it is of.
//! `trellis ledger verify`: recomputes every balance, projection and hash from the facts, and prints what differs. It only
//! reads, and the exit status is a failure if anything differs. `trellis ledger restore`: a copy that ends with an earlier fact.
//! `trellis ledger quarantine`: quarantined commands.

mod init;
mod migrate;
mod quarantine;
mod status;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use sqlx::Connection as _;

use crate::database;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the ledger of a deployed contract: create the database, apply migrations, bind it, enter the first operators
    Init(init::Arguments),
    /// Bring a ledger's database to the schema of this version
    Migrate(migrate::Arguments),
    /// Print what a ledger's database is of, and what keeps processes from working on it
    Status(status::Arguments),
    /// Recompute every balance, projection and hash from the facts
    Verify(Verify),
    /// Make a copy of the ledger that ends with an earlier fact, leaving the original unchanged
    Restore(Restore),
    /// List quarantined commands, retry one, or dismiss one
    Quarantine(quarantine::Arguments),
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The ledger's database; the role `trellis_reader` is enough
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

#[derive(Debug, clap::Args)]
struct Restore {
    /// The ledger's database, as its owner, who must be able to create databases; no process may be running
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// JSON-RPC endpoint of a node, to decide which later entries are on the chain
    #[arg(long, env = "TRELLIS_RPC_URL", hide_env_values = true)]
    rpc: String,
    /// The last fact to keep
    #[arg(long)]
    to_fact: u64,
    /// Name of the database that is created on the same server
    #[arg(long)]
    into: String,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Init(arguments) => init::run(&arguments).await,
        Command::Migrate(arguments) => migrate::run(&arguments).await,
        Command::Status(arguments) => status::run(&arguments).await,
        Command::Verify(verify) => run_verify(&verify).await,
        Command::Restore(restore) => run_restore(&restore).await,
        Command::Quarantine(arguments) => quarantine::run(&arguments).await,
    }
}

async fn run_verify(verify: &Verify) -> anyhow::Result<ExitCode> {
    let mut connection = database::connect(&verify.database_url).await?;
    let deployment = store::deployment::find(&mut connection)
        .await?
        .context("the database has no deployment")?;
    let plan = plan::compile(&deployment.plan_text).context("the deployment's plan does not compile")?;
    anyhow::ensure!(
        plan.hash() == deployment.plan_hash,
        "the hash of the deployment's plan differs from the deployed one"
    );
    let snapshot = store::snapshot::read(&mut connection).await?;
    connection.close().await?;
    let found = audit::verify(&plan::Book::new(plan), &snapshot);
    for discrepancy in &found {
        outln!("{discrepancy}");
    }
    let books = &snapshot.books;
    outln!(
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

async fn run_restore(arguments: &Restore) -> anyhow::Result<ExitCode> {
    let Restore {
        database_url,
        rpc,
        to_fact,
        into,
    } = arguments;
    let restored = backend::restore::restore(database_url, rpc, into, *to_fact)
        .await
        .context("nothing was restored")?;
    // What is removed goes to standard output, to be kept: one row after the other.
    for row in &restored.removed {
        outln!("{row}");
    }
    errln!(
        "{into} ends with fact {to_fact}; {} later facts are undone",
        restored.facts_undone
    );
    match restored.removed.len() {
        0 => errln!("all later causes are waiting to be posted again"),
        count => errln!(
            "{count} journal entries that are not on the chain were removed; everything else is waiting to be posted again"
        ),
    }
    errln!(
        "the listener will read the chain again above block {}",
        restored.read_again_above
    );
    if restored.withdrawals_gone > 0 {
        let gone = restored.withdrawals_gone;
        errln!(
            "{gone} withdrawal requests were dropped, because their users no longer follow from the facts"
        );
    }
    Ok(ExitCode::SUCCESS)
}
