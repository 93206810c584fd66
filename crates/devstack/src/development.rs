//! The development system of a checkout: its own PostgreSQL and chain, kept between starts.
//!
//! Not responsible for what is shown to people; that is `trellis dev`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use crate::checkout::{Checkout, FileLock};
use crate::child::ProcessId;
use crate::endpoints::Endpoints;
use crate::kept_ports::KeptPorts;
use crate::ports::free_port;
use crate::postgres::{Durability, Postgres, PostgresSpec};
use crate::unprivileged::Account;
use crate::world::{
    Continuity, LEDGER, SIGNER, Site, System, SystemSpec, accounts, continuity, deploy, finalize_restored,
    migrate, plan_in_coin, register_root, remembered, take_back,
};

/// The directory below `.local` of the system that people develop with.
const KEPT: &str = "dev";

/// That of a system of which nothing is kept: its clock may be moved.
const THROWAWAY: &str = "throwaway";

/// The plan that a development system runs when nobody names another.
const PLAN: &str = "plans/auto-pool.toml";

/// The port of the API when it is free, so that a bookmark keeps working.
const API_PORT: u16 = 4000;

/// The file of the ports that are kept.
const PORTS_FILE: &str = "ports.json";

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct DevelopmentSpec {
    /// Whether to forget chain and database of the last start.
    pub fresh: bool,
    /// The port of the API.
    pub port: Option<u16>,
    /// The file of the plan that it runs.
    pub plan: Option<PathBuf>,
    /// Whether to start from nothing, in a place of its own, and to keep nothing: beside a system that is kept.
    pub throwaway: bool,
    /// A place of its own below `.local`, for a test of what is kept; the usual one when there is none.
    pub place: Option<String>,
    /// Variables for every service beside its usual ones, or instead of them.
    pub environment: Vec<(String, String)>,
}

/// A running development system; dropping it ends it.
#[derive(Debug)]
pub struct Development {
    // Dropped in this order: services, chain, database, lock.
    system: System,
    anvil: Anvil,
    postgres: Postgres,
    endpoints: Endpoints,
    endpoints_file: PathBuf,
    notes: Vec<String>,
    _lock: FileLock,
}

impl Development {
    /// Starts everything and waits until it is ready.
    pub async fn start(checkout: &Checkout, spec: &DevelopmentSpec) -> anyhow::Result<Self> {
        // Read before anything of the last start is deleted.
        let plan = spec.plan.as_deref().map(plan_in_coin).transpose()?;
        let usual = if spec.throwaway { THROWAWAY } else { KEPT };
        let name = spec.place.as_deref().unwrap_or(usual);
        let Some(lock) = checkout.try_lock(name)? else {
            bail!("`trellis dev` is already running in this checkout; stop it first")
        };
        let directory = checkout.local(name)?;
        let endpoints_file = directory.join("endpoints.json");
        let _ = fs::remove_file(&endpoints_file);
        let mut notes = Vec::new();
        let ended = ProcessId::end_leftovers(&directory.join("pids"));
        if !ended.is_empty() {
            notes.push(format!(
                "stopped processes left over from the last start: {}",
                ended.join(", ")
            ));
        }
        let mut servers = Servers::new(checkout, name, &directory, spec)?;
        if spec.fresh || spec.throwaway {
            servers.forget()?;
        }
        let (postgres, anvil) = servers.start().await?;
        let state = continuity(&postgres.address().url(LEDGER), &anvil.rpc_url()).await?;
        notes.extend(mend(&state, &postgres.address().url(LEDGER)).await?);
        let database_url = postgres.address().url(LEDGER);
        if state == Continuity::New {
            let plan = plan.map_or_else(|| plan_in_coin(&checkout.path(PLAN)), Ok)?;
            deploy(&database_url, &anvil.rpc_url(), &plan).await?;
        } else {
            if let Some(plan) = plan {
                refuse_another_plan(&database_url, &plan).await?;
            }
            finalize_restored(&anvil.rpc_url()).await?;
        }
        let system = System::start(&servers.system_spec(&postgres, &anvil, spec)).await?;
        let (deployed, _) = remembered(&database_url)
            .await?
            .context("the deployment was not recorded")?;
        if state == Continuity::New {
            let site = Site::new(system.api_url(), &anvil.rpc_url(), deployed.contract)?;
            register_root(&site)
                .await
                .context("the root user cannot register")?;
        }
        let endpoints = Endpoints {
            api: system.api_url().to_owned(),
            rpc: anvil.rpc_url(),
            database_url,
            chain_id: CHAIN_ID,
            custody: deployed.contract.to_string(),
            services: system.health_urls(),
            accounts: accounts()?,
        };
        endpoints.write(&endpoints_file)?;
        Ok(Self {
            system,
            anvil,
            postgres,
            endpoints,
            endpoints_file,
            notes,
            _lock: lock,
        })
    }

    /// Removes everything of a system in a place of its own, which must have ended.
    pub fn remove(checkout: &Checkout, place: &str) -> anyhow::Result<()> {
        let directory = checkout.local(place)?;
        let spec = DevelopmentSpec {
            place: Some(place.to_owned()),
            ..DevelopmentSpec::default()
        };
        Servers::new(checkout, place, &directory, &spec)?.forget()?;
        fs::remove_dir_all(&directory).with_context(|| format!("cannot remove {}", directory.display()))
    }

    /// The services, to kill and to start again.
    pub fn system(&mut self) -> &mut System {
        &mut self.system
    }

    /// Has the reconciler look once at a database that is bound to this system's contract; returns its findings, a line
    /// for each.
    pub async fn reconcile_once(&self, database_url: &str) -> anyhow::Result<Vec<String>> {
        self.system.reconcile_once(database_url).await
    }

    /// Where it is reached.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What the start did that may surprise.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Fails when any process has ended: with what the others need first, because they end without it, too.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        self.postgres.check_running()?;
        self.anvil.check_running()?;
        self.system.check_running()
    }

    /// PostgreSQL, to kill.
    pub fn postgres(&mut self) -> &mut Postgres {
        &mut self.postgres
    }

    /// The chain, to kill.
    pub fn anvil(&mut self) -> &mut Anvil {
        &mut self.anvil
    }

    /// Stops everything, those who use first, and keeps chain and database for the next start.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.system.stop()?;
        self.anvil.stop()?;
        self.postgres.stop()
    }
}

impl Drop for Development {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.endpoints_file);
    }
}

/// A system that is kept goes on with the plan that it has.
async fn refuse_another_plan(database_url: &str, plan: &str) -> anyhow::Result<()> {
    let kept = remembered(database_url).await?;
    match kept {
        Some((deployed, _)) if deployed.plan_text != plan => bail!(
            "the development system of the last start runs another plan; `--fresh` deletes it and starts with this one"
        ),
        Some(_) | None => Ok(()),
    }
}

/// Has the database follow a chain that lost its newest blocks, as far as nothing is lost by it; what to tell people.
async fn mend(state: &Continuity, database_url: &str) -> anyhow::Result<Option<String>> {
    match state {
        Continuity::New | Continuity::Continues => Ok(None),
        Continuity::Lost { head, kept } => {
            take_back(database_url, *kept).await?;
            Ok(Some(format!(
                "the chain was killed and continues from block {head}, its last saved state; the ledger has no later fact, \
                 and the listener continues after block {kept}. Transactions of later blocks are lost"
            )))
        }
        Continuity::Broken { reason } => bail!(
            "chain and database do not match: {reason}. The chain was probably killed and lost blocks \
             that the ledger depends on. Nothing was removed; `--fresh` deletes both and starts over"
        ),
    }
}

/// The servers of a checkout's development system.
struct Servers<'a> {
    checkout: &'a Checkout,
    /// The data directory of PostgreSQL below `.local`.
    data: String,
    logs: PathBuf,
    pids: PathBuf,
    /// Where the chain is kept, if it is.
    chain_state: Option<PathBuf>,
    /// Where the ports are kept, if they are.
    ports: Option<PathBuf>,
}

impl<'a> Servers<'a> {
    fn new(
        checkout: &'a Checkout,
        name: &str,
        directory: &Path,
        spec: &DevelopmentSpec,
    ) -> anyhow::Result<Self> {
        let is_kept = !spec.throwaway;
        Ok(Self {
            checkout,
            data: format!("{name}/postgres"),
            logs: checkout.local(&format!("{name}/log"))?,
            pids: checkout.local(&format!("{name}/pids"))?,
            chain_state: is_kept.then(|| directory.join("chain.json")),
            ports: is_kept.then(|| directory.join(PORTS_FILE)),
        })
    }

    async fn start(&self) -> anyhow::Result<(Postgres, Anvil)> {
        let postgres = PostgresSpec {
            data: self.data.clone(),
            log: self.logs.join("postgres.log"),
            pids: self.pids.clone(),
            durability: Durability::Durable,
        };
        let anvil = AnvilSpec {
            mining: Mining::Interval,
            state: self.chain_state.clone(),
            log: self.logs.join("anvil.log"),
            pids: self.pids.clone(),
        };
        let ports = self.ports.as_deref().map(KeptPorts::read);
        let started = tokio::try_join!(
            self.start_postgres(&postgres, ports.map(|ports| ports.database)),
            Anvil::start_at(self.checkout, &anvil, ports.map(|ports| ports.rpc))
        );
        let (postgres, anvil) = started
            .context("cannot start PostgreSQL or the chain; `--fresh` deletes the data of the last start")?;
        if let Some(file) = &self.ports {
            let used = KeptPorts {
                rpc: anvil.port(),
                database: postgres.address().port(),
            };
            used.write(file)?;
        }
        Ok((postgres, anvil))
    }

    async fn start_postgres(&self, spec: &PostgresSpec, port: Option<u16>) -> anyhow::Result<Postgres> {
        let postgres = Postgres::start_at(self.checkout, spec, port).await?;
        migrate(self.checkout, postgres.address()).await?;
        Ok(postgres)
    }

    /// Removes chain and database, always together: each is worthless without the other.
    fn forget(&mut self) -> anyhow::Result<()> {
        let data = self
            .checkout
            .local_for(&Account::unprivileged()?, "")?
            .join(&self.data);
        let chain = self.chain_state.as_ref().map(fs::remove_file);
        for result in [fs::remove_dir_all(data)].into_iter().chain(chain) {
            match result {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).context("cannot remove the last start's chain and database");
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn system_spec(&self, postgres: &Postgres, anvil: &Anvil, spec: &DevelopmentSpec) -> SystemSpec {
        let usual_is_free = std::net::TcpListener::bind(("127.0.0.1", API_PORT)).is_ok();
        SystemSpec {
            database_url: postgres.address().url(LEDGER),
            signer_database_url: postgres.address().url(SIGNER),
            rpc_url: anvil.rpc_url(),
            settler_rpc_url: None,
            api_port: spec
                .port
                .or(usual_is_free.then_some(API_PORT))
                .or_else(|| free_port().ok()),
            environment: spec.environment.clone(),
            logs: self.logs.clone(),
            pids: self.pids.clone(),
        }
    }
}
