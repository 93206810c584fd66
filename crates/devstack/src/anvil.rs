//! A local chain: anvil on a free port, with finality four blocks behind the head.
//!
//! Not responsible for what is deployed on it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use rustix::process::Signal;

use crate::checkout::Checkout;
use crate::child::{Child, ChildSpec};
use crate::ports::start_on_a_port;
use crate::tools::Tools;

/// The id of a local development chain. Development defaults are used on no other.
pub const CHAIN_ID: u64 = 31337;

/// The phrase that all accounts of a local chain derive from. Everyone knows it.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Accounts with money, enough for a scenario of forty users beside the system's own.
pub const ACCOUNTS: u32 = 64;

/// The time between two blocks of BNB Smart Chain.
const BLOCK_SECONDS: &str = "0.45";

/// What BNB Smart Chain's blocks hold.
const BLOCK_GAS: &str = "55000000";

/// A chain that is kept is also saved while it runs: what a killed one loses is half a minute at most.
const SAVED_EVERY_SECONDS: &str = "30";

/// How long a start may take; loading a saved chain is the long part.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// Between two attempts to connect.
const POLL: Duration = Duration::from_millis(20);

/// How blocks come into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    /// One every 0.45 s.
    Interval,
    /// Only when a test requests one (`anvil_mine`).
    OnDemand,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct AnvilSpec {
    /// How blocks come into being.
    pub mining: Mining,
    /// A file that the chain is loaded from and saved to at its end.
    pub state: Option<PathBuf>,
    /// The file its messages go to.
    pub log: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
}

/// A running chain that ends with its parent.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    port: u16,
}

impl Anvil {
    /// Starts it on a free port and waits until it answers.
    pub async fn start(checkout: &Checkout, spec: &AnvilSpec) -> anyhow::Result<Self> {
        Self::start_at(checkout, spec, None).await
    }

    /// Starts it on this port, or on a free one when it is taken, and waits until it answers.
    pub async fn start_at(checkout: &Checkout, spec: &AnvilSpec, port: Option<u16>) -> anyhow::Result<Self> {
        let program = Tools::of(checkout).anvil()?;
        let was_taken = |error: &anyhow::Error| error.to_string().contains("Address already in use");
        start_on_a_port(port, was_taken, |port| Self::start_on(port, &program, spec)).await
    }

    /// The URL of its JSON-RPC.
    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port of its JSON-RPC.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it as `kill -9` does: what was not saved is lost.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()
    }

    /// Fails when it has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        self.child.check_running()
    }

    /// Ends it; with a state file, the chain is saved.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.child.stop().map(drop)
    }

    async fn start_on(port: u16, program: &Path, spec: &AnvilSpec) -> anyhow::Result<Self> {
        File::create(&spec.log).with_context(|| format!("cannot write {}", spec.log.display()))?;
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--chain-id", &CHAIN_ID.to_string(), "--mnemonic", MNEMONIC]);
        command.args(["--accounts", &ACCOUNTS.to_string(), "--quiet"]);
        // Finality is arithmetic: two slots in an epoch put it four blocks behind the head.
        command.args(["--slots-in-an-epoch", "2"]);
        // As on BNB Smart Chain: no transaction above 16,777,216 gas.
        command.args([
            "--hardfork",
            "osaka",
            "--enable-tx-gas-limit",
            "--gas-limit",
            BLOCK_GAS,
        ]);
        match spec.mining {
            Mining::Interval => command.args(["--block-time", BLOCK_SECONDS]),
            Mining::OnDemand => command.arg("--no-mining"),
        };
        match &spec.state {
            // With every old state in it, the file of an hour has gigabytes; the blocks alone have few megabytes.
            Some(state) => {
                command.args(["--state-interval", SAVED_EVERY_SECONDS]);
                // A restored chain would otherwise take the machine's time, which may be earlier than its own.
                if let Some(time) = restored_time(state)? {
                    command.args(["--timestamp", &time.to_string()]);
                }
                command.arg("--state").arg(state)
            }
            None => command.arg("--preserve-historical-states"),
        };
        let mut child = Child::start(ChildSpec {
            name: "anvil".to_owned(),
            command,
            account: None,
            log: spec.log.clone(),
            pids: spec.pids.clone(),
            // A saved chain is written at the end; without one there is nothing to wait for.
            stop: if spec.state.is_some() {
                Signal::TERM
            } else {
                Signal::KILL
            },
            stop_within: Duration::from_secs(20),
        })?;
        wait_until_ready(port, &mut child).await?;
        Ok(Self { child, port })
    }
}

/// The time at which a saved chain goes on: not before its last block, and not before now; `None` when there is none.
fn restored_time(state: &Path) -> anyhow::Result<Option<u64>> {
    let saved = match std::fs::read(state) {
        Ok(saved) => saved,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", state.display())),
    };
    let saved: Saved = serde_json::from_slice(&saved).with_context(|| {
        format!(
            "{} is not a saved chain; use `--fresh` to delete it",
            state.display()
        )
    })?;
    let last = u64::from_str_radix(saved.block.timestamp.trim_start_matches("0x"), 16)
        .with_context(|| format!("{} has no time", state.display()))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Some(now.as_secs().max(last.saturating_add(1))))
}

/// What is read of a saved chain.
#[derive(serde::Deserialize)]
struct Saved {
    block: SavedBlock,
}

#[derive(serde::Deserialize)]
struct SavedBlock {
    timestamp: String,
}

async fn wait_until_ready(port: u16, child: &mut Child) -> anyhow::Result<()> {
    service::install_tls();
    let client = reqwest::Client::new();
    let request = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []});
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline {
        child.check_running()?;
        let answer = client
            .post(format!("http://127.0.0.1:{port}"))
            .json(&request)
            .send()
            .await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("anvil did not respond within {} s", READY_WITHIN.as_secs())
}
