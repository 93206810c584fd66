//! The development system's databases: created, migrated, and checked against the running chain.

use std::path::Path;

use anyhow::Context;
use sqlx::migrate::Migrator;
use sqlx::{Connection, Row};

use crate::checkout::Checkout;
use crate::postgres::{Address, connect, let_roles_log_in, password_of};

/// The ledger's database.
pub const LEDGER: &str = "trellis";

/// The signer's own database.
pub const SIGNER: &str = "trellis_signer";

/// The schema of the signer's tables and of its migrations.
pub const SIGNER_SCHEMA: &str = "signer";

/// Creates both databases when they are missing and brings them to the newest migration.
pub async fn migrate(checkout: &Checkout, address: &Address) -> anyhow::Result<()> {
    let mut maintenance = connect(&address.url("postgres")).await?;
    let signer_schema = Some(SIGNER_SCHEMA);
    for (database, directory, schema) in [
        (LEDGER, "crates/store/migrations", None),
        (SIGNER, "signer/migrations", signer_schema),
    ] {
        let exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let exists: bool = sqlx::query_scalar(exists)
            .bind(database)
            .fetch_one(&mut maintenance)
            .await?;
        if !exists {
            let statement = format!("CREATE DATABASE {database}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                .execute(&mut maintenance)
                .await?;
        }
        apply(&checkout.path(directory), schema, &address.url(database)).await?;
    }
    maintenance.close().await?;
    Ok(())
}

/// The migrations in a directory; with a schema, what was applied is noted in that schema, as the program does that
/// they belong to.
pub async fn migrator(directory: &Path, schema: Option<&'static str>) -> anyhow::Result<Migrator> {
    let migrator = Migrator::new(directory).await;
    let mut migrator = migrator.with_context(|| format!("cannot read {}", directory.display()))?;
    if let Some(schema) = schema {
        migrator.create_schema(schema);
        migrator.dangerous_set_table_name(format!("{schema}._sqlx_migrations"));
    }
    Ok(migrator)
}

async fn apply(directory: &Path, schema: Option<&'static str>, url: &str) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    let migrator = migrator(directory, schema).await?;
    migrator.run(&mut connection).await.with_context(|| {
        format!(
            "the migrations in {} do not apply; `--fresh` starts over",
            directory.display()
        )
    })?;
    if let Some(password) = password_of(url) {
        let_roles_log_in(&mut connection, password).await?;
    }
    Ok(connection.close().await?)
}

/// What a database remembers of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The id of the chain.
    pub chain_id: u64,
    /// The contract's address, in hexadecimal with prefix.
    pub contract: String,
    /// The plan file.
    pub plan_text: String,
    /// Hash of the block in which the contract was deployed, in hexadecimal with prefix.
    pub contract_block: String,
    /// Hash of the newest final block that the listener recorded, likewise.
    pub final_block: Option<String>,
}

/// What the ledger's database remembers, if it was deployed.
pub async fn remembered(url: &str) -> anyhow::Result<Option<Remembered>> {
    let mut connection = connect(url).await?;
    let deployment = "SELECT chain_id, '0x' || encode(contract, 'hex'), '0x' || encode(contract_block_hash, 'hex'), \
                      plan_text FROM deployment";
    let Some(row) = sqlx::query(deployment).fetch_optional(&mut connection).await? else {
        return Ok(None);
    };
    let checkpoint = "SELECT '0x' || encode(final_hash, 'hex') FROM checkpoint";
    let final_block = sqlx::query_scalar::<_, String>(checkpoint)
        .fetch_optional(&mut connection)
        .await?;
    let chain_id = u64::try_from(row.get::<i64, _>(0)).context("the stored chain id is negative")?;
    Ok(Some(Remembered {
        chain_id,
        contract: row.get(1),
        plan_text: row.get(3),
        contract_block: row.get(2),
        final_block,
    }))
}
