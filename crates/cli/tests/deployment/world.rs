//! A chain, a directory for files, and the command.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use abi::development::{self, Account};
use abi::{ICustody, deploy};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, Mining};

/// The file of the local chain, as it is committed.
pub(crate) const LOCAL: &str = include_str!("../../../../contracts/deployments/local.toml");

pub(crate) struct World {
    pub(crate) provider: DynProvider,
    pub(crate) files: tempfile::TempDir,
    chain: Anvil,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) succeeded: bool,
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl World {
    pub(crate) async fn start() -> Self {
        let files = tempfile::tempdir().expect("a directory");
        let spec = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let checkout = Checkout::find().expect("a checkout");
        let chain = Anvil::start(&checkout, &spec).await.expect("a chain");
        let url = chain.rpc_url().parse().expect("a URL");
        let world = Self {
            provider: ProviderBuilder::new().connect_http(url).erased(),
            files,
            chain,
        };
        // Before its first block the node runs calls at time zero.
        world.provider.anvil_mine(Some(1), None).await.expect("it mines");
        world
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.chain.rpc_url()
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.files.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// `trellis deploy` of a file with this text by the development deployer.
    pub(crate) fn deploy(&self, text: &str) -> Ran {
        let config = self.write("deployment.toml", text);
        let key = self.write("key", &development::DEPLOYER.private_key.to_string());
        trellis(&[
            "deploy",
            "--config",
            &config,
            "--rpc",
            &self.rpc_url(),
            "--key-file",
            &key,
        ])
    }

    /// `trellis doctor` of the contract against a file with this text, with more arguments.
    pub(crate) fn examine(&self, contract: Address, text: &str, more: &[&str]) -> Ran {
        let config = self.write("expected.toml", text);
        let (contract, rpc) = (contract.to_string(), self.rpc_url());
        let arguments = [
            "doctor",
            "--contract",
            &contract,
            "--rpc",
            &rpc,
            "--config",
            &config,
        ];
        trellis(&[&arguments, more].concat())
    }

    /// `trellis operate` on the contract by this account, final afterwards.
    pub(crate) async fn operate(&self, by: &Account, contract: Address, act: &[&str]) -> Ran {
        let key = self.write("key", &by.private_key.to_string());
        let (contract, rpc) = (contract.to_string(), self.rpc_url());
        let arguments = [
            "operate",
            "--contract",
            &contract,
            "--rpc",
            &rpc,
            "--key-file",
            &key,
        ];
        let ran = trellis(&[&arguments, act].concat());
        self.finalize().await;
        ran
    }

    /// The contract with the development configuration, final.
    pub(crate) async fn contract(&self) -> Address {
        let from = development::DEPLOYER.address;
        let deployed = deploy::deploy(&self.provider, from, &development::config()).await;
        self.finalize().await;
        deployed.expect("a contract").address
    }

    /// Sends a call of the contract and waits until it is final.
    pub(crate) async fn send(&self, from: &Account, contract: Address, call: impl SolCall) {
        self.send_raw(from.address, contract, call.abi_encode().into())
            .await;
        self.finalize().await;
    }

    pub(crate) async fn send_raw(&self, from: Address, to: Address, input: Bytes) {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(to)
            .with_input(input);
        let pending = self.provider.send_transaction(request).await.expect("accepted");
        let receipt = pending.get_receipt().await.expect("included");
        assert!(receipt.status(), "{receipt:?}");
    }

    /// Lets `seconds` pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider
            .anvil_increase_time(seconds)
            .await
            .expect("it obeys");
        self.finalize().await;
    }

    /// Waits until everything up to the current head is final.
    pub(crate) async fn finalize(&self) {
        let head = self.provider.get_block_number().await.expect("a head");
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let found = self.provider.get_block(alloy::eips::BlockId::finalized()).await;
            let found = found.expect("an answer");
            if found.is_some_and(|block| block.header.number >= head) {
                return;
            }
            assert!(Instant::now() < deadline, "nothing becomes final");
            self.provider.anvil_mine(Some(1), None).await.expect("it mines");
        }
    }

    pub(crate) async fn config_of(&self, contract: Address) -> ICustody::Config {
        let contract = ICustody::new(contract, self.provider.clone());
        contract.config().call().await.expect("a configuration")
    }

    pub(crate) async fn nonce(&self, account: Address) -> u64 {
        self.provider
            .get_transaction_count(account)
            .await
            .expect("a count")
    }

    pub(crate) async fn set_code(&self, account: Address, code: Bytes) {
        self.provider
            .anvil_set_code(account, code)
            .await
            .expect("it obeys");
        self.finalize().await;
    }

    pub(crate) async fn code_of(&self, account: Address) -> Bytes {
        self.provider.get_code_at(account).await.expect("code")
    }

    pub(crate) async fn head(&self) -> u64 {
        self.provider.get_block_number().await.expect("a head")
    }
}

/// Runs the command with no key in its environment.
pub(crate) fn trellis(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_trellis"))
        .args(arguments)
        .env_remove("TRELLIS_KEYSTORE")
        .env_remove("TRELLIS_KEYSTORE_PASSWORD_FILE")
        .output()
        .expect("it starts");
    Ran::of(&output)
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            succeeded: output.status.success(),
            status: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What stands behind this word at the beginning of a line.
    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.output.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_else(|| panic!("no {name} in {self:?}")).trim()
    }

    /// Names of the lines that differ.
    pub(crate) fn differences(&self) -> Vec<&str> {
        let lines = self
            .output
            .lines()
            .filter_map(|line| line.strip_prefix("DIFFERS  "));
        lines
            .map(|line| line.split_once(": ").map_or(line, |(name, _)| name))
            .collect()
    }
}
