//! Migrations read from the checkout, for databases that are made before the programs are built.

use std::path::Path;

use anyhow::Context;
use sqlx::migrate::Migrator;

/// The schema of the signer's tables and of its migrations.
pub const SIGNER_SCHEMA: &str = "signer";

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
