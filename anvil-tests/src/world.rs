//! One complete system for one test, and the waits that tests of it need.

mod chain;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use anyhow::{Context, ensure};
use devstack::anvil::{Anvil, AnvilSpec, Mining};
use devstack::services::Service;
use devstack::world::{Person, Site, System, SystemSpec, deploy};
use devstack::{Checkout, Wallet};
use tempfile::TempDir;
use testkit::{TestDatabase, wait_for};

use demonstration::Oracle;
use rpcsim::{RpcSim, Spec, View};

use crate::evidence;

/// How long a test waits for something that must come: much longer than it takes on a busy machine, and short enough that
/// a test fails by itself before the runner ends it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running system of its own: chain, databases, services.
#[derive(Debug)]
pub struct World {
    // Dropped in this order: services, chain, databases, files.
    /// The four services.
    pub system: System,
    _anvil: Anvil,
    /// The ledger's database.
    pub ledger: TestDatabase,
    /// The signer's database.
    pub signer: TestDatabase,
    site: Site,
    spec: SystemSpec,
    _files: Arc<TempDir>,
}

/// Whole BNB in wei.
pub fn bnb(units: u64) -> U256 {
    U256::from(units) * U256::from(10).pow(U256::from(18))
}

impl std::ops::Deref for World {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// The plan of a world whose test does not ask for another one.
const PLAN: &str = "plans/auto-pool.toml";

impl World {
    /// Starts everything: contract deployed, services ready, nobody registered.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_under(PLAN).await
    }

    /// As [`World::start`], with the plan of this file of the checkout.
    pub async fn start_under(plan: &str) -> anyhow::Result<Self> {
        let (world, _) = Self::start_with(plan, None, Vec::new()).await?;
        Ok(world)
    }

    /// As [`World::start`], with nodes that misbehave when they are told to between the settlement worker and the chain:
    /// one for each view. `environment` is for every service.
    pub async fn start_behind(
        views: &[View],
        environment: Vec<(String, String)>,
    ) -> anyhow::Result<(Self, RpcSim)> {
        let (world, nodes) = Self::start_with(PLAN, Some(views), environment).await?;
        Ok((world, nodes.context("no nodes")?))
    }

    async fn start_with(
        plan: &str,
        views: Option<&[View]>,
        environment: Vec<(String, String)>,
    ) -> anyhow::Result<(Self, Option<RpcSim>)> {
        let files = Arc::new(tempfile::tempdir()?);
        let started = Self::start_in(Arc::clone(&files), plan, views, environment).await;
        started.with_context(|| format!("no world:\n{}", evidence::logs(&logs_in(&files))))
    }

    async fn start_in(
        files: Arc<TempDir>,
        plan: &str,
        views: Option<&[View]>,
        environment: Vec<(String, String)>,
    ) -> anyhow::Result<(Self, Option<RpcSim>)> {
        let checkout = Checkout::find()?;
        let (logs, pids) = (logs_in(&files), files.path().join("pids"));
        std::fs::create_dir_all(&logs)?;
        let anvil = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: logs.join("anvil.log"),
            pids: pids.clone(),
        };
        let anvil = Anvil::start(&checkout, &anvil).await?;
        let (ledger, signer) = (TestDatabase::new().await, TestDatabase::for_signer().await);
        let plan = std::fs::read_to_string(checkout.path(plan))?;
        let deployment = deploy(&ledger.url(), &anvil.rpc_url(), &plan).await?;
        let nodes = match views {
            Some(views) => Some(RpcSim::start(Spec::honest(&anvil.rpc_url()).with_views(views)).await?),
            None => None,
        };
        let spec = SystemSpec {
            database_url: ledger.url(),
            signer_database_url: signer.url(),
            rpc_url: anvil.rpc_url(),
            settler_rpc_url: nodes.as_ref().map(|nodes| nodes.urls().join(",")),
            api_port: None,
            environment,
            logs,
            pids,
        };
        let system = System::start(&spec).await?;
        let site = Site::new(system.api_url(), &anvil.rpc_url(), deployment.address)?;
        let world = Self {
            system,
            _anvil: anvil,
            ledger,
            signer,
            site,
            spec,
            _files: files,
        };
        Ok((world, nodes))
    }

    /// The person with this account of the local chain. Users begin at 8, the root user.
    pub fn person(&self, account: usize) -> Person {
        Person::with(Wallet::at(account))
    }

    /// Another instance of a running service, under another name.
    pub async fn second_instance(&self, of: &Service) -> anyhow::Result<Service> {
        let mut spec = of.spec().clone();
        spec.name = format!("{}-second", spec.name);
        // The first one has the port.
        spec.environment
            .push(("TRELLIS_LISTEN".to_owned(), String::new()));
        Service::start(spec).await
    }

    /// What the services were told.
    pub fn spec(&self) -> &SystemSpec {
        &self.spec
    }

    /// Sends a call of an account that the node holds the key of, and waits for its receipt.
    pub async fn send(&self, from: Address, value: U256, call: Bytes) -> anyhow::Result<TransactionReceipt> {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(self.custody)
            .with_value(value)
            .with_gas_limit(1_000_000)
            .with_input(call);
        let hash = *self.provider.send_transaction(request).await?.tx_hash();
        self.receipt(hash).await
    }

    /// The journal's sequence at the head.
    pub async fn journal(&self) -> anyhow::Result<u64> {
        Ok(self.contract().journalHead().call().await?.seq)
    }

    /// Waits until everything that the contract has journaled, and every command, is posted.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let seq = i64::try_from(self.journal().await?)?;
        wait_for("the ledger to be in step with the chain", PATIENCE, async || {
            let statement = "SELECT coalesce(max(chain_seq), 0) = $1 AND count(*) FILTER (WHERE fact_seq IS NULL) = 0 \
                FROM inbox";
            let posted: Result<bool, _> =
                sqlx::query_scalar(statement).bind(seq).fetch_one(self.ledger.pool()).await;
            posted.unwrap_or(false).then_some(())
        })
        .await;
        Ok(())
    }

    /// Asserts that ledger and chain agree to the last base unit, by an independent recomputation, and that every
    /// row of the ledger follows from its facts, by `trellis ledger verify`.
    ///
    /// # Errors
    /// When node or database do not respond; a difference panics.
    pub async fn check(&self) -> anyhow::Result<Oracle> {
        self.settle().await?;
        self.verify()?;
        let (oracle, differences) = Oracle::compare(&self.site, self.ledger.pool()).await?;
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        Ok(oracle)
    }

    /// Ends the pause of the account that sends, as a person does: the settlement worker rests meanwhile.
    pub async fn resume_sender(&mut self, reason: &str) -> anyhow::Result<()> {
        self.system.settler.stop()?;
        let settler = self.system.settler.spec();
        let output = Command::new(program(&settler.program)?)
            .args(&settler.arguments)
            .args(["--resume", reason])
            .envs(settler.environment.iter().cloned())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the sender stays paused: {said}");
        self.system.settler.restart().await
    }

    /// For whoever looks for a cause: the end of every log, and where everything stands by the database.
    pub fn evidence(&self) -> String {
        let logs = evidence::logs(&self.spec.logs);
        logs + &evidence::standings(&self.ledger.url())
    }

    /// Runs `trellis ledger verify` as the role that may only read.
    pub fn verify(&self) -> anyhow::Result<()> {
        let output = trellis()?
            .args([
                "ledger",
                "verify",
                "--database-url",
                &self.ledger.url_as("trellis_reader"),
            ])
            .output()
            .context("cannot run trellis; `cargo build` makes it")?;
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "trellis ledger verify: {report}");
        assert!(report.contains("everything follows from the facts"), "{report}");
        Ok(())
    }
}

impl Drop for World {
    /// Of a test that failed, what is left is shown before it is removed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.evidence());
        }
    }
}

fn logs_in(files: &TempDir) -> PathBuf {
    files.path().join("log")
}

/// The command `trellis`, with no key in its environment.
pub fn trellis() -> anyhow::Result<Command> {
    let mut command = Command::new(program("trellis")?);
    command
        .env_remove("TRELLIS_KEYSTORE")
        .env_remove("TRELLIS_KEYSTORE_PASSWORD_FILE");
    Ok(command)
}

/// A program of ours: a test lies one directory below them.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let directory = executable.parent().context("an executable lies in a directory")?;
    let above = directory.parent().filter(|_| directory.ends_with("deps"));
    Ok(above.unwrap_or(directory).join(name))
}
