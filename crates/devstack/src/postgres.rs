//! A PostgreSQL server of our own: prepared once, copied, started on a free port, stopped fast.
//!
//! It listens on 127.0.0.1 only and requests a password that is random per checkout. Not responsible for
//! what is in its databases.

mod data_directory;
mod login;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use sqlx::Connection;

use crate::checkout::Checkout;
use crate::child::{Child, ChildSpec, ProcessId, log_tail};
use crate::ports::start_on_a_port;
use crate::postgres::data_directory::Prepared;
pub use crate::postgres::login::{connect, let_roles_log_in, password_of, url_as};

/// The superuser of the server.
const SUPERUSER: &str = "postgres";

/// How long a start may take; recovery after a crash is the long part.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Between two attempts to connect.
const POLL: Duration = Duration::from_millis(20);

/// What a server promises after the machine crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A commit survives.
    Durable,
    /// Nothing survives; fast, for tests.
    Throwaway,
}

/// Where a server keeps what.
#[derive(Debug, Clone)]
pub struct PostgresSpec {
    /// The name of the data directory below `.local`, for instance `dev/postgres`.
    pub data: String,
    /// The file its messages go to.
    pub log: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
    /// What it promises.
    pub durability: Durability,
}

/// A running server that ends with its parent.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    address: Address,
}

/// How to reach a server as its superuser.
#[derive(Debug, Clone)]
pub struct Address {
    port: u16,
    password: String,
}

impl Address {
    /// The port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }
}

impl Postgres {
    /// Starts the server on a free port, with a new data directory when there is none.
    pub async fn start(checkout: &Checkout, spec: &PostgresSpec) -> anyhow::Result<Self> {
        Self::start_at(checkout, spec, None).await
    }

    /// Starts the server on this port, or on a free one when it is taken.
    pub async fn start_at(
        checkout: &Checkout,
        spec: &PostgresSpec,
        port: Option<u16>,
    ) -> anyhow::Result<Self> {
        let prepared = Prepared::of(checkout, &spec.data)?;
        let was_taken = |_: &anyhow::Error| port_was_taken(&spec.log);
        start_on_a_port(port, was_taken, |port| Self::start_on(port, &prepared, spec)).await
    }

    /// How to reach it.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The version that it says it has.
    pub async fn version(&self) -> anyhow::Result<String> {
        let mut connection = connect(&self.address.url("postgres")).await?;
        let version = sqlx::query_scalar("SHOW server_version")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(version)
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()
    }

    /// Fails when it has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        self.child.check_running()
    }

    /// Shuts it down: open sessions are ended, commits are kept.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.child.stop().map(drop)
    }

    async fn start_on(port: u16, prepared: &Prepared, spec: &PostgresSpec) -> anyhow::Result<Self> {
        File::create(&spec.log).with_context(|| format!("cannot write {}", spec.log.display()))?;
        let mut child = Child::start(ChildSpec {
            name: "postgres".to_owned(),
            command: prepared.server_command(port, spec.durability),
            account: Some(prepared.account),
            log: spec.log.clone(),
            pids: spec.pids.clone(),
            stop: Signal::INT,
            stop_within: Duration::from_secs(20),
        })?;
        let address = Address {
            port,
            password: prepared.password.clone(),
        };
        wait_until_ready(&address, || child.check_running()).await?;
        Ok(Self { child, address })
    }
}

/// Starts a server that outlives this process, and returns how to reach it and which process it is.
///
/// It ends itself when `used` was not touched for half an hour, or is removed.
pub async fn start_detached(
    checkout: &Checkout,
    spec: &PostgresSpec,
    port: u16,
    used: &Path,
) -> anyhow::Result<(Address, ProcessId)> {
    let prepared = Prepared::of(checkout, &spec.data)?;
    let log = File::create(&spec.log).with_context(|| format!("cannot write {}", spec.log.display()))?;
    let server = prepared.server_command(port, spec.durability);
    let mut command = Command::new("setsid");
    command.arg(server.get_program()).args(server.get_args());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    prepared.account.apply(&mut command);
    let mut process = command.spawn().context("cannot start PostgreSQL")?;
    let id = ProcessId::of(process.id())?;
    let address = Address {
        port,
        password: prepared.password,
    };
    let ready = wait_until_ready(&address, || match process.try_wait()? {
        Some(_) => bail!(
            "PostgreSQL ended; the end of {}:\n{}",
            spec.log.display(),
            log_tail(&spec.log)
        ),
        None => Ok(()),
    });
    if let Err(error) = ready.await {
        id.end(Signal::INT, Duration::from_secs(5));
        return Err(error);
    }
    Command::new("setsid")
        .args([
            "sh",
            "-c",
            END_WHEN_UNUSED,
            "end-when-unused",
            &id.pid().to_string(),
        ])
        .arg(used)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the watch over an unused PostgreSQL")?;
    Ok((address, id))
}

/// Looks every ten seconds whether the server still runs, and ends it when it is no longer used.
const END_WHEN_UNUSED: &str = r#"
while kill -0 "$1" 2>/dev/null; do
    if [ -z "$(find "$2" -mmin -30 2>/dev/null)" ]; then kill -INT "$1"; exit; fi
    sleep 10
done"#;

fn port_was_taken(log: &Path) -> bool {
    fs::read_to_string(log).is_ok_and(|text| text.contains("Address already in use"))
}

async fn wait_until_ready(
    address: &Address,
    mut check_running: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        check_running()?;
        match connect(&address.url("postgres")).await {
            Ok(connection) => {
                return connection
                    .close()
                    .await
                    .context("PostgreSQL closed the connection");
            }
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("PostgreSQL does not start");
            }
            Err(error) if is_wrong_password(&error) => {
                return Err(error)
                    .context("the data directory has another password than its template; remove it");
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// No waiting makes a wrong password right.
fn is_wrong_password(error: &anyhow::Error) -> bool {
    let wrong_password = "28P01";
    let sqlx = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
    sqlx.and_then(sqlx::Error::as_database_error)
        .is_some_and(|error| error.code().as_deref() == Some(wrong_password))
}
