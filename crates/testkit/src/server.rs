//! The PostgreSQL that all tests of a checkout share.
//!
//! Every test is a process of its own, so the server must outlive the one that starts it: it is found through
//! a file, and ends itself when no test used it for half an hour. `TRELLIS_TEST_DATABASE_URL` names another
//! server instead; its user must be able to create databases and roles.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use devstack::postgres::{Durability, PostgresSpec, connect, start_detached};
use devstack::{Checkout, ProcessId, free_port};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// Names a server to use instead of an own one.
const SERVER_VARIABLE: &str = "TRELLIS_TEST_DATABASE_URL";

/// The database that is connected to for creating and dropping others.
const MAINTENANCE: &str = "postgres";

/// The start of the names of databases that belong to one test.
pub(crate) const TEST_PREFIX: &str = "test_";

/// A running server for tests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    url: String,
    process: Option<ProcessId>,
}

impl Server {
    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let (base, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        // After `postgres://` the path is the database.
        let authority_end = base
            .find("://")
            .and_then(|start| Some(start + 3 + base[start + 3..].find('/')?));
        let mut url = format!("{}/{database}", &base[..authority_end.unwrap_or(base.len())]);
        if !parameters.is_empty() {
            url.push('?');
            url.push_str(parameters);
        }
        url
    }

    /// The URL for creating and dropping databases.
    pub(crate) fn maintenance_url(&self) -> String {
        self.url(MAINTENANCE)
    }
}

/// The server for tests, started when it does not run.
pub async fn server() -> anyhow::Result<Server> {
    if let Ok(url) = std::env::var(SERVER_VARIABLE) {
        return Ok(Server { url, process: None });
    }
    let checkout = Checkout::find()?;
    let files = Files::of(&checkout)?;
    File::create(&files.used).context("cannot note that the test server is in use")?;
    let _lock = checkout.lock("test-postgres")?;
    if let Some(server) = running(&files) {
        return Ok(server);
    }
    let spec = PostgresSpec {
        data: "test/postgres".to_owned(),
        log: files.log.clone(),
        pids: files.directory.clone(),
        durability: Durability::Throwaway,
    };
    let (address, process) = start_detached(&checkout, &spec, files.usual_port()?, &files.used).await?;
    let server = Server {
        url: address.url(MAINTENANCE),
        process: Some(process),
    };
    drop_leftovers(&server).await?;
    fs::write(&files.server, serde_json::to_string(&server)?).context("cannot note the test server")?;
    Ok(server)
}

/// Stops the checkout's own server, unless someone is connected to it. Returns whether it is gone.
pub async fn stop_server() -> anyhow::Result<bool> {
    let checkout = Checkout::find()?;
    let files = Files::of(&checkout)?;
    let _lock = checkout.lock("test-postgres")?;
    let Some(server) = running(&files) else {
        return Ok(true);
    };
    if in_use(&server).await? {
        return Ok(false);
    }
    if let Some(process) = server.process {
        process.end(Signal::INT, Duration::from_secs(20));
    }
    fs::remove_file(&files.server).context("cannot forget the test server")?;
    Ok(true)
}

/// Where the server of a checkout is noted.
struct Files {
    directory: PathBuf,
    server: PathBuf,
    used: PathBuf,
    log: PathBuf,
    port: PathBuf,
}

impl Files {
    fn of(checkout: &Checkout) -> anyhow::Result<Self> {
        let directory = checkout.local("test")?;
        Ok(Self {
            server: directory.join("server.json"),
            used: directory.join("last-used"),
            log: directory.join("postgres.log"),
            port: directory.join("port"),
            directory,
        })
    }
}

impl Files {
    /// The port of the last server when it is free, so that a URL that a developer noted stays good.
    fn usual_port(&self) -> anyhow::Result<u16> {
        let last = fs::read_to_string(&self.port)
            .ok()
            .and_then(|text| text.parse().ok());
        let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let port = last.filter(is_free).map_or_else(free_port, Ok)?;
        fs::write(&self.port, port.to_string()).context("cannot note the port of the test server")?;
        Ok(port)
    }
}

fn running(files: &Files) -> Option<Server> {
    let server: Server = serde_json::from_str(&fs::read_to_string(&files.server).ok()?).ok()?;
    server
        .process
        .is_some_and(|process| process.is_running())
        .then_some(server)
}

async fn in_use(server: &Server) -> anyhow::Result<bool> {
    let mut connection = connect(&server.maintenance_url()).await?;
    let others = "SELECT count(*) FROM pg_stat_activity \
                  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let count: i64 = sqlx::query(others).fetch_one(&mut connection).await?.get(0);
    Ok(count > 0)
}

/// Drops what tests left that were killed, before the first test of this server runs.
async fn drop_leftovers(server: &Server) -> anyhow::Result<()> {
    let mut connection = connect(&server.maintenance_url()).await?;
    let rows = sqlx::query("SELECT datname FROM pg_database WHERE starts_with(datname, $1)")
        .bind(TEST_PREFIX)
        .fetch_all(&mut connection)
        .await?;
    for row in rows {
        let name: String = row.get(0);
        let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        let url = |text: &str| {
            Server {
                url: text.to_owned(),
                process: None,
            }
            .url("wanted")
        };
        assert_eq!(url("postgres://u:p@h:5/postgres"), "postgres://u:p@h:5/wanted");
        assert_eq!(url("postgres://u:p@h:5"), "postgres://u:p@h:5/wanted");
        assert_eq!(
            url("postgres://h/a?sslmode=disable"),
            "postgres://h/wanted?sslmode=disable"
        );
    }
}
