//! Data directories: one template is made by initdb, every server starts from a copy of it.
//!
//! Also the copy of PostgreSQL's programs for an account that cannot reach the checkout.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::checkout::Checkout;
use crate::postgres::{Durability, SUPERUSER};
use crate::tools::{PostgresTools, Tools};
use crate::unprivileged::Account;

/// The password is 128 random bits, so more rounds of its hash protect nothing and slow every connection.
const SCRAM_ITERATIONS: &str = "scram_iterations=64";

/// The first major version that lets the rounds be chosen.
const SCRAM_ITERATIONS_SINCE: u32 = 16;

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

/// A data directory ready to start, and what starts it.
pub(super) struct Prepared {
    tools: PostgresTools,
    pub(super) account: Account,
    data: PathBuf,
    pub(super) password: String,
}

impl Prepared {
    /// Finds the data directory, or copies a new one from the template.
    pub(super) fn of(checkout: &Checkout, data: &str) -> anyhow::Result<Self> {
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

    pub(super) fn server_command(&self, port: u16, durability: Durability) -> Command {
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
    if major(&version(&tools.bin)?) >= Some(SCRAM_ITERATIONS_SINCE) {
        command.args(["-c", SCRAM_ITERATIONS]);
    }
    command.stdin(Stdio::null()).current_dir("/");
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
    let version = version(&tools.bin)?;
    let uid = rustix::process::geteuid().as_raw();
    Ok(hex::encode(Sha256::digest(format!(
        "{version} {size} {SCRAM_ITERATIONS} {uid}"
    ))))
}

/// What the server says to `--version`, for instance `postgres (PostgreSQL) 18.4`.
fn version(bin: &Path) -> anyhow::Result<String> {
    let server = bin.join("postgres");
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
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn major(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    number
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_packager_s_text() {
        assert_eq!(major("postgres (PostgreSQL) 18.4"), Some(18));
        assert_eq!(
            major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("nonsense"), None);
    }
}
