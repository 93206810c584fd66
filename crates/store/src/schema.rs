//! The schema of a ledger's database: which migrations it has, and bringing it to the newest.
//!
//! A process works only on the schema that it was built for: [`check`]. Not responsible for the signers' database.

use std::collections::BTreeMap;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use thiserror::Error;

use crate::StoreError;

/// Every migration, compiled in.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The database to which a connection is made to create another one.
const MAINTENANCE: &str = "postgres";

/// A migration: its number and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// Words of its file name.
    pub description: String,
}

/// Which of this program's migrations a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// How many were applied.
    pub applied: usize,
    /// Those that were not, in order.
    pub missing: Vec<Migration>,
}

/// Why a database cannot be used with this program.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// It has no migrations at all.
    #[error("not_a_ledger: the database has no ledger; make one with `trellis ledger init`")]
    Absent,
    /// It is of an earlier program.
    #[error(
        "schema_outdated: the ledger's database lacks migrations of this version; run `trellis ledger migrate`"
    )]
    Outdated,
    /// It is of a later program.
    #[error(
        "schema_newer: the ledger's database has migration {version}, which this version does not know; use the version that applied it"
    )]
    Newer {
        /// The unknown migration.
        version: i64,
    },
    /// A migration was changed after it had been applied.
    #[error("schema_changed: migration {version} of the ledger's database is not the one of this version")]
    Changed {
        /// Which.
        version: i64,
    },
    /// A migration stopped in the middle.
    #[error(
        "schema_unfinished: migration {version} of the ledger's database did not finish; restore a backup"
    )]
    Unfinished {
        /// Which.
        version: i64,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a database has of this program's schema; of an empty database, nothing.
///
/// # Errors
/// It is not of this program, or of a later version.
pub async fn read(connection: &mut PgConnection) -> Result<Schema, SchemaError> {
    // Not checked by the compiler: the table belongs to the migrations' machinery.
    let exists = "SELECT to_regclass('public._sqlx_migrations') IS NOT NULL";
    let exists: bool = sqlx::query_scalar(exists)
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::from)?;
    let statement = "SELECT version, checksum, success FROM public._sqlx_migrations ORDER BY version";
    let applied: Vec<(i64, Vec<u8>, bool)> = match exists {
        true => sqlx::query_as(statement)
            .fetch_all(connection)
            .await
            .map_err(unread)?,
        false => Vec::new(),
    };
    let mut known: BTreeMap<i64, _> = MIGRATIONS.iter().map(|known| (known.version, known)).collect();
    for (version, checksum, has_ended) in &applied {
        let version = *version;
        let known = known.remove(&version).ok_or(SchemaError::Newer { version })?;
        if !has_ended {
            return Err(SchemaError::Unfinished { version });
        }
        if known.checksum[..] != checksum[..] {
            return Err(SchemaError::Changed { version });
        }
    }
    let missing = known.into_values().map(|migration| Migration {
        version: migration.version,
        description: migration.description.to_string(),
    });
    Ok(Schema {
        applied: applied.len(),
        missing: missing.collect(),
    })
}

/// Before the migration that lets processes see the migrations, they may not.
fn unread(error: sqlx::Error) -> SchemaError {
    let code = error.as_database_error().and_then(|error| error.code());
    if code.is_some_and(|code| code == "42501") {
        SchemaError::Outdated
    } else {
        SchemaError::Store(error.into())
    }
}

/// Fails unless exactly the migrations of this program were applied.
///
/// # Errors
/// [`SchemaError`].
pub async fn check(connection: &mut PgConnection) -> Result<(), SchemaError> {
    let schema = read(connection).await?;
    if schema.applied == 0 {
        Err(SchemaError::Absent)
    } else if schema.missing.is_empty() {
        Ok(())
    } else {
        Err(SchemaError::Outdated)
    }
}

/// Applies what is missing of the migrations. It needs the owner of the database, and creates the roles of the processes.
///
/// # Errors
/// A migration that fails, or that was changed after it was applied.
pub async fn migrate(connection: &mut PgConnection) -> Result<(), MigrateError> {
    MIGRATIONS.run(connection).await
}

/// Whether a database has no tables: it may become a ledger's.
pub async fn is_empty(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let statement = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))";
    Ok(sqlx::query_scalar(statement).fetch_one(connection).await?)
}

/// Whether the database that a URL names exists.
///
/// # Errors
/// The URL is not valid, or the server does not respond.
pub async fn database_exists(url: &str) -> Result<bool, StoreError> {
    let (mut maintenance, name) = connect_beside(url).await?;
    let exists = exists(&mut maintenance, &name).await?;
    maintenance.close().await?;
    Ok(exists)
}

/// Creates the database that a URL names, unless it exists; whether it did not. The role of the URL becomes its owner.
///
/// # Errors
/// The URL is not valid, the server does not respond, or the role may not create databases.
pub async fn create_database(url: &str) -> Result<bool, StoreError> {
    let (mut maintenance, name) = connect_beside(url).await?;
    let is_new = !exists(&mut maintenance, &name).await?;
    if is_new {
        let statement: String = sqlx::query_scalar("SELECT format('CREATE DATABASE %I', $1)")
            .bind(&name)
            .fetch_one(&mut maintenance)
            .await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut maintenance)
            .await?;
    }
    maintenance.close().await?;
    Ok(is_new)
}

async fn exists(maintenance: &mut PgConnection, name: &str) -> Result<bool, StoreError> {
    let statement = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    Ok(sqlx::query_scalar(statement)
        .bind(name)
        .fetch_one(maintenance)
        .await?)
}

/// A connection to the same server, and the name of the database. As in every PostgreSQL program, a URL without one means the
/// database of the user's name.
async fn connect_beside(url: &str) -> Result<(PgConnection, String), StoreError> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::from)?;
    let name = options
        .get_database()
        .unwrap_or(options.get_username())
        .to_owned();
    let maintenance = PgConnection::connect_with(&options.database(MAINTENANCE)).await?;
    Ok((maintenance, name))
}
