//! `trellis ledger migrate`: brings a ledger's database to the schema of this version.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use sqlx::{Connection as _, PgConnection};
use store::restore::list_occupants;
use store::schema::{self, Schema, SchemaError};

use crate::database;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ledger's database, as its owner; no process may be running
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Print what would be applied, without applying it
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut connection = database::connect(&arguments.database_url).await?;
    let schema = schema::read(&mut connection).await?;
    ensure!(schema.applied > 0, SchemaError::Absent);
    if arguments.dry_run {
        tell_missing(&schema);
        outln!("nothing was done");
    } else {
        upgrade(&mut connection).await?;
    }
    connection.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Applies what is missing. Whoever works on the old schema would break in the middle, so nobody may.
pub(super) async fn upgrade(connection: &mut PgConnection) -> anyhow::Result<()> {
    let schema = schema::read(connection).await?;
    if schema.applied > 0 && !schema.missing.is_empty() {
        let occupants = list_occupants(connection).await?;
        ensure!(
            occupants.is_empty(),
            "ledger_in_use: stop every process first: {}",
            occupants.join("; ")
        );
    }
    tell_missing(&schema);
    store::migrate(connection)
        .await
        .context("the migrations do not apply")
}

pub(super) fn tell_missing(schema: &Schema) {
    for migration in &schema.missing {
        outln!("migration  {} {}", migration.version, migration.description);
    }
    if schema.missing.is_empty() {
        outln!("all {} migrations are applied", schema.applied);
    }
}
