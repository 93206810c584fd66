//! Services of a system, started as processes.

use std::path::Path;

use abi::development;
use devstack::anvil::{Anvil, CHAIN_ID};
use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use store::deployment::Deployment;
use tempfile::TempDir;
use testkit::TestDatabase;

/// What services are started with.
pub(super) struct Starter<'a> {
    pub(super) anvil: &'a Anvil,
    pub(super) ledger: &'a TestDatabase,
    pub(super) signer: &'a TestDatabase,
    pub(super) deployed: &'a Deployment,
    /// The file of the plan.
    pub(super) plan: &'a Path,
    pub(super) files: &'a TempDir,
}

impl Starter<'_> {
    pub(super) async fn signer(&self, purpose: &str, account: development::Account) -> (Service, String) {
        let port = free_port().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let environment = [
            ("TRELLIS_PURPOSE", purpose.to_owned()),
            ("TRELLIS_LISTEN", format!("127.0.0.1:{port}")),
            ("TRELLIS_DATABASE_URL", self.signer.url_as("trellis_signer")),
            ("TRELLIS_RPC_URL", self.anvil.rpc_url()),
            ("TRELLIS_CHAIN_ID", CHAIN_ID.to_string()),
            ("TRELLIS_CONTRACT", self.deployed.contract.to_string()),
            ("TRELLIS_PLANS", self.plan.display().to_string()),
            ("TRELLIS_DEVELOPMENT_KEY", account.private_key.to_string()),
        ];
        let ready = Ready::Url(format!("{url}/health/ready"));
        (
            self.service(purpose, "signer", &[], &environment, ready).await,
            url,
        )
    }

    pub(super) async fn worker(&self, name: &str, program: &str, arguments: &[&str], role: &str) -> Service {
        let environment = [
            ("TRELLIS_DATABASE_URL", self.ledger.url_as(role)),
            ("TRELLIS_RPC_URL", self.anvil.rpc_url()),
        ];
        self.service(name, program, arguments, &environment, Ready::File)
            .await
    }

    pub(super) async fn service(
        &self,
        name: &str,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, String)],
        ready: Ready,
    ) -> Service {
        let service = Service::start(ServiceSpec {
            name: name.to_owned(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: (environment.iter())
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            ready,
            logs: self.files.path().to_path_buf(),
            pids: self.files.path().to_path_buf(),
        });
        service.await.unwrap()
    }
}
