//! The running services of one system.

use std::path::PathBuf;

use anyhow::Context;

use crate::ledger_database::remembered;
use crate::ports::free_port;
use crate::services::Service;
use crate::world::environment;
use crate::world::people::enter_operators;

/// Where the services of a system find what they need.
#[derive(Debug, Clone)]
pub struct SystemSpec {
    /// The ledger's database, for its owner.
    pub database_url: String,
    /// The signer's own database, for its owner.
    pub signer_database_url: String,
    /// The local chain.
    pub rpc_url: String,
    /// The port of the API; a free one when there is none.
    pub api_port: Option<u16>,
    /// Variables for every service beside its usual ones, or instead of them.
    pub environment: Vec<(String, String)>,
    /// The directory of logs.
    pub logs: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
}

/// The services of a system, started in the order in which they need each other.
#[derive(Debug)]
pub struct System {
    /// Signs authorizations.
    pub signer: Service,
    /// Follows the chain.
    pub listener: Service,
    /// Posts facts.
    pub worker: Service,
    /// Answers users and operators.
    pub api: Service,
    api_url: String,
}

impl System {
    /// Starts all services of a deployed system and waits until each is ready.
    pub async fn start(spec: &SystemSpec) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&spec.logs)
            .with_context(|| format!("cannot create {}", spec.logs.display()))?;
        enter_operators(&spec.database_url).await?;
        let ports = environment::Ports {
            signer: free_port()?,
            api: spec.api_port.map_or_else(free_port, Ok)?,
        };
        let deployed = remembered(&spec.database_url)
            .await?
            .context("the ledger's database was not bound to a deployment")?;
        let environment = environment::Environment {
            spec,
            ports,
            deployed: &deployed,
        };
        let (signer, listener, worker) = tokio::try_join!(
            Service::start(environment.signer()?),
            Service::start(environment.listener()?),
            Service::start(environment.worker()?),
        )?;
        let api = Service::start(environment.api()?).await?;
        Ok(Self {
            signer,
            listener,
            worker,
            api,
            api_url: format!("http://127.0.0.1:{}", ports.api),
        })
    }

    /// The URL of the API.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Fails with the end of its log when a service has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        self.each().into_iter().try_for_each(Service::check_running)
    }

    /// Stops all services, those that take requests first.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.each().into_iter().try_for_each(Service::stop)
    }

    fn each(&mut self) -> [&mut Service; 4] {
        [
            &mut self.api,
            &mut self.worker,
            &mut self.listener,
            &mut self.signer,
        ]
    }
}
