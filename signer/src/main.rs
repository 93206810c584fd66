//! The signer's program: `serve` (also without a command), and what prepares and checks it.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use anyhow::Context;
use approval::Domain;
use approval::PEOPLE_TEXT_BYTES_MAX;
use clap::{Parser, Subcommand};
use service::input::read_text;
use service::{Env, errln, out, outln, output};
use signer::audit::{self, Anchor};
use signer::config::Config;
use signer::purpose::Purpose;
use signer::{callers, database, keyring, serve};
use sqlx::{Connection, PgConnection};

/// Maximum size of an approvals file in bytes: about a thousand signatures.
const APPROVALS_BYTES_MAX: usize = 1 << 20;

/// Signs requests that it can justify. Configured by the environment; see `signer/src/config.rs`.
#[derive(Debug, Parser)]
#[command(name = "signer", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until shut down
    Serve,
    /// Create an encrypted key and print its file and account
    NewKey {
        /// The directory of the new file
        #[arg(long)]
        keystore: PathBuf,
        /// A file with the password, readable only by its owner
        #[arg(long)]
        password_file: PathBuf,
    },
    /// Create a caller's key: the first line is for the caller, the second for TRELLIS_CALLERS
    NewCallerKey,
    /// Migrate the signer's database, as its owner
    Migrate {
        /// The database
        #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
    /// End the pause of a key after investigating an equivocation, as the database's owner
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
        /// The result of the investigation, for the record
        #[arg(long)]
        reason: String,
    },
    /// Manage this signer's list of people who may approve payments
    #[command(subcommand)]
    People(People),
    /// Verify the chain of decisions; reports the first bad row
    VerifyAudit {
        /// The database
        #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
        /// An earlier head that must be in the chain, as reported by the health endpoint
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Anchor>,
    },
}

#[derive(Debug, Subcommand)]
enum People {
    /// Print the current list
    Show(PeopleDatabase),
    /// Set the list directly, as the database's owner
    Set {
        #[command(flatten)]
        database: PeopleDatabase,
        /// The new list
        file: PathBuf,
    },
    /// Replace the list by one signed by its quorum; as the signer's own role
    Change {
        #[command(flatten)]
        database: PeopleDatabase,
        /// The new list
        file: PathBuf,
        /// The signatures: a JSON array of `{wallet, expires, signature}`, as `trellis approve people` writes them
        #[arg(long)]
        approvals: PathBuf,
        /// The node whose head is used as the clock
        #[arg(long, env = "TRELLIS_RPC_URL", hide_env_values = true)]
        rpc_url: String,
    },
}

#[derive(Debug, clap::Args)]
struct PeopleDatabase {
    /// The signer's database
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The chain
    #[arg(long, env = "TRELLIS_CHAIN_ID")]
    chain_id: u64,
    /// The custody contract
    #[arg(long, env = "TRELLIS_CONTRACT")]
    contract: Address,
}

#[tokio::main]
async fn main() -> ExitCode {
    service::install_tls();
    let result = run(Arguments::parse().command.unwrap_or(Command::Serve)).await;
    output::settle(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            errln!("signer: {error:#}");
            ExitCode::FAILURE
        }
    })
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => {
            service::init().context("cannot set up logging")?;
            serve::serve(Config::from_env(&Env::process())?).await
        }
        Command::NewKey {
            keystore,
            password_file,
        } => {
            let (file, address) = keyring::create(&keystore, &password_file)?;
            outln!("{}\n{address}", file.display());
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
        Command::People(command) => people(command).await,
        Command::VerifyAudit { database_url, anchor } => verify_audit(&database_url, anchor).await,
    }
}

fn new_caller_key() -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    let key = hex::encode(bytes);
    outln!("{key}\n{}", hex::encode(callers::key_hash(&key)));
    Ok(())
}

async fn resume(database_url: &str, purpose: Purpose, signer: Address, reason: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!reason.trim().is_empty(), "give the finding with --reason");
    let mut connection = PgConnection::connect(database_url)
        .await
        .context("cannot connect to the signer's database")?;
    let ended = signer::resume(&mut connection, purpose, signer, reason)
        .await
        .context("cannot end the pause; only the database's owner can")?;
    anyhow::ensure!(!ended.is_empty(), "the key {signer} is not paused for {purpose}");
    for business_key in ended {
        outln!("ended the pause for {business_key}");
    }
    Ok(())
}

impl PeopleDatabase {
    async fn connect(&self) -> anyhow::Result<(PgConnection, Domain)> {
        let connection = PgConnection::connect(&self.database_url).await;
        let domain = Domain {
            chain_id: self.chain_id,
            contract: self.contract,
        };
        Ok((
            connection.context("cannot connect to the signer's database")?,
            domain,
        ))
    }
}

async fn people(command: People) -> anyhow::Result<()> {
    match command {
        People::Show(database) => {
            let (mut connection, domain) = database.connect().await?;
            let listed = signer::people::read(&mut connection, &domain).await?;
            out!(
                "# version {}, {}\n{}",
                listed.version,
                listed.people.hash(),
                listed.people
            );
        }
        People::Set { database, file } => {
            let (mut connection, _) = database.connect().await?;
            let version = signer::people::set(&mut connection, &read_people(&file)?).await;
            let version = version.context("cannot set the list; only the database's owner can")?;
            outln!("version {version} is set");
        }
        People::Change {
            database,
            file,
            approvals,
            rpc_url,
        } => {
            let (mut connection, domain) = database.connect().await?;
            let text = read_text(&approvals, APPROVALS_BYTES_MAX)?;
            let approvals: Vec<signer::people::StoredApproval> =
                serde_json::from_str(&text).context("the approvals are not a JSON array of signatures")?;
            let head = chain::ChainReader::connect(&rpc_url, domain.contract)?
                .head()
                .await?;
            let next = read_people(&file)?;
            let version =
                signer::people::change(&mut connection, &next, &approvals, head.timestamp, &domain).await?;
            outln!("version {version} is approved");
        }
    }
    Ok(())
}

fn read_people(file: &std::path::Path) -> anyhow::Result<approval::People> {
    let text = read_text(file, PEOPLE_TEXT_BYTES_MAX)?;
    text.parse()
        .with_context(|| format!("{} is not a list of people", file.display()))
}

async fn verify_audit(database_url: &str, anchor: Option<Anchor>) -> anyhow::Result<()> {
    let verified = audit::verify_database(database_url, anchor).await?;
    outln!(
        "the audit chain is intact: {}:{}",
        verified.head.seq,
        verified.head.hash
    );
    Ok(())
}
