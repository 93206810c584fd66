//! Migrated databases that others are copied from, one for each state of the migrations.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use devstack::Checkout;
use devstack::migrations::{SIGNER_SCHEMA, migrator};
use devstack::postgres::{connect, let_roles_log_in, password_of};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, Row};

use crate::server::Server;

/// The advisory lock of the server under which templates are made; migrations also create roles, which
/// belong to the whole server. The number means nothing, it only has to be the same everywhere.
const LOCK: i64 = 0x7472_656c_6c69_7301;

/// Changes with the way templates are made, so that those of the old way are not used.
const WAY: &[u8] = b"roles can log in, the signer notes migrations in its schema";

/// Whose migrations a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrations {
    /// The backend's and the listener's database.
    Store,
    /// The signer's own database.
    Signer,
}

impl Migrations {
    fn directory(self, checkout: &Checkout) -> PathBuf {
        match self {
            Self::Store => checkout.path("crates/store/migrations"),
            Self::Signer => checkout.path("signer/migrations"),
        }
    }

    /// Where it is noted what was applied, if not at the usual place.
    fn schema(self) -> Option<&'static str> {
        match self {
            Self::Store => None,
            Self::Signer => Some(SIGNER_SCHEMA),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Signer => "signer",
        }
    }
}

/// A migrated database that nobody is connected to.
#[derive(Debug, Clone)]
pub struct Template {
    name: String,
}

impl Template {
    /// The template for the migrations as they are now, made when it does not exist.
    pub async fn prepare(server: &Server, migrations: Migrations) -> anyhow::Result<Self> {
        let directory = migrations.directory(&Checkout::find()?);
        let name = format!("template_{}_{}", migrations.name(), digest(&directory)?);
        let mut connection = connect(&server.maintenance_url()).await?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut connection)
            .await?;
        let made = make(server, &mut connection, (&directory, migrations.schema()), &name).await;
        // Closing the connection releases the lock.
        connection.close().await?;
        made.with_context(|| format!("the migrations in {} do not apply", directory.display()))?;
        Ok(Self { name })
    }

    /// Creates a database as a copy of this one.
    pub async fn copy(&self, server: &Server, name: &str) -> anyhow::Result<()> {
        let mut connection = connect(&server.maintenance_url()).await?;
        create(&mut connection, name, Some(&self.name)).await?;
        Ok(connection.close().await?)
    }

    /// Creates a database as a copy of this one, unless it exists.
    pub async fn copy_once(&self, server: &Server, name: &str) -> anyhow::Result<()> {
        let mut connection = connect(&server.maintenance_url()).await?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut connection)
            .await?;
        if !exists(&mut connection, name).await? {
            create(&mut connection, name, Some(&self.name)).await?;
        }
        Ok(connection.close().await?)
    }

    /// A name for the one database that developers of this state of the migrations share.
    pub fn development_name(&self) -> String {
        self.name.replacen("template", "dev", 1)
    }
}

/// Creates a database from a dump of the store's, in parts, and migrates it forward.
pub(crate) async fn restore(server: &Server, name: &str, dump: &[&str]) -> anyhow::Result<()> {
    let mut maintenance = connect(&server.maintenance_url()).await?;
    create(&mut maintenance, name, None).await?;
    maintenance.close().await?;
    // A dump changes the session's settings, so that migrations need another session.
    let mut restoring = connect(&server.url(name)).await?;
    for part in dump {
        sqlx::raw_sql(sqlx::AssertSqlSafe((*part).to_owned()))
            .execute(&mut restoring)
            .await
            .context("cannot restore the dump")?;
    }
    restoring.close().await?;
    let mut inside = connect(&server.url(name)).await?;
    let migrations = Migrations::Store;
    let directory = migrations.directory(&Checkout::find()?);
    migrator(&directory, migrations.schema())
        .await?
        .run(&mut inside)
        .await
        .context("the migrations do not apply to the dump")?;
    Ok(inside.close().await?)
}

async fn make(
    server: &Server,
    connection: &mut PgConnection,
    (directory, schema): (&Path, Option<&'static str>),
    name: &str,
) -> anyhow::Result<()> {
    if exists(connection, name).await? {
        return Ok(());
    }
    // A template under its own name is complete: it is migrated under another one.
    let unfinished = format!("unfinished_{name}");
    let statement = format!("DROP DATABASE IF EXISTS \"{unfinished}\" WITH (FORCE)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut *connection)
        .await?;
    create(connection, &unfinished, None).await?;
    if directory.is_dir() {
        let mut inside = connect(&server.url(&unfinished)).await?;
        migrator(directory, schema).await?.run(&mut inside).await?;
        if let Some(password) = password_of(&server.maintenance_url()) {
            let_roles_log_in(&mut inside, password).await?;
        }
        inside.close().await?;
    }
    let statement = format!("ALTER DATABASE \"{unfinished}\" RENAME TO \"{name}\"");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut *connection)
        .await?;
    Ok(())
}

pub(crate) async fn exists(connection: &mut PgConnection, name: &str) -> anyhow::Result<bool> {
    let row = sqlx::query("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await?;
    Ok(row.get(0))
}

async fn create(connection: &mut PgConnection, name: &str, template: Option<&str>) -> anyhow::Result<()> {
    let template = template
        .map(|template| format!(" TEMPLATE \"{template}\""))
        .unwrap_or_default();
    let statement = format!("CREATE DATABASE \"{name}\"{template}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

/// A digest of the names and contents of all migrations.
fn digest(directory: &Path) -> anyhow::Result<String> {
    let mut files: Vec<PathBuf> = match fs::read_dir(directory) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", directory.display())),
    };
    files.sort();
    let mut digest = Sha256::new();
    digest.update(WAY);
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        digest.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update(Sha256::digest(&content));
    }
    Ok(hex::encode(&digest.finalize()[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_migration_makes_another_template() {
        let directory = std::env::temp_dir().join(format!("trellis-digest-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("0001_create_account.sql");
        fs::write(&file, "-- one").unwrap();
        let first = digest(&directory).unwrap();
        fs::write(&file, "-- two").unwrap();
        let second = digest(&directory).unwrap();
        fs::rename(&file, directory.join("0002_create_account.sql")).unwrap();
        let third = digest(&directory).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        assert!(first != second && second != third && first != third);
    }
}
