//! A chain with the contract, a database, and a running signer.

use std::process::{Command, Output};
use std::sync::LazyLock;

use abi::{ICustody, deploy, development};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::services::{Ready, Service, ServiceSpec};
use devstack::{Checkout, Wallet, free_port};
use money::Amount;
use signer::purpose::Purpose;
use signer_client::{Authorization, IntakeKind, IntakeTerms, SignerError};
use testkit::TestDatabase;

use crate::justified::Client;

/// The plan that signers here sign for, from the folder of shipped plans.
const PLAN_FILE: &str = "auto-pool.toml";

/// Its hash.
pub(crate) static PLAN: LazyLock<B256> = LazyLock::new(|| plan_hash(PLAN_FILE));

pub(crate) const BNB: u128 = 1_000_000_000_000_000_000;

pub(crate) struct World {
    pub(crate) signer: Service,
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) database: TestDatabase,
    pub(crate) provider: DynProvider,
    pub(crate) contract: Address,
    pub(crate) anvil: Anvil,
    pub(crate) purpose: Purpose,
    /// The key's account.
    pub(crate) account: Address,
    files: tempfile::TempDir,
}

/// Where a shipped plan is.
pub(crate) fn plan_file(name: &str) -> String {
    let checkout = Checkout::find().expect("a checkout");
    checkout.path(&format!("plans/{name}")).display().to_string()
}

/// The hash of a shipped plan.
pub(crate) fn plan_hash(name: &str) -> B256 {
    let text = std::fs::read_to_string(plan_file(name)).expect("a shipped plan");
    plan::compile(&text).expect("it compiles").hash()
}

/// A chain and a database without a signer.
pub(crate) struct Ground {
    pub(crate) database: TestDatabase,
    pub(crate) anvil: Anvil,
    pub(crate) provider: DynProvider,
    pub(crate) contract: Address,
    pub(crate) files: tempfile::TempDir,
}

impl Ground {
    pub(crate) async fn new(signer: Address) -> Self {
        Self::with(&ICustody::Config {
            signer,
            ..development::config()
        })
        .await
    }

    /// With a contract that is constructed like this.
    pub(crate) async fn with(config: &ICustody::Config) -> Self {
        service::install_tls();
        let files = tempfile::tempdir().expect("a directory");
        let spec = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let anvil = Anvil::start(&Checkout::find().expect("a checkout"), &spec)
            .await
            .expect("a chain");
        let url = anvil.rpc_url().parse().expect("a URL");
        let provider = ProviderBuilder::new().connect_http(url).erased();
        let deployed = deploy::deploy(provider.clone(), development::DEPLOYER.address, config)
            .await
            .expect("a deployment");
        let database = TestDatabase::for_signer().await;
        let people = devstack::agreement::people(&[]).expect("a list of people");
        devstack::agreement::set_people(&database.url(), &people)
            .await
            .expect("the list can be set");
        Self {
            database,
            anvil,
            provider,
            contract: deployed.address,
            files,
        }
    }

    /// The environment of a signer here.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        environment(&self.database, &self.anvil, self.contract)
    }

    /// Starts a signer of authorizations with more variables.
    pub(crate) async fn signer(self, more: &[(&str, String)]) -> World {
        self.signer_for(Purpose::Authorizations, development::SIGNER.address, more)
            .await
    }

    /// Starts a signer whose key comes with the variables.
    async fn signer_for(self, purpose: Purpose, account: Address, more: &[(&str, String)]) -> World {
        let (signer, url) = self.process(purpose, more).await;
        World {
            signer,
            client: Client::new(&url, self.provider.clone(), self.contract),
            url,
            database: self.database,
            provider: self.provider,
            contract: self.contract,
            anvil: self.anvil,
            purpose,
            account,
            files: self.files,
        }
    }

    async fn process(&self, purpose: Purpose, more: &[(&str, String)]) -> (Service, String) {
        start_process(purpose, self.environment(), more, self.files.path()).await
    }
}

fn environment(database: &TestDatabase, anvil: &Anvil, contract: Address) -> Vec<(String, String)> {
    [
        ("TRELLIS_DATABASE_URL", database.url_as("trellis_signer")),
        ("TRELLIS_RPC_URL", anvil.rpc_url()),
        ("TRELLIS_CHAIN_ID", CHAIN_ID.to_string()),
        ("TRELLIS_CONTRACT", contract.to_string()),
        ("TRELLIS_PLANS", plan_file(PLAN_FILE)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

async fn start_process(
    purpose: Purpose,
    mut environment: Vec<(String, String)>,
    more: &[(&str, String)],
    files: &std::path::Path,
) -> (Service, String) {
    let port = free_port().expect("a free port");
    let url = format!("http://127.0.0.1:{port}");
    environment.push(("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    environment.push(("TRELLIS_PURPOSE".to_owned(), purpose.name().to_owned()));
    environment.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    let service = Service::start(ServiceSpec {
        name: format!("signer-{purpose}"),
        program: env!("CARGO_BIN_EXE_signer").to_owned(),
        arguments: Vec::new(),
        environment,
        // A paused signer lives and is not ready.
        ready: Ready::Url(format!("{url}/health")),
        logs: files.to_path_buf(),
        pids: files.to_path_buf(),
    });
    (service.await.expect("a signer"), url)
}

/// The development account that a purpose signs with.
pub(crate) fn key_of(purpose: Purpose) -> development::Account {
    match purpose {
        Purpose::Authorizations => development::SIGNER,
        Purpose::Roots => development::ROOT_SIGNER,
        Purpose::Transactions => development::SUBMITTER,
    }
}

fn development_key(purpose: Purpose) -> (&'static str, String) {
    ("TRELLIS_DEVELOPMENT_KEY", key_of(purpose).private_key.to_string())
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(more: &[(&str, String)]) -> Self {
        Self::start_for(Purpose::Authorizations, more).await
    }

    /// A world with a signer for a purpose.
    pub(crate) async fn start_for(purpose: Purpose, more: &[(&str, String)]) -> Self {
        let ground = Ground::new(development::SIGNER.address).await;
        let more = [&[development_key(purpose)], more].concat();
        ground.signer_for(purpose, key_of(purpose).address, &more).await
    }

    /// A second signer, for another purpose, with the same memory.
    pub(crate) async fn beside(&self, purpose: Purpose) -> (Service, Client) {
        self.beside_with(purpose, &[]).await
    }

    /// The same, with more variables.
    pub(crate) async fn beside_with(&self, purpose: Purpose, more: &[(&str, String)]) -> (Service, Client) {
        let environment = self.environment();
        let more = [&[development_key(purpose)], more].concat();
        let (service, url) = start_process(purpose, environment, &more, self.files.path()).await;
        (service, Client::new(&url, self.provider.clone(), self.contract))
    }

    fn environment(&self) -> Vec<(String, String)> {
        environment(&self.database, &self.anvil, self.contract)
    }

    /// Ends the pause of the signer's key as the owner, by the command that operators have.
    pub(crate) fn resume(&self) {
        let output = self.command("resume", &["--reason", "a test"]);
        assert!(output.status.success(), "{output:?}");
    }

    /// Runs a command about this signer's key as the database's owner.
    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_signer"))
            .arg(name)
            .args(["--purpose", self.purpose.name(), "--signer"])
            .arg(self.account.to_string())
            .args(arguments)
            .env("TRELLIS_DATABASE_URL", self.database.url())
            .output()
            .expect("the signer's program")
    }

    pub(crate) async fn head(&self) -> u64 {
        let head = self.provider.get_block(BlockId::latest()).await;
        head.expect("an answer").expect("a block").header.timestamp
    }

    /// Good terms of a registration of a wallet, by a reference.
    pub(crate) async fn registration(&self, wallet: usize, reference: u8) -> IntakeTerms {
        IntakeTerms {
            kind: IntakeKind::Registration,
            chain_id: CHAIN_ID,
            contract: self.contract,
            user: address(wallet),
            sponsor: None,
            amount: Amount::new(20 * BNB),
            plan_hash: *PLAN,
            disclosure_hash: B256::repeat_byte(0x22),
            deposit_ref: B256::repeat_byte(reference),
            deadline: self.head().await + 600,
        }
    }

    pub(crate) async fn ask(&self, terms: &IntakeTerms) -> Result<Authorization, SignerError> {
        match terms.kind {
            IntakeKind::Registration => self.client.authorize_registration(terms).await,
            IntakeKind::Retopup => self.client.authorize_retopup(terms).await,
        }
    }

    /// Sends the terms with their authorization from the user's wallet; whether the contract took them.
    pub(crate) async fn pay(&self, terms: &IntakeTerms, authorization: &Authorization) -> bool {
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: terms.sponsor.unwrap_or_default(),
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        let (signer, signature) = (authorization.signer, authorization.signature.into());
        let call = match terms.kind {
            IntakeKind::Registration => ICustody::registerCall {
                intake,
                signer,
                signature,
            }
            .abi_encode(),
            IntakeKind::Retopup => ICustody::retopupCall {
                intake,
                signer,
                signature,
            }
            .abi_encode(),
        };
        let request = TransactionRequest::default()
            .from(terms.user)
            .to(self.contract)
            .value(U256::from(terms.amount.base_units()))
            .input(alloy::primitives::Bytes::from(call).into());
        // Tried first: what fails when it is sent leaves a gap in the numbers of the user's transactions.
        if self.provider.call(request.clone()).await.is_err() {
            return false;
        }
        let pending = self.provider.send_transaction(request).await.expect("accepted");
        pending.get_receipt().await.expect("included").status()
    }

    /// How many rows a statement counts.
    pub(crate) async fn count(&self, from: &'static str) -> i64 {
        let statement = format!("SELECT count(*) FROM {from}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(self.database.pool())
            .await
            .expect("a count")
    }

    /// The codes of all refusals in the audit chain, in order.
    pub(crate) async fn refusals(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT code FROM signer.audit WHERE event = 'refused' ORDER BY seq")
            .fetch_all(self.database.pool())
            .await
            .expect("codes")
    }
}

/// The contract that this creation code leaves.
pub(crate) async fn create(provider: &DynProvider, code: Vec<u8>) -> Address {
    let request = TransactionRequest::default()
        .with_from(development::DEPLOYER.address)
        .with_deploy_code(code);
    let pending = provider.send_transaction(request).await.unwrap();
    pending.get_receipt().await.unwrap().contract_address.unwrap()
}

/// The account of a wallet of the local chain.
pub(crate) fn address(wallet: usize) -> Address {
    let key: PrivateKeySigner = Wallet::at(wallet).private_key().parse().expect("a key");
    key.address()
}

/// What came of a request, in one word.
pub(crate) fn word<T>(result: &Result<T, SignerError>) -> String {
    match result {
        Ok(_) => "signed".to_owned(),
        Err(SignerError::Refused { code, .. }) => code.clone(),
        Err(SignerError::Equivocation { .. }) => "equivocation".to_owned(),
        Err(SignerError::Unauthorized) => "unauthorized".to_owned(),
        Err(SignerError::RateLimited) => "rate_limited".to_owned(),
        Err(SignerError::Unavailable(_)) => "unavailable".to_owned(),
        Err(SignerError::Timeout) => "timeout".to_owned(),
        Err(SignerError::NotUnderstood(what)) => what.clone(),
    }
}
