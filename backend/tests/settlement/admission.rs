//! On a public chain nothing is settled under a plan that the profile of the place does not admit.

use std::process::Command;

use abi::development;
use alloy::providers::ext::AnvilApi;
use alloy::providers::{Provider, ProviderBuilder};
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, Mining};
use devstack::services::{Ready, Service, ServiceSpec};
use store::deployment::Deployment;
use tempfile::TempDir;
use testkit::TestDatabase;

const CHAIN_ID: u64 = 56;
const AUTO_POOL: &str = include_str!("../../../plans/auto-pool.toml");

struct PublicChain {
    files: TempDir,
    anvil: Anvil,
    /// A contract that refunds payments for 14 days.
    deployed: abi::deploy::Deployment,
}

impl PublicChain {
    async fn new() -> Self {
        service::install_tls();
        let files = tempfile::tempdir().unwrap();
        let spec = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let anvil = Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap();
        let provider = ProviderBuilder::new()
            .connect_http(anvil.rpc_url().parse().unwrap())
            .erased();
        let deployer = development::DEPLOYER.address;
        let deployed = abi::deploy::deploy(provider.clone(), deployer, &development::config()).await;
        provider.anvil_set_chain_id(CHAIN_ID).await.unwrap();
        Self {
            files,
            anvil,
            deployed: deployed.unwrap(),
        }
    }

    /// A ledger of a plan, and what the worker of it is told on a public chain under a profile.
    async fn ledger(&self, plan_text: &str, profile: &str) -> (TestDatabase, Vec<(String, String)>) {
        let plan = plan::compile(plan_text).unwrap();
        let deployed = Deployment {
            chain_id: CHAIN_ID,
            contract: self.deployed.address,
            contract_block: self.deployed.block_number,
            contract_block_hash: self.deployed.block_hash,
            asset: plan.asset().code().to_owned(),
            plan_hash: plan.hash(),
            plan_text: plan_text.to_owned(),
        };
        let ledger = TestDatabase::new().await;
        store::deployment::insert(&mut ledger.connection().await, &deployed)
            .await
            .unwrap();
        let url = self.anvil.rpc_url();
        let nodes = format!("{url},{}", url.replace("127.0.0.1", "localhost"));
        let nowhere = || "http://127.0.0.1:1".to_owned();
        let key = || "0f".repeat(32);
        let environment = [
            ("TRELLIS_DATABASE_URL", ledger.url_as("trellis_settler")),
            ("TRELLIS_RPC_URL", nodes),
            ("TRELLIS_CHAIN_ID", CHAIN_ID.to_string()),
            ("TRELLIS_CONTRACT", deployed.contract.to_string()),
            ("TRELLIS_PLAN_HASH", deployed.plan_hash.to_string()),
            ("TRELLIS_SUBMITTER", development::SUBMITTER.address.to_string()),
            ("TRELLIS_BATCH_SIGNER_URL", nowhere()),
            ("TRELLIS_ROOT_SIGNER_URL", nowhere()),
            ("TRELLIS_TRANSACTION_SIGNER_URL", nowhere()),
            ("TRELLIS_BATCH_SIGNER_KEY", key()),
            ("TRELLIS_ROOT_SIGNER_KEY", key()),
            ("TRELLIS_TRANSACTION_SIGNER_KEY", key()),
            ("TRELLIS_JURISDICTION", profile.to_owned()),
            // What the environment says of the contract does not count.
            ("TRELLIS_COOLING_OFF_DAYS", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        (ledger, environment)
    }
}

#[tokio::test]
async fn the_settlement_worker_refuses_a_plan_that_its_place_does_not_admit() {
    let public = PublicChain::new().await;
    for (profile, code) in [("", "jurisdiction_missing"), ("EU", "payout_share")] {
        let (_ledger, environment) = public.ledger(AUTO_POOL, profile).await;
        let ended = Command::new(env!("CARGO_BIN_EXE_backend"))
            .arg("settle")
            .envs(environment)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(
            said.contains("plan_not_admitted: the plan must not run on chain 56") && said.contains(code),
            "{said}"
        );
    }
}

/// A plan without rewards harms nobody; the contract, and not the environment, says for how long it refunds payments.
#[tokio::test]
async fn the_settlement_worker_begins_with_an_admitted_plan() {
    let public = PublicChain::new().await;
    let quiet = AUTO_POOL
        .replace("direct_share = \"18\"", "direct_share = \"0\"")
        .replace("[3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000]", "[]")
        .replace("[5000, 2500, 1500]", "[0]");
    let (_ledger, environment) = public.ledger(&quiet, "EU").await;
    let mut worker = Service::start(ServiceSpec {
        name: "settler".to_owned(),
        program: env!("CARGO_BIN_EXE_backend").to_owned(),
        arguments: vec!["settle".to_owned()],
        environment,
        ready: Ready::File,
        logs: public.files.path().to_path_buf(),
        pids: public.files.path().to_path_buf(),
    })
    .await
    .unwrap();
    worker.check_running().unwrap();
}
