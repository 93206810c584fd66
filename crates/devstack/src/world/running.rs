//! The running services of one system.

use std::collections::BTreeMap;

use anyhow::Context;

use crate::agreement;
use crate::ports::free_ports;
use crate::postgres::url_as;
use crate::services::{Service, program};
use crate::world::databases::remembered;
use crate::world::environment;
use crate::world::spec::SystemSpec;

/// The services of a system, started in the order in which they need each other.
#[derive(Debug)]
pub struct System {
    /// Signs authorizations.
    pub signer: Service,
    /// Signs liabilities roots.
    pub root_signer: Service,
    /// Signs transactions of the submitter.
    pub transaction_signer: Service,
    /// Follows the chain.
    pub listener: Service,
    /// Posts facts.
    pub worker: Service,
    /// Ends days, in a system whose plan has days.
    pub scheduler: Option<Service>,
    /// Sends batches, roots, claims and sweeps.
    pub settler: Service,
    /// Compares ledger and chain.
    pub reconciler: Service,
    /// Answers users and operators.
    pub api: Service,
    api_url: String,
}

impl System {
    /// Starts all services of a deployed system and waits until each is ready.
    pub async fn start(spec: &SystemSpec) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&spec.logs)
            .with_context(|| format!("cannot create {}", spec.logs.display()))?;
        agreement::set_people(&spec.signer_database_url, &agreement::people(&[])?).await?;
        let [
            signer,
            root_signer,
            transaction_signer,
            listener,
            worker,
            scheduler,
            settler,
            reconciler,
            api,
        ] = free_ports()?;
        let ports = environment::Ports {
            signer,
            root_signer,
            transaction_signer,
            listener,
            worker,
            scheduler,
            settler,
            reconciler,
            api: spec.api_port.unwrap_or(api),
        };
        let (deployed, _) = remembered(&spec.database_url)
            .await?
            .context("the ledger's database was not bound to a deployment")?;
        // Signers are given the plan that the ledger runs, which is no longer the checkout's if someone edited that.
        let plan = spec.logs.join("plan.toml");
        std::fs::write(&plan, &deployed.plan_text)
            .with_context(|| format!("cannot write {}", plan.display()))?;
        let environment = environment::Environment {
            spec,
            ports,
            deployed: &deployed,
            plan: &plan,
        };
        let (signer, root_signer, transaction_signer, listener, worker) = tokio::try_join!(
            Service::start(environment.signer()?),
            Service::start(environment.root_signer()?),
            Service::start(environment.transaction_signer()?),
            Service::start(environment.listener()?),
            Service::start(environment.worker()?),
        )?;
        let scheduler = if deployed.compile_plan()?.has_days() {
            Some(Service::start(environment.scheduler()?).await?)
        } else {
            None
        };
        let (settler, reconciler, api) = tokio::try_join!(
            Service::start(environment.settler()?),
            Service::start(environment.reconciler()?),
            Service::start(environment.api()?),
        )?;
        Ok(Self {
            signer,
            root_signer,
            transaction_signer,
            listener,
            worker,
            scheduler,
            settler,
            reconciler,
            api,
            api_url: format!("http://127.0.0.1:{}", ports.api),
        })
    }

    /// Has the reconciler look once at a database that is bound to this system's contract; returns its findings, a line
    /// for each.
    pub async fn reconcile_once(&self, database_url: &str) -> anyhow::Result<Vec<String>> {
        let spec = self.reconciler.spec();
        let output = tokio::process::Command::new(program(&spec.program)?)
            .args(["once", "--json"])
            .envs(spec.environment.iter().map(|(name, value)| (name, value)))
            .env(
                "TRELLIS_DATABASE_URL",
                url_as(database_url, "trellis_reconciler")?,
            )
            .output()
            .await
            .context("cannot run the reconciler")?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "the reconciler failed: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        let findings = report["findings"]
            .as_array()
            .context("a report without findings")?;
        let line = |finding: &serde_json::Value| {
            let part = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {}: expected {}, found {}",
                part("check"),
                part("subject"),
                part("expected"),
                part("actual")
            )
        };
        Ok(findings.iter().map(line).collect())
    }

    /// Where each service answers `/health`, `/ready` and `/metrics`, by its name.
    pub fn health_urls(&self) -> BTreeMap<String, String> {
        let services = [
            &self.signer,
            &self.root_signer,
            &self.transaction_signer,
            &self.listener,
            &self.worker,
            &self.settler,
            &self.reconciler,
            &self.api,
        ];
        let url = |service: &&Service| {
            let listen = service.variable("TRELLIS_LISTEN")?;
            Some((service.name().to_owned(), format!("http://{listen}")))
        };
        services
            .into_iter()
            .chain(&self.scheduler)
            .filter_map(|service| url(&service))
            .collect()
    }

    /// The URL of the API.
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

    fn each(&mut self) -> Vec<&mut Service> {
        let mut each = vec![
            &mut self.api,
            &mut self.reconciler,
            &mut self.settler,
            &mut self.worker,
            &mut self.listener,
            &mut self.transaction_signer,
            &mut self.root_signer,
            &mut self.signer,
        ];
        each.extend(&mut self.scheduler);
        each
    }
}
