//! Connections, and bringing a database to the newest migration.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgConnection, PgPool};

use crate::{Deadlines, StoreError};

/// How long a caller waits for a connection. Longer than that the database is as good as gone.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(5);

/// Every migration, compiled in.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A pool of at most `connections_max` connections with the deadlines of a service; one is made at once, so that a wrong address
/// shows.
///
/// # Errors
/// The URL is none, or the server does not let us in.
pub async fn connect(url: &str, connections_max: u32) -> Result<PgPool, StoreError> {
    connect_as(url, connections_max, "trellis", Deadlines::SERVICE).await
}

/// The same under a name for people who look, and with other deadlines.
///
/// # Errors
/// As [`connect`].
pub async fn connect_as(
    url: &str,
    connections_max: u32,
    program: &str,
    deadlines: Deadlines,
) -> Result<PgPool, StoreError> {
    let options = deadlines.options(url, program)?;
    Ok(of(connections_max).connect_with(options).await?)
}

/// The same without a first connection, to take the place of a pool whose connections do not answer: one that is waited for
/// does not come back to its pool.
///
/// # Errors
/// The URL is none.
pub fn connect_lazily(
    url: &str,
    connections_max: u32,
    program: &str,
    deadlines: Deadlines,
) -> Result<PgPool, StoreError> {
    let options = deadlines.options(url, program)?;
    Ok(of(connections_max).connect_lazy_with(options))
}

fn of(connections_max: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_WITHIN)
}

/// Applies what is missing of the migrations. It needs the owner of the database.
///
/// # Errors
/// A migration that fails, or that was changed after it was applied.
pub async fn migrate(connection: &mut PgConnection) -> Result<(), MigrateError> {
    MIGRATIONS.run(connection).await
}
