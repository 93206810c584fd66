//! The signer's own database: connections, and its migrations in its own schema.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use thiserror::Error;

/// The table of applied migrations; with it in the signer's schema, a ledger on the same server keeps its own.
pub const MIGRATIONS_TABLE: &str = "signer._sqlx_migrations";

/// The signer's schema.
pub const SCHEMA: &str = "signer";

/// Connections of one signer: decisions come one after the other anyway.
const CONNECTIONS_MAX: u32 = 8;

/// How long a connection may be waited for.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(3);

/// Settings of every connection: a decision is durable before anything is signed, and nobody waits forever.
const SETTINGS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("statement_timeout", "5s"),
    ("lock_timeout", "3s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// Why the database cannot be used.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// It is not reached.
    #[error("cannot connect to the signer's database")]
    Connect(#[source] sqlx::Error),
    /// It lacks migrations, or has others.
    #[error("the signer's database schema is out of date; run `signer migrate`")]
    NotMigrated,
    /// A migration does not apply.
    #[error("the signer's migrations do not apply")]
    Migrate(#[from] MigrateError),
}

impl DatabaseError {
    /// Whether the server is not there yet: it does not respond, or it starts. Anything else another try does not cure.
    pub fn is_for_the_moment(&self) -> bool {
        let Self::Connect(error) = self else {
            return false;
        };
        let code = error.as_database_error().and_then(|error| error.code());
        matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)
            // cannot_connect_now, too_many_connections
            || code.is_some_and(|code| code == "57P03" || code == "53300")
    }
}

/// A pool for the serving signer.
///
/// # Errors
/// [`DatabaseError::Connect`].
pub async fn connect(url: &str) -> Result<PgPool, DatabaseError> {
    let options: PgConnectOptions = url.parse().map_err(DatabaseError::Connect)?;
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_WITHIN)
        .connect_with(options.application_name("trellis-signer").options(SETTINGS))
        .await
        .map_err(DatabaseError::Connect)
}

/// Brings the database to the newest migration, as its owner.
///
/// # Errors
/// [`DatabaseError::Connect`], [`DatabaseError::Migrate`].
pub async fn migrate(url: &str) -> Result<(), DatabaseError> {
    let mut connection = PgConnection::connect(url).await.map_err(DatabaseError::Connect)?;
    migrator().run(&mut connection).await?;
    connection.close().await.map_err(DatabaseError::Connect)
}

/// Fails unless exactly the migrations of this program were applied.
///
/// # Errors
/// [`DatabaseError::NotMigrated`].
pub async fn check_migrated(pool: &PgPool) -> Result<(), DatabaseError> {
    // Not checked by the compiler: the table belongs to the migrations' machinery.
    let statement = "SELECT version, checksum FROM signer._sqlx_migrations WHERE success ORDER BY version";
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(statement)
        .fetch_all(pool)
        .await
        .map_err(|_| DatabaseError::NotMigrated)?;
    let migrator = migrator();
    let wanted = migrator
        .iter()
        .map(|migration| (migration.version, migration.checksum.to_vec()));
    if wanted.eq(applied) {
        Ok(())
    } else {
        Err(DatabaseError::NotMigrated)
    }
}

/// Whether this role could rewrite the memory that it should only be able to extend, or end the pauses of its own key.
pub(crate) async fn may_rewrite(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT bool_or(has_table_privilege(name, 'UPDATE') OR has_table_privilege(name, 'DELETE'))
               OR has_table_privilege('signer.key_resume', 'INSERT')
               OR NOT row_security_active('signer.people') AS "may!"
           FROM unnest(ARRAY['signer.sign_request', 'signer.signature', 'signer.audit',
               'signer.payout_batch', 'signer.payout', 'signer.liabilities_root', 'signer.transaction', 'signer.key_pause',
               'signer.key_resume', 'signer.people', 'signer.intake', 'signer.first_sight']) AS name"#
    )
    .fetch_one(pool)
    .await
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator.create_schema(SCHEMA);
    migrator
}
