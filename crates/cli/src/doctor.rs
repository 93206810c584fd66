//! `trellis doctor`: missing prerequisites for development and how to get them; and whether the running services
//! are ready. With `--contract`, how a deployed contract
//! differs from its file instead; with `--deployment`, whether the file of a ledger can be used.

pub(crate) mod contract;
mod history;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail, ensure};
use devstack::endpoints::Endpoints;
use devstack::postgres::{Durability, Postgres, PostgresSpec};
use devstack::{Checkout, Tools};

use crate::ledger_file::LedgerFile;

/// The oldest Node version supported by the tools.
const NODE_MAJOR_MIN: u32 = 20;

/// A debug build with its tests, the tools and a database take about half of this.
const FREE_BYTES_MIN: u64 = 15 << 30;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    contract: contract::Arguments,
    /// Check the file of a ledger and everything that it names instead, without a node or a database
    #[arg(long, value_name = "FILE", conflicts_with = "contract")]
    deployment: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(file) = &arguments.deployment {
        let ledger = LedgerFile::read(file).with_context(|| format!("{} is refused", file.display()))?;
        outln!(
            "ok       {}: plan {} {} on chain {}, {} operators",
            file.display(),
            ledger.plan.name(),
            ledger.plan.version(),
            ledger.contract.chain_id(),
            ledger.operators.len()
        );
        return Ok(ExitCode::SUCCESS);
    }
    match arguments.contract.run().await? {
        Some(code) => Ok(code),
        None => examine_machine().await,
    }
}

async fn examine_machine() -> anyhow::Result<ExitCode> {
    let checkout = Checkout::find()?;
    let tools = Tools::of(&checkout);
    let results = [
        ("Rust", rust(&checkout)),
        (
            "C compiler",
            version_of("cc", "install one, on Debian: apt-get install gcc libc6-dev"),
        ),
        ("Node", node()),
        ("npm packages", npm_packages(&checkout)),
        ("anvil", runs(tools.anvil())),
        ("forge", runs(tools.forge())),
        ("cargo-nextest", nextest(&checkout)),
        (
            "setpriv",
            version_of(
                "setpriv",
                "install util-linux; without it, a killed parent leaves child processes behind",
            ),
        ),
        ("free disk", free_disk(&checkout.path(""))),
        ("PostgreSQL", postgres(&checkout).await),
        ("services of `trellis dev`", services(&checkout).await),
    ];
    let mut healthy = true;
    for (what, result) in results {
        match result {
            Ok(found) => outln!("ok       {what}: {found}"),
            Err(error) => {
                healthy = false;
                outln!("MISSING  {what}: {error:#}");
            }
        }
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("`{program}` does not start"))?;
    ensure!(
        output.status.success(),
        "`{program}` fails: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn version_of(program: &str, hint: &str) -> anyhow::Result<String> {
    output(Command::new(program).arg("--version")).with_context(|| hint.to_owned())
}

/// The version pinned in `rust-toolchain.toml` runs in the checkout.
fn rust(checkout: &Checkout) -> anyhow::Result<String> {
    let pinned =
        std::fs::read_to_string(checkout.path("rust-toolchain.toml")).context("no rust-toolchain.toml")?;
    let pinned = pinned.lines().find_map(|line| line.strip_prefix("channel = \""));
    let pinned = pinned
        .and_then(|rest| rest.strip_suffix('"'))
        .context("rust-toolchain.toml does not pin a channel")?;
    let found = output(
        Command::new("rustc")
            .arg("--version")
            .current_dir(checkout.path("")),
    )
    .context("install Rust with https://rustup.rs")?;
    ensure!(
        found.starts_with(&format!("rustc {pinned} ")),
        "{found}, but {pinned} is pinned: `rustup toolchain install {pinned}`"
    );
    Ok(found)
}

fn node() -> anyhow::Result<String> {
    let hint = format!("install Node {NODE_MAJOR_MIN} or newer");
    let version = version_of("node", &hint)?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= NODE_MAJOR_MIN),
        "{version} is too old: {hint}"
    );
    Ok(version)
}

fn npm_packages(checkout: &Checkout) -> anyhow::Result<String> {
    for directory in ["", "contracts/"] {
        let read = |name: &str| std::fs::read(checkout.path(&format!("{directory}{name}")));
        let wanted =
            read("package-lock.json").with_context(|| format!("{directory}package-lock.json is missing"))?;
        if read("node_modules/.installed-from").ok() != Some(wanted) {
            bail!("packages of {directory}package-lock.json are not installed: run ./scripts/setup");
        }
    }
    Ok("as in the lock files".to_owned())
}

fn runs(tool: anyhow::Result<std::path::PathBuf>) -> anyhow::Result<String> {
    output(Command::new(tool?).arg("--version"))
}

fn nextest(checkout: &Checkout) -> anyhow::Result<String> {
    let own = checkout.path(".local/tools/bin/cargo-nextest");
    let program = if own.is_file() {
        own
    } else {
        "cargo-nextest".into()
    };
    output(Command::new(program).args(["nextest", "--version"])).context("./scripts/setup builds it")
}

fn free_disk(root: &Path) -> anyhow::Result<String> {
    let found = rustix::fs::statvfs(root).context("cannot read free disk space")?;
    let free = found.f_bavail * found.f_frsize;
    let gib = free >> 30;
    ensure!(
        free >= FREE_BYTES_MIN,
        "{gib} GiB free, {} GiB required",
        FREE_BYTES_MIN >> 30
    );
    Ok(format!("{gib} GiB"))
}

/// Every service of the running development system reports ready.
async fn services(checkout: &Checkout) -> anyhow::Result<String> {
    let Some(endpoints) = Endpoints::read(&checkout.path(".local/dev/endpoints.json"))? else {
        return Ok("not running".to_owned());
    };
    let unready = endpoints.unready().await;
    if let Some((name, why)) = unready.first_key_value() {
        bail!(
            "{} of {} are not ready; {name}: {why}",
            unready.len(),
            endpoints.services.len()
        );
    }
    Ok(format!(
        "{} are ready; `services` in .local/dev/endpoints.json has their /ready and /metrics",
        endpoints.services.len()
    ))
}

/// PostgreSQL actually starts, with the libraries, account and directory it needs.
async fn postgres(checkout: &Checkout) -> anyhow::Result<String> {
    let Some(_lock) = checkout.try_lock("doctor")? else {
        bail!("another `trellis doctor` is running")
    };
    let directory = checkout.local("doctor")?;
    let spec = PostgresSpec {
        data: "doctor/postgres".to_owned(),
        log: directory.join("postgres.log"),
        pids: directory.join("pids"),
        durability: Durability::Throwaway,
    };
    let mut server = Postgres::start(checkout, &spec).await?;
    let version = server.version().await?;
    server.stop()?;
    Ok(format!("{version} starts and stops"))
}
