//! `trellis ledger migrate`: brings a ledger's database to the schema of this version.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sqlx::{Connection as _, PgConnection};
use store::restore::list_occupants;
use store::schema::{self, Schema, SchemaError};

use crate::database;

/// For how long others may be connected before that is refused.
const UNUSED_WITHIN: Duration = Duration::from_secs(3);

/// Between two looks at who is connected.
const POLL: Duration = Duration::from_millis(100);

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
        wait_until_unused(connection).await?;
    }
    tell_missing(&schema);
    store::migrate(connection)
        .await
        .context("the migrations do not apply")
}

/// Whoever has just disconnected is seen for a moment longer.
async fn wait_until_unused(connection: &mut PgConnection) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNUSED_WITHIN;
    loop {
        let occupants = list_occupants(connection).await?;
        if occupants.is_empty() {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "ledger_in_use: stop every process first: {}",
            occupants.join("; ")
        );
        tokio::time::sleep(POLL).await;
    }
}

pub(super) fn tell_missing(schema: &Schema) {
    for migration in &schema.missing {
        outln!("migration  {} {}", migration.version, migration.description);
    }
    if schema.missing.is_empty() {
        outln!("all {} migrations are applied", schema.applied);
    }
}
