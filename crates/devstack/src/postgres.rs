//! A PostgreSQL server of our own: prepared once, copied, started on a free port, stopped fast.
//!
//! It listens on 127.0.0.1 only and asks for a password that is random per checkout. Not responsible for
//! what is in its databases.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use crate::checkout::Checkout;
use crate::child::{Child, ChildSpec, ProcessId, log_tail};
use crate::ports::free_port;
use crate::tools::{PostgresTools, Tools};
use crate::unprivileged::Account;

/// The superuser of the server.
const SUPERUSER: &str = "postgres";

/// How long a start may take; recovery after a crash is the long part.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Between two attempts to connect.
const POLL: Duration = Duration::from_millis(20);

/// Starts on another port when the free one was taken meanwhile.
const PORT_ATTEMPTS: u32 = 3;

/// The password is 128 random bits, so more rounds of its hash protect nothing and slow every connection.
const SCRAM_ITERATIONS: &str = "scram_iterations=64";

/// Settings of every server. Tests hold a pool per database, hence the many connections; the large WAL keeps
/// checkpoints out of measurements; compiling queries costs more than it saves with ours.
const SETTINGS: [&str; 9] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "jit=off",
    "log_min_messages=warning",
    "log_line_prefix=%m [%p] %d ",
    "timezone=UTC",
];

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
    /// The URL of a database of the server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }
}

impl Postgres {
    /// Starts the server, with a new data directory when there is none.
    pub async fn start(checkout: &Checkout, spec: &PostgresSpec) -> anyhow::Result<Self> {
        let prepared = Prepared::of(checkout, &spec.data)?;
        for _ in 1..PORT_ATTEMPTS {
            match Self::start_on(free_port()?, &prepared, spec).await {
                Err(error) if port_was_taken(&spec.log) => tracing::warn!("starting again: {error}"),
                result => return result,
            }
        }
        Self::start_on(free_port()?, &prepared, spec).await
    }

    /// How to reach it.
    #[must_use]
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
    used: &Path,
) -> anyhow::Result<(Address, ProcessId)> {
    let prepared = Prepared::of(checkout, &spec.data)?;
    let port = free_port()?;
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

/// Looks every ten seconds whether the server still runs, and ends it when it is not used any more.
const END_WHEN_UNUSED: &str = r#"
while kill -0 "$1" 2>/dev/null; do
    if [ -z "$(find "$2" -mmin -30 2>/dev/null)" ]; then kill -INT "$1"; exit; fi
    sleep 10
done"#;

/// A data directory ready to start, and what starts it.
struct Prepared {
    tools: PostgresTools,
    account: Account,
    data: PathBuf,
    password: String,
}

impl Prepared {
    /// Finds the data directory, or copies a new one from the template.
    fn of(checkout: &Checkout, data: &str) -> anyhow::Result<Self> {
        let account = Account::unprivileged()?;
        let tools = reachable(checkout, &account, Tools::of(checkout).postgres()?)?;
        let (template, password) = template(checkout, &account, &tools)?;
        let data = checkout.local_for(&account, "")?.join(data);
        if version_of(&data).is_some_and(|found| Some(found) != version_of(&template)) {
            bail!(
                "{} belongs to another version of PostgreSQL; remove it",
                data.display()
            );
        }
        if version_of(&data).is_none() {
            let _ = fs::remove_dir_all(&data);
            if let Some(parent) = data.parent() {
                fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
            }
            copy_tree(&template, &data)?;
        }
        Ok(Self {
            tools,
            account,
            data,
            password,
        })
    }

    fn server_command(&self, port: u16, durability: Durability) -> Command {
        let mut command = Command::new(self.tools.bin.join("postgres"));
        command.arg("-D").arg(&self.data).args(["-p", &port.to_string()]);
        let throwaway = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"];
        let more = match durability {
            Durability::Durable => &[][..],
            Durability::Throwaway => &throwaway[..],
        };
        for setting in SETTINGS.iter().chain(more) {
            command.args(["-c", setting]);
        }
        command
    }
}

/// The version of a complete data directory.
fn version_of(data: &Path) -> Option<String> {
    // The control file is the last that initdb writes of those that a server cannot do without.
    data.join("global/pg_control")
        .is_file()
        .then(|| fs::read_to_string(data.join("PG_VERSION")).ok())?
}

/// The installation itself, or a copy of it that the account can reach.
fn reachable(checkout: &Checkout, account: &Account, tools: PostgresTools) -> anyhow::Result<PostgresTools> {
    if account.can_traverse(&tools.bin) {
        return Ok(tools);
    }
    let _lock = checkout.lock("postgres-copy")?;
    let home = checkout
        .local_for(account, "postgres-programs")?
        .join(&fingerprint(&tools)?[..12]);
    let relative = tools
        .bin
        .strip_prefix(&tools.home)
        .context("bin is inside its installation")?;
    let copy = PostgresTools {
        bin: home.join(relative),
        home: home.clone(),
    };
    if !home.exists() {
        let unfinished = home.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        copy_tree(&tools.home, &unfinished)?;
        fs::rename(&unfinished, &home).context("cannot move the copy of PostgreSQL into place")?;
    }
    Ok(copy)
}

/// The template data directory and the superuser's password in it.
fn template(
    checkout: &Checkout,
    account: &Account,
    tools: &PostgresTools,
) -> anyhow::Result<(PathBuf, String)> {
    let _lock = checkout.lock("postgres-template")?;
    let name = &fingerprint(tools)?[..12];
    let template = checkout.local_for(account, "postgres-templates")?.join(name);
    let password_file = checkout
        .local("postgres-templates")?
        .join(format!("{name}.password"));
    if version_of(&template).is_some()
        && let Ok(password) = fs::read_to_string(&password_file)
    {
        return Ok((template, password));
    }
    let password = random_password()?;
    let _ = fs::remove_dir_all(&template);
    fs::create_dir(&template).with_context(|| format!("cannot create {}", template.display()))?;
    account.own(&template)?;
    fs::set_permissions(&template, fs::Permissions::from_mode(0o700))?;
    run_initdb(account, tools, &template, &password)?;
    write_secret(&password_file, &password)?;
    Ok((template, password))
}

fn run_initdb(account: &Account, tools: &PostgresTools, data: &Path, password: &str) -> anyhow::Result<()> {
    // A file, because a pipe of ours cannot be opened by another account.
    let password_file = data.with_extension("password-for-initdb");
    write_secret(&password_file, password)?;
    account.own(&password_file)?;
    let mut command = Command::new(tools.bin.join("initdb"));
    command
        .arg("-D")
        .arg(data)
        .arg("--pwfile")
        .arg(&password_file)
        .args(["-U", SUPERUSER]);
    command.args([
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    command
        .args(["-c", SCRAM_ITERATIONS])
        .stdin(Stdio::null())
        .current_dir("/");
    account.apply(&mut command);
    let output = command.output().context("cannot start initdb")?;
    let _ = fs::remove_file(&password_file);
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Tells installations and their ways of preparation apart.
fn fingerprint(tools: &PostgresTools) -> anyhow::Result<String> {
    let server = tools.bin.join("postgres");
    let size = fs::metadata(&server)
        .with_context(|| format!("{} is missing", server.display()))?
        .len();
    let output = Command::new(&server)
        .arg("--version")
        .output()
        .context("postgres does not start")?;
    if !output.status.success() {
        bail!(
            "{} does not run: {}",
            server.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let version = String::from_utf8_lossy(&output.stdout);
    let uid = rustix::process::geteuid().as_raw();
    Ok(hex::encode(Sha256::digest(format!(
        "{version} {size} {SCRAM_ITERATIONS} {uid}"
    ))))
}

fn random_password() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    Ok(hex::encode(bytes))
}

fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let _ = fs::remove_file(path);
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(secret.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Copies a directory with owners, modes and links.
fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    let output = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .output()
        .context("cannot run cp")?;
    if !output.status.success() {
        bail!(
            "cannot copy {}: {}",
            from.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

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
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Lets the system's own roles log in with this password. The migrations create them without one: in
/// production, their operator decides how each process proves itself.
pub async fn let_roles_log_in(connection: &mut PgConnection, password: &str) -> anyhow::Result<()> {
    let names = "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'trellis\\_%' AND rolcanlogin";
    let roles: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut *connection).await?;
    for role in roles {
        let statement = "SELECT format('ALTER ROLE %I PASSWORD %L', $1, $2)";
        let statement: String = sqlx::query_scalar(statement)
            .bind(role)
            .bind(password)
            .fetch_one(&mut *connection)
            .await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The same URL for another role with the same password.
pub fn url_as(url: &str, role: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url.split_once("://").context("not a URL")?;
    let (login, place) = rest
        .split_once('@')
        .context("the URL of the database names no user")?;
    let secret = login
        .split_once(':')
        .map(|(_, password)| format!(":{password}"))
        .unwrap_or_default();
    Ok(format!("{scheme}://{role}{secret}@{place}"))
}

/// The password in a URL, if it has one.
#[must_use]
pub fn password_of(url: &str) -> Option<&str> {
    url.split_once("://")?
        .1
        .split_once('@')?
        .0
        .split_once(':')
        .map(|(_, password)| password)
}

/// Connects to a database, without logging its statements.
pub async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    let options: PgConnectOptions = url.parse().context("not a PostgreSQL URL")?;
    options
        .disable_statement_logging()
        .connect()
        .await
        .context("cannot connect to PostgreSQL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_role_keeps_password_place_and_parameters_of_a_url() {
        let url = url_as("postgres://postgres:secret@127.0.0.1:5/db?a=b", "trellis_api").unwrap();
        assert_eq!(url, "postgres://trellis_api:secret@127.0.0.1:5/db?a=b");
        assert_eq!(password_of(&url), Some("secret"));
        assert!(url_as("postgres://127.0.0.1/db", "trellis_api").is_err());
    }
}
