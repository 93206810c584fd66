//! What each service is told: its program, arguments and environment.
//!
//! The services document and check their variables themselves, each in its `config.rs`. A service with an
//! HTTP server answers `GET /health/ready`; the others call `telemetry::announce_ready`.

use crate::ledger_database::Remembered;
use crate::postgres::url_as;
use crate::services::{Ready, ServiceSpec};
use crate::world::people::{root_user, signer};
use crate::world::running::SystemSpec;

/// The ports that the services listen on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) signer: u16,
    pub(super) api: u16,
}

/// Everything that the services' configurations are made of.
#[derive(Debug)]
pub(super) struct Environment<'a> {
    pub(super) spec: &'a SystemSpec,
    pub(super) ports: Ports,
    pub(super) deployed: &'a Remembered,
}

impl Environment<'_> {
    pub(super) fn signer(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.signer)),
            (
                "TRELLIS_DATABASE_URL",
                url_as(&self.spec.signer_database_url, "trellis_signer")?,
            ),
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
            ("TRELLIS_CHAIN_ID", self.deployed.chain_id.to_string()),
            ("TRELLIS_CONTRACT", self.deployed.contract.clone()),
            ("TRELLIS_PLAN_HASHES", self.deployed.plan_hash.clone()),
            (
                "TRELLIS_DEVELOPMENT_KEY",
                abi::development::SIGNER.private_key.to_string(),
            ),
        ];
        Ok(self.service("signer", "signer", &[], &environment, ready_at(self.ports.signer)))
    }

    pub(super) fn listener(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            (
                "TRELLIS_DATABASE_URL",
                url_as(&self.spec.database_url, "trellis_listener")?,
            ),
            ("TRELLIS_RPC_URL", self.spec.rpc_url.clone()),
        ];
        Ok(self.service("listener", "listener", &[], &environment, Ready::File))
    }

    pub(super) fn worker(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [(
            "TRELLIS_DATABASE_URL",
            url_as(&self.spec.database_url, "trellis_poster")?,
        )];
        Ok(self.service("worker", "backend", &["work"], &environment, Ready::File))
    }

    pub(super) fn api(&self) -> anyhow::Result<ServiceSpec> {
        let environment = [
            ("TRELLIS_LISTEN", listen(self.ports.api)),
            (
                "TRELLIS_DATABASE_URL",
                url_as(&self.spec.database_url, "trellis_api")?,
            ),
            ("TRELLIS_ROOT_WALLET", signer(root_user())?.address().to_string()),
            (
                "TRELLIS_SIGNER_URL",
                format!("http://127.0.0.1:{}", self.ports.signer),
            ),
        ];
        Ok(self.service(
            "api",
            "backend",
            &["serve"],
            &environment,
            ready_at(self.ports.api),
        ))
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

fn ready_at(port: u16) -> Ready {
    Ready::Url(format!("http://127.0.0.1:{port}/health/ready"))
}
