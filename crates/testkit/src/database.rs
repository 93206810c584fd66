//! A database of its own for one test.

use anyhow::Context;
use devstack::postgres::{connect, url_as};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool};

use crate::server::{Server, TEST_PREFIX, server};
use crate::template::{self, Migrations, Template};

/// Connections of one test's pool: enough for a race of a few, little enough for many tests at once.
const POOL_CONNECTIONS_MAX: u32 = 12;

/// A migrated database, dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    pub(crate) server: Server,
    pub(crate) name: String,
    pool: PgPool,
}

impl TestDatabase {
    /// A database with the migrations of `store`.
    ///
    /// # Panics
    /// When there is no PostgreSQL or a migration fails: a test on real parts does not run without them.
    pub async fn new() -> Self {
        Self::with(Migrations::Store).await
    }

    /// A database with the migrations of the signer.
    ///
    /// # Panics
    /// As [`TestDatabase::new`].
    pub async fn for_signer() -> Self {
        Self::with(Migrations::Signer).await
    }

    /// A database with these migrations.
    ///
    /// # Panics
    /// As [`TestDatabase::new`].
    pub async fn with(migrations: Migrations) -> Self {
        Self::create(migrations)
            .await
            .unwrap_or_else(|error| panic!("no database for the test: {error:#}"))
    }

    /// A database restored from a dump of an earlier state of `store`, in parts, and brought to the newest migration.
    ///
    /// # Panics
    /// As [`TestDatabase::new`], and when the dump cannot be restored.
    pub async fn restored(dump: &[&str]) -> Self {
        Self::restore(dump)
            .await
            .unwrap_or_else(|error| panic!("no database for the test: {error:#}"))
    }

    async fn create(migrations: Migrations) -> anyhow::Result<Self> {
        let server = server().await?;
        let template = Template::prepare(&server, migrations).await?;
        let name = unused_name()?;
        template.copy(&server, &name).await?;
        Self::open(server, name).await
    }

    async fn restore(dump: &[&str]) -> anyhow::Result<Self> {
        let server = server().await?;
        // A dump grants rights to roles, which belong to the server: the template's migrations create them.
        Template::prepare(&server, Migrations::Store).await?;
        let name = unused_name()?;
        template::restore(&server, &name, dump).await?;
        Self::open(server, name).await
    }

    async fn open(server: Server, name: String) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(POOL_CONNECTIONS_MAX)
            .connect(&server.url(&name))
            .await
            .context("cannot connect to the new database")?;
        Ok(Self { server, name, pool })
    }

    /// A pool of connections as the superuser.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// One new connection as the superuser, outside the pool.
    ///
    /// # Panics
    /// When the server does not accept it.
    pub async fn connection(&self) -> PgConnection {
        connect(&self.url())
            .await
            .expect("the test's database accepts connections")
    }

    /// The URL for the superuser.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The URL for one of the roles that the migrations create (`trellis_listener`, `trellis_api` …).
    ///
    /// # Panics
    /// When the server's URL names no user.
    pub fn url_as(&self, role: &str) -> String {
        url_as(&self.url(), role).expect("the server's URL names its superuser")
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = self.server.maintenance_url();
        let statement = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        // A drop cannot be asynchronous and may run inside the test's runtime: another thread does it. What
        // fails here is cleaned up by the next start of the server.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut connection = connect(&url).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await?;
                anyhow::Ok(connection.close().await?)
            })
        });
        let _ = dropping.join();
    }
}

pub(crate) fn unused_name() -> anyhow::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    Ok(format!("{TEST_PREFIX}{}", hex::encode(bytes)))
}

#[cfg(test)]
mod tests;
