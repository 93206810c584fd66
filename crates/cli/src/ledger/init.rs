//! `trellis ledger init`: makes the ledger of a deployed contract.
//!
//! File, contract and database are compared before anything is written; what was done already is not done again.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use anyhow::{Context, bail, ensure};
use chain::ChainReader;
use sqlx::{Connection as _, PgConnection};
use store::deployment::{self, Deployment};
use store::schema;

use super::migrate;
use crate::database;
use crate::doctor::contract;
use crate::ledger_file::LedgerFile;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ledger's file, such as ledgers/local.toml
    file: PathBuf,
    /// The database that becomes the ledger's, as a role that may create databases and roles; it is created if it does not exist
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// A node of the chain
    #[arg(long, env = "TRELLIS_RPC_URL", hide_env_values = true)]
    rpc: String,
    /// The contract, if it is not at the address that its file gives
    #[arg(long)]
    contract: Option<Address>,
    /// The block of its deployment, which `trellis deploy` prints
    #[arg(long)]
    from_block: u64,
    /// Check everything and print what would be done, without doing it
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = LedgerFile::read(&arguments.file)
        .with_context(|| format!("{} is refused", arguments.file.display()))?;
    let deployed = examine(arguments, &file).await?;
    outln!(
        "contract   {} on chain {}, from block {}",
        deployed.contract,
        deployed.chain_id,
        deployed.contract_block
    );
    outln!(
        "plan       {} {}, {}",
        file.plan.name(),
        file.plan.version(),
        file.plan.hash()
    );
    for operator in &file.operators {
        outln!(
            "operator   {} {} {}",
            operator.name,
            operator.wallet,
            operator.roles.join(",")
        );
    }
    if arguments.dry_run {
        return rehearse(&arguments.database_url, &deployed).await;
    }
    if schema::create_database(&arguments.database_url)
        .await
        .context("cannot create the database")?
    {
        outln!("the database was created");
    }
    let mut connection = database::connect(&arguments.database_url).await?;
    let is_bound = is_bound(&mut connection, &deployed).await?;
    migrate::upgrade(&mut connection).await?;
    if is_bound {
        outln!("the ledger exists already; operators are changed by `trellis operator`");
    } else {
        deployment::bind(&mut connection, &deployed, &file.operators).await?;
        outln!("the ledger is ready");
    }
    connection.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// The contract must be the one of its file, and no event of it may lie before the block: the journal proves that.
async fn examine(arguments: &Arguments, file: &LedgerFile) -> anyhow::Result<Deployment> {
    let address = arguments
        .contract
        .unwrap_or_else(|| file.contract.creation().address());
    let block = arguments.from_block;
    let report = contract::examine(&arguments.rpc, address, &file.contract, block).await?;
    if !report.is_healthy() {
        out!("{}", report.to_text());
        bail!(
            "contract_differs: the contract at {address} is not the one of the file, or had events before block {block}"
        );
    }
    let reader = ChainReader::connect(&arguments.rpc, address)?;
    let final_block = reader.finalized().await?.number;
    ensure!(
        block <= final_block,
        "block_not_final: block {block} is after the newest final block {final_block}"
    );
    let header = reader.find_header_at(block).await?;
    let header = header.with_context(|| format!("the node does not have block {block}"))?;
    Ok(Deployment {
        chain_id: file.contract.chain_id(),
        contract: address,
        contract_block: block,
        contract_block_hash: header.hash,
        asset: file.plan.asset().code().to_owned(),
        plan_hash: file.plan.hash(),
        plan_text: file.plan_text.clone(),
    })
}

async fn rehearse(url: &str, deployed: &Deployment) -> anyhow::Result<ExitCode> {
    if !schema::database_exists(url).await? {
        outln!("would create the database, apply all migrations and bind it; nothing was done");
        return Ok(ExitCode::SUCCESS);
    }
    let mut connection = database::connect(url).await?;
    let is_bound = is_bound(&mut connection, deployed).await?;
    migrate::tell_missing(&schema::read(&mut connection).await?);
    connection.close().await?;
    outln!(
        "would {}; nothing was done",
        if is_bound {
            "leave the ledger as it is"
        } else {
            "bind the database"
        }
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether the database is this ledger already; an error if it is something else.
async fn is_bound(connection: &mut PgConnection, deployed: &Deployment) -> anyhow::Result<bool> {
    let schema = schema::read(connection).await?;
    if schema.applied == 0 {
        ensure!(
            schema::is_empty(connection).await?,
            "database_not_empty: the database has tables that are not a ledger's"
        );
        return Ok(false);
    }
    let Some(bound) = deployment::find(connection).await? else {
        return Ok(false);
    };
    ensure!(
        bound == *deployed,
        "ledger_is_bound: the database is the ledger of {} on chain {}, from block {}, with plan {}",
        bound.contract,
        bound.chain_id,
        bound.contract_block,
        bound.plan_hash
    );
    Ok(true)
}
