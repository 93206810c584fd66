//! `trellis operator`: who operates a ledger. Every change is written to the ledger's audit log by the database itself.
//!
//! Not responsible for the signers' list of people, which has its own quorum (`signer people`).

use std::process::ExitCode;

use alloy::primitives::Address;
use anyhow::{Context, ensure};
use clap::Subcommand;
use sqlx::{Connection as _, PgConnection};
use store::operator::{self, NAME_CHARACTERS_MAX, Operator, Role, TWO_CONFIG_ADMINS};
use store::{StoreError, deployment};

use crate::database;
use crate::operate::account;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The ledger's database, as its owner; to list, the role `trellis_reader` is enough
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Print every operator: name, wallet and roles
    List,
    /// Add a wallet; wallets with one name belong to one person
    Add {
        /// The wallet's address with its checksum
        #[arg(value_parser = account)]
        wallet: Address,
        /// Who it is: lower-case letters, digits, hyphens and dots, as on the signers' list of people
        #[arg(value_parser = name)]
        name: String,
        /// One or more of viewer, support, builder, approver, config_admin, auditor
        #[arg(required = true, value_parser = role)]
        roles: Vec<Role>,
    },
    /// Grant roles to a wallet
    Grant {
        /// The wallet's address with its checksum
        #[arg(value_parser = account)]
        wallet: Address,
        /// One or more of viewer, support, builder, approver, config_admin, auditor
        #[arg(required = true, value_parser = role)]
        roles: Vec<Role>,
    },
    /// Revoke roles from a wallet
    Revoke {
        /// The wallet's address with its checksum
        #[arg(value_parser = account)]
        wallet: Address,
        /// One or more of viewer, support, builder, approver, config_admin, auditor
        #[arg(required = true, value_parser = role)]
        roles: Vec<Role>,
    },
    /// Remove a wallet
    Remove {
        /// The wallet's address with its checksum
        #[arg(value_parser = account)]
        wallet: Address,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let url = arguments
        .database_url
        .context("pass --database-url or set TRELLIS_DATABASE_URL")?;
    let mut connection = database::connect(&url).await?;
    store::schema::check(&mut connection).await?;
    obey(&mut connection, arguments.act).await.map_err(explained)?;
    connection.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn list(connection: &mut PgConnection) -> anyhow::Result<()> {
    for operator in operator::list(connection).await? {
        tell(&operator.name, operator.wallet, &operator.roles);
    }
    Ok(())
}

fn tell(name: &str, wallet: Address, roles: &[String]) {
    outln!("{name} {wallet} {}", roles.join(","));
}

async fn obey(connection: &mut PgConnection, act: Act) -> anyhow::Result<()> {
    match act {
        Act::List => list(connection).await,
        Act::Add { wallet, name, roles } => add(connection, wallet, name, &roles).await,
        Act::Grant { wallet, roles } => change_roles(connection, wallet, &roles, &[]).await,
        Act::Revoke { wallet, roles } => change_roles(connection, wallet, &[], &roles).await,
        Act::Remove { wallet } => {
            let is_removed = operator::remove(connection, wallet).await?;
            ensure!(is_removed, "operator_unknown: {wallet} is not an operator");
            outln!("{wallet} is no longer an operator");
            Ok(())
        }
    }
}

async fn add(
    connection: &mut PgConnection,
    wallet: Address,
    name: String,
    roles: &[Role],
) -> anyhow::Result<()> {
    let deployed = deployment::find(connection).await?;
    let deployed = deployed.context("not_deployed: the database is not bound to a contract")?;
    ensure!(
        service::is_local_chain(deployed.chain_id) || !abi::development::is_public_knowledge(wallet),
        "key_is_public: the key of {wallet} is public"
    );
    let operator = Operator {
        wallet,
        name,
        roles: roles.iter().map(|role| role.name().to_owned()).collect(),
    };
    operator::insert(connection, std::slice::from_ref(&operator)).await?;
    tell(&operator.name, wallet, &operator.roles);
    Ok(())
}

async fn change_roles(
    connection: &mut PgConnection,
    wallet: Address,
    granted: &[Role],
    revoked: &[Role],
) -> anyhow::Result<()> {
    let names = |roles: &[Role]| roles.iter().map(|role| role.name()).collect::<Vec<_>>();
    let changed = operator::change_roles(connection, wallet, &names(granted), &names(revoked)).await?;
    let roles = changed.with_context(|| format!("operator_unknown: {wallet} is not an operator"))?;
    outln!("{wallet} {}", roles.join(","));
    Ok(())
}

/// What a constraint of the database means.
fn explained(error: anyhow::Error) -> anyhow::Error {
    match error
        .downcast_ref::<StoreError>()
        .and_then(StoreError::constraint)
    {
        Some("operator_pkey") => error.context("operator_repeats: the wallet is an operator's already"),
        Some(TWO_CONFIG_ADMINS) => error
            .context("config_admins_too_few: at least two people must stay config admins; add another first"),
        Some(_) | None => error,
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::by_name(text).ok_or_else(|| format!("must be one of {}", Role::ALL.map(Role::name).join(", ")))
}

/// Names are ids on the signers' list of people, too.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let in_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if text.is_empty() || text.len() > NAME_CHARACTERS_MAX || !text.chars().all(in_name) {
        return Err(format!(
            "must be 1 to {NAME_CHARACTERS_MAX} lower-case letters, digits, hyphens and dots"
        ));
    }
    Ok(text.to_owned())
}
