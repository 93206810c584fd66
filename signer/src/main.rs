//! The signer's program: `serve` (also without a command), and what prepares and checks it.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use anyhow::Context;
use clap::{Parser, Subcommand};
use signer::audit::{self, Anchor};
use signer::config::Config;
use signer::purpose::Purpose;
use signer::{callers, database, keyring, serve};
use sqlx::{Connection, PgConnection};
use telemetry::Env;

/// Signs what it can justify. Its configuration is in the environment; see `signer/src/config.rs`.
#[derive(Debug, Parser)]
#[command(name = "signer", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until asked to end
    Serve,
    /// Create an encrypted key and print its file and its account
    NewKey {
        /// The directory of the new file
        #[arg(long)]
        keystore: PathBuf,
        /// A file with the password, readable for its owner only
        #[arg(long)]
        password_file: PathBuf,
    },
    /// Make a caller's key: the first line is for the caller, the second for TRELLIS_CALLERS
    NewCallerKey,
    /// Bring the signer's database to the newest migration, as its owner
    Migrate {
        /// The database
        #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
    /// End the pause of a key after an equivocation was looked at, as the database's owner
    Resume {
        /// The database
        #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
        /// What the key signs: authorizations, roots or transactions
        #[arg(long)]
        purpose: Purpose,
        /// The key's account
        #[arg(long)]
        signer: Address,
        /// What was found, for the record
        #[arg(long)]
        reason: String,
    },
    /// Verify the chain of decisions; names the first bad row
    VerifyAudit {
        /// The database
        #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
        /// An earlier head that must be in the chain, as the health endpoint told it
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Anchor>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::install_tls();
    match run(Arguments::parse().command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => {
            telemetry::init().context("cannot set up logging")?;
            serve::serve(Config::from_env(&Env::process())?).await
        }
        Command::NewKey {
            keystore,
            password_file,
        } => {
            let (file, address) = keyring::create(&keystore, &password_file)?;
            println!("{}\n{address}", file.display());
            Ok(())
        }
        Command::NewCallerKey => new_caller_key(),
        Command::Migrate { database_url } => Ok(database::migrate(&database_url).await?),
        Command::Resume {
            database_url,
            purpose,
            signer,
            reason,
        } => resume(&database_url, purpose, signer, &reason).await,
        Command::VerifyAudit { database_url, anchor } => verify_audit(&database_url, anchor).await,
    }
}

fn new_caller_key() -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    let key = hex::encode(bytes);
    println!("{key}\n{}", hex::encode(callers::key_hash(&key)));
    Ok(())
}

async fn resume(database_url: &str, purpose: Purpose, signer: Address, reason: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!reason.trim().is_empty(), "say what was found, with --reason");
    let mut connection = PgConnection::connect(database_url)
        .await
        .context("cannot connect to the signer's database")?;
    let ended = signer::resume(&mut connection, purpose, signer, reason)
        .await
        .context("cannot end the pause; only the database's owner can")?;
    anyhow::ensure!(!ended.is_empty(), "the key {signer} is not paused for {purpose}");
    for business_key in ended {
        println!("ended the pause for {business_key}");
    }
    Ok(())
}

async fn verify_audit(database_url: &str, anchor: Option<Anchor>) -> anyhow::Result<()> {
    let verified = audit::verify_database(database_url, anchor).await?;
    println!(
        "the audit chain is whole: {}:{}",
        verified.head.seq, verified.head.hash
    );
    Ok(())
}
