//! [`Replica`]: a database as it was a moment ago, which takes the place of the database that went on.
//!
//! What a failover to a replica looks like that had not received the last commits: every connection breaks, and who connects
//! again finds an earlier state.

use devstack::postgres::connect;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::database::{TestDatabase, unused_name};

/// Tries until nobody is connected: a session that ends is listed for a moment longer.
const TRIES: u32 = 50;

/// A copy of a test's database.
#[derive(Debug)]
#[must_use]
pub struct Replica(String);

impl TestDatabase {
    /// The database as it is now, for [`TestDatabase::fail_over`]. Everyone is disconnected for it, and may come back.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn replica(&self) -> Replica {
        let copy = unused_name().expect("a name");
        let mut server = self.maintenance().await;
        let name = &self.name;
        alone(
            &mut server,
            name,
            &format!("CREATE DATABASE \"{copy}\" TEMPLATE \"{name}\""),
        )
        .await;
        let again = format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT -1");
        run(&mut server, &again)
            .await
            .expect("connections are let in again");
        server.close().await.expect("an orderly end");
        Replica(copy)
    }

    /// What a statement without arguments gives in a replica, as text. After a failover whoever connects may have done more.
    ///
    /// # Panics
    /// When there is no such value.
    pub async fn found_in(&self, replica: &Replica, statement: &str) -> String {
        let copy = connect(&self.server.url(&replica.0)).await;
        let mut copy = copy.expect("the replica accepts connections");
        let found = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
        let found = found.fetch_one(&mut copy).await.expect("a value");
        copy.close().await.expect("an orderly end");
        found
    }

    /// Loses everything that was committed since the replica was made.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn fail_over(&self, replica: Replica) {
        let Replica(copy) = replica;
        let mut server = self.maintenance().await;
        let name = &self.name;
        let lost = unused_name().expect("a name");
        // In one transaction, and with the list of databases locked, so that whoever connects meanwhile waits and finds the other one.
        let exchange = format!(
            "BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE; {}; ALTER DATABASE \"{name}\" RENAME TO \"{lost}\"; ALTER DATABASE \"{copy}\" RENAME TO \"{name}\"; COMMIT",
            disconnect(name)
        );
        alone(&mut server, name, &exchange).await;
        let drop = format!("DROP DATABASE \"{lost}\" WITH (FORCE)");
        run(&mut server, &drop)
            .await
            .expect("the lost database is dropped");
        server.close().await.expect("an orderly end");
    }

    async fn maintenance(&self) -> PgConnection {
        let url = self.server.maintenance_url();
        connect(&url).await.expect("the server accepts connections")
    }
}

/// Runs a statement while nobody is connected to a database; nobody but its owner is let in afterwards.
async fn alone(server: &mut PgConnection, database: &str, statement: &str) {
    let close = format!("ALTER DATABASE \"{database}\" CONNECTION LIMIT 0");
    run(server, &close).await.expect("connections are refused");
    for tried in 1.. {
        run(server, &disconnect(database))
            .await
            .expect("sessions are ended");
        match run(server, statement).await {
            Ok(()) => return,
            Err(error) => assert!(tried < TRIES, "{statement}: {error}"),
        }
        // A failure within a transaction leaves it open.
        run(server, "ROLLBACK").await.expect("no transaction is open");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn disconnect(database: &str) -> String {
    format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
}

async fn run(server: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(server)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests;
