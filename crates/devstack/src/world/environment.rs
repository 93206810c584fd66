//! The program, arguments and environment of each service.
//!
//! The services document and check their variables themselves, each in its `config.rs`. Listener and worker call
//! `service::announce_ready` when they begin; the others are waited for until `GET /health/ready` succeeds.

use std::path::Path;

use anyhow::Context;
use money::Amount;
use plan::DepositKind;
use store::deployment::Deployment;

use crate::agreement;
use crate::postgres::url_as;
use crate::services::{Ready, ServiceSpec};
use crate::world::people::{root_user, signer};
use crate::world::spec::SystemSpec;

/// The largest payment of a local chain, in base units, where the plan has no larger one: the signer's own default.
const AMOUNT_MAX: Amount = Amount::new(1_000_000_000_000_000_000_000);

/// The ports that the services listen on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) signer: u16,
    pub(super) root_signer: u16,
    pub(super) transaction_signer: u16,
    pub(super) listener: u16,
    pub(super) worker: u16,
    pub(super) settler: u16,
    pub(super) scheduler: u16,
    pub(super) reconciler: u16,
    pub(super) api: u16,
}

/// One of the three signers: they share a program and a database, and nothing else.
#[derive(Debug, Clone, Copy)]
struct SignerSpec {
    name: &'static str,
    purpose: &'static str,
    account: abi::development::Account,
    port: u16,
}

/// Everything that the services' configurations are made of.
#[derive(Debug)]
pub(super) struct Environment<'a> {
    pub(super) spec: &'a SystemSpec,
    pub(super) ports: Ports,
    pub(super) deployed: &'a Deployment,
    /// The file of the ledger's plan.
    pub(super) plan: &'a Path,
}

impl Environment<'_> {
    pub(super) fn signer(&self) -> anyhow::Result<ServiceSpec> {
        self.signer_of(SignerSpec {
            name: "signer",
            purpose: "authorizations",
            account: abi::development::SIGNER,
            port: self.ports.signer,
        })
    }

    pub(super) fn root_signer(&self) -> anyhow::Result<ServiceSpec> {
        self.signer_of(SignerSpec {
            name: "root-signer",
            purpose: "roots",
            account: abi::development::ROOT_SIGNER,
            port: self.ports.root_signer,
        })
    }

    pub(super) fn transaction_signer(&self) -> anyhow::Result<ServiceSpec> {
        self.signer_of(SignerSpec {
            name: "transaction-signer",
            purpose: "transactions",
            account: abi::development::SUBMITTER,
            port: self.ports.transaction_signer,
        })
    }

    fn signer_of(&self, signer: SignerSpec) -> anyhow::Result<ServiceSpec> {
        let database = url_as(&self.spec.signer_database_url, "trellis_signer")?;
        let mut environment = vec![
            ("TRELLIS_PURPOSE", signer.purpose.to_owned()),
            ("TRELLIS_LISTEN", listen(signer.port)),
            ("TRELLIS_DATABASE_URL", database),
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
            ("TRELLIS_CHAIN_ID", self.deployed.chain_id.to_string()),
            ("TRELLIS_CONTRACT", self.deployed.contract.to_string()),
            ("TRELLIS_PLANS", self.plan.display().to_string()),
            ("TRELLIS_DEVELOPMENT_KEY", signer.account.private_key.to_string()),
        ];
        // By default a signer of a local chain takes what pools cost, and not the price of a vehicle.
        let plan = plan::compile(&self.deployed.plan_text).context("the ledger's plan does not compile")?;
        let bounds = plan.payment_bounds(DepositKind::Retopup);
        if let Some(most) = bounds.and_then(|bounds| bounds.most) {
            let most = most.max(AMOUNT_MAX);
            environment.push(("TRELLIS_AMOUNT_MAX", most.to_string()));
        }
        // A paused signer lives and is not ready; it may be started again.
        let ready = Ready::Url(format!("{}/health", local(signer.port)));
        Ok(self.service(signer.name, "signer", &[], &environment, ready))
    }

    pub(super) fn listener(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.listener)),
            self.database("trellis_listener")?,
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
        ];
        Ok(self.service("listener", "listener", &[], &environment, Ready::File))
    }

    pub(super) fn worker(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.worker)),
            self.database("trellis_poster")?,
        ];
        Ok(self.service("worker", "backend", &["work"], &environment, Ready::File))
    }

    /// The schedule; it is needed only for a plan with days.
    pub(super) fn scheduler(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.scheduler)),
            self.database("trellis_scheduler")?,
        ];
        Ok(self.service("scheduler", "backend", &["schedule"], &environment, Ready::File))
    }

    pub(super) fn settler(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.settler)),
            self.database("trellis_settler")?,
            ("TRELLIS_RPC_URL", self.spec.settler_rpc_url().to_owned()),
            ("TRELLIS_DEVELOPMENT_RELAYER_KEY", agreement::relayer_key()),
            ("TRELLIS_BATCH_SIGNER_URL", local(self.ports.signer)),
            ("TRELLIS_ROOT_SIGNER_URL", local(self.ports.root_signer)),
            (
                "TRELLIS_TRANSACTION_SIGNER_URL",
                local(self.ports.transaction_signer),
            ),
        ];
        let ready = ready_at(self.ports.settler);
        Ok(self.service("settler", "backend", &["settle"], &environment, ready))
    }

    pub(super) fn reconciler(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.reconciler)),
            self.database("trellis_reconciler")?,
            (
                "TRELLIS_SIGNER_DATABASE_URL",
                url_as(&self.spec.signer_database_url, "trellis_signer_auditor")?,
            ),
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
            ("TRELLIS_DEVELOPMENT_ATTESTOR_KEY", agreement::attestor_key()),
        ];
        let ready = ready_at(self.ports.reconciler);
        Ok(self.service("reconciler", "reconciler", &[], &environment, ready))
    }

    pub(super) fn api(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.api)),
            self.database("trellis_api")?,
            ("TRELLIS_ROOT_WALLET", signer(root_user())?.address().to_string()),
            ("TRELLIS_SIGNER_URL", local(self.ports.signer)),
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
        ];
        Ok(self.service(
            "api",
            "backend",
            &["serve"],
            &environment,
            ready_at(self.ports.api),
        ))
    }

    /// The ledger's database, for a role.
    fn database(&self, role: &str) -> anyhow::Result<(&'static str, String)> {
        Ok(("TRELLIS_DATABASE_URL", url_as(&self.spec.database_url, role)?))
    }

    fn service(
        &self,
        name: &str,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, String)],
        ready: Ready,
    ) -> ServiceSpec {
        let own = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        ServiceSpec {
            name: name.to_owned(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: own.chain(self.spec.environment.iter().cloned()).collect(),
            ready,
            logs: self.spec.logs.clone(),
            pids: self.spec.pids.clone(),
        }
    }
}

fn listen(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn ready_at(port: u16) -> Ready {
    Ready::Url(format!("{}/health/ready", local(port)))
}
