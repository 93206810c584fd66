//! A system without an API: users who registered and whose rewards are mature, and a settlement worker in this process.

mod starter;

use std::time::Duration;

use abi::typed_data::{self, Registration};
use abi::{ICustody, development};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use backend::lease_guard::LeaseGuard;
use backend::settlement::{Config, Network, Step, Worker, connect};
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::services::{Ready, Service, ServiceSpec};
use devstack::{Checkout, Wallet, free_port};
use money::Amount;
use plan::{Cause, RequestedPayout};
use serde_json::json;
use service::Env;
use settlement::batch::seal;
use settlement::manifest::Manifest;
use sqlx::Row;
use store::deployment::Deployment;
use store::inbox::{self, Command};
use store::lease::{self, LeaseName};
use store::payout_batch::{self, NewBatch, Window};
use tempfile::TempDir;
use testkit::TestDatabase;

use starter::Starter;

pub(crate) const BNB: u128 = 1_000_000_000_000_000_000;
/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The first account of the local chain that has no role.
pub(crate) const FIRST_USER: usize = 8;
const BUILDER: Address = Address::repeat_byte(0xb1);
const APPROVER: Address = Address::repeat_byte(0xa2);
const DAY: u64 = 86_400;

pub(crate) struct World {
    pub(crate) provider: DynProvider,
    pub(crate) contract: Address,
    pub(crate) ledger: TestDatabase,
    pub(crate) deployed: Deployment,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) users: Vec<Address>,
    pub(crate) transaction_signer: Service,
    pub(crate) files: TempDir,
    _root_signer: Service,
    _listener: Service,
    _poster: Service,
    _anvil: Anvil,
    pub(crate) signers: TestDatabase,
}

impl World {
    /// A system in which everyone but the last referred one user, and has 18 BNB for it that are mature but not swept.
    pub(crate) async fn with_payees(count: usize) -> Self {
        let world = Self::with_newcomers(count + 1).await;
        world.pass(16 * DAY).await;
        world
    }

    /// A system in which so many registered a moment ago, each but the first referred by the one before.
    pub(crate) async fn with_newcomers(count: usize) -> Self {
        let mut world = Self::start().await;
        let users: Vec<Address> = (0..count).map(|user| key(FIRST_USER + user).address()).collect();
        let mut sponsor = Address::ZERO;
        for user in &users {
            world.register(*user, sponsor).await;
            sponsor = *user;
        }
        world.users = users;
        world
    }

    async fn start() -> Self {
        service::install_tls();
        // What the worker says is shown when the test fails.
        let _ = service::init();
        let files = tempfile::tempdir().unwrap();
        let spec = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let checkout = Checkout::find().unwrap();
        let anvil = Anvil::start(&checkout, &spec).await.unwrap();
        let provider = ProviderBuilder::new()
            .connect_http(anvil.rpc_url().parse().unwrap())
            .erased();
        let on_chain = abi::deploy::deploy(
            provider.clone(),
            development::DEPLOYER.address,
            &development::config(),
        )
        .await
        .unwrap();
        let (ledger, signer) = (TestDatabase::new().await, TestDatabase::for_signer().await);
        let plan_file = checkout.path("plans/auto-pool.toml");
        let plan_text = std::fs::read_to_string(&plan_file).unwrap();
        let plan = plan::compile(&plan_text).unwrap();
        let deployed = Deployment {
            chain_id: CHAIN_ID,
            contract: on_chain.address,
            contract_block: on_chain.block_number,
            contract_block_hash: on_chain.block_hash,
            asset: plan.asset().code().to_owned(),
            plan_hash: plan.hash(),
            plan_text,
        };
        store::deployment::insert(&mut ledger.connection().await, &deployed)
            .await
            .unwrap();
        let people = devstack::agreement::people(&[]).unwrap();
        devstack::agreement::set_people(&signer.url(), &people)
            .await
            .unwrap();
        for (wallet, name, roles) in devstack::agreement::operators() {
            sqlx::query("INSERT INTO operator (wallet, name, roles) VALUES ($1, $2, $3)")
                .bind(devstack::agreement::address(wallet).as_slice())
                .bind(name)
                .bind(roles)
                .execute(ledger.pool())
                .await
                .unwrap();
        }
        let start = Starter {
            anvil: &anvil,
            ledger: &ledger,
            signer: &signer,
            deployed: &deployed,
            plan: &plan_file,
            files: &files,
        };
        let (root_signer, root_url) = start.signer("roots", development::ROOT_SIGNER).await;
        let (transaction_signer, transaction_url) =
            start.signer("transactions", development::SUBMITTER).await;
        let listener = start
            .worker("listener", "listener", &[], "trellis_listener")
            .await;
        let backend = env!("CARGO_BIN_EXE_backend");
        let poster = start.worker("poster", backend, &["work"], "trellis_poster").await;
        let environment = vec![
            (
                "TRELLIS_DATABASE_URL".to_owned(),
                ledger.url_as("trellis_settler"),
            ),
            ("TRELLIS_RPC_URL".to_owned(), anvil.rpc_url()),
            (
                "TRELLIS_BATCH_SIGNER_URL".to_owned(),
                "http://127.0.0.1:1".to_owned(),
            ),
            ("TRELLIS_ROOT_SIGNER_URL".to_owned(), root_url),
            ("TRELLIS_TRANSACTION_SIGNER_URL".to_owned(), transaction_url),
            ("TRELLIS_LEASE_TTL_MS".to_owned(), "1000".to_owned()),
        ];
        Self {
            provider,
            contract: deployed.contract,
            deployed,
            environment,
            users: Vec::new(),
            transaction_signer,
            _root_signer: root_signer,
            _listener: listener,
            _poster: poster,
            _anvil: anvil,
            ledger,
            signers: signer,
            files,
        }
    }

    async fn register(&self, user: Address, sponsor: Address) {
        let intake = ICustody::Intake {
            user,
            sponsor,
            amount: U256::from(20 * BNB),
            planHash: self.deployed.plan_hash,
            disclosureHash: B256::ZERO,
            r#ref: user.into_word(),
            deadline: U256::from(self.time().await + 600),
        };
        let domain = typed_data::domain(CHAIN_ID, self.contract);
        let digest = typed_data::digest(&Registration(intake.clone()), &domain);
        let custody = self.custody();
        let call = custody
            .register(intake, development::SIGNER.address, authorized(digest))
            .from(user)
            .value(U256::from(20 * BNB));
        let receipt = call.send().await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
    }

    pub(crate) fn custody(&self) -> ICustody::ICustodyInstance<DynProvider> {
        ICustody::new(self.contract, self.provider.clone())
    }

    /// The time of the newest block.
    pub(crate) async fn time(&self) -> u64 {
        let head = self.provider.get_block(BlockId::latest()).await.unwrap();
        head.unwrap().header.timestamp
    }

    /// Moves the chain's clock.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider.anvil_increase_time(seconds).await.unwrap();
        self.provider.anvil_mine(Some(1), None).await.unwrap();
    }

    /// A configuration with more variables than usual.
    pub(crate) fn config(&self, more: &[(&str, &str)]) -> Config {
        let usual = self.environment.iter();
        let mut pairs: Vec<(&str, &str)> = usual
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        pairs.extend(more);
        Config::read(&Env::of(&pairs)).unwrap()
    }

    /// A worker that claimed the lease; waits until whoever had it before is abandoned.
    pub(crate) async fn worker(&self) -> Worker {
        self.worker_with(&[]).await
    }

    pub(crate) async fn worker_with(&self, more: &[(&str, &str)]) -> Worker {
        let config = self.config(more);
        let mut connection = connect(&config.database_url).await.unwrap();
        let ttl = config.lease_ttl;
        let lease = testkit::wait_for("the lease", PATIENCE, async || {
            let claimed = lease::claim(&mut connection, LeaseName::Settlement, "test", ttl);
            claimed.await.unwrap()
        })
        .await;
        let network = Network::connect(&config, &self.deployed).unwrap();
        Worker::new(
            &config,
            &self.deployed,
            network,
            LeaseGuard::new(connection, lease, ttl),
        )
    }

    /// A settlement worker as a process.
    pub(crate) async fn process(&self) -> Service {
        self.process_with(&[]).await
    }

    /// The same with other variables than usual.
    pub(crate) async fn process_with(&self, other: &[(&str, &str)]) -> Service {
        let port = free_port().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| !other.iter().any(|(other, _)| name == other));
        environment.extend(
            other
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        environment.push(("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        let service = Service::start(ServiceSpec {
            name: format!("settler-{port}"),
            program: env!("CARGO_BIN_EXE_backend").to_owned(),
            arguments: vec!["settle".to_owned()],
            environment,
            ready: Ready::Url(format!("{url}/health/ready")),
            logs: self.files.path().to_path_buf(),
            pids: self.files.path().to_path_buf(),
        });
        service.await.unwrap()
    }

    /// Lets operators request a batch that pays these users everything.
    pub(crate) async fn request(&self, id: u8, users: &[Address]) -> B256 {
        let batch = B256::repeat_byte(id);
        let mut payouts = Vec::new();
        for user in users {
            let available: String = self
                .text(
                    "SELECT available::text FROM user_balances JOIN users ON users.id = user_id WHERE users.wallet = $1",
                    user.as_slice(),
                )
                .await;
            payouts.push(RequestedPayout {
                wallet: *user,
                amount: available.parse().unwrap(),
            });
        }
        let mut connection = self.ledger.connection().await;
        let mut transaction = sqlx::Connection::begin(&mut connection).await.unwrap();
        let new = NewBatch {
            id: batch,
            request_hash: batch,
            builder: BUILDER,
            request: &json!({}),
            supersedes: None,
            count: payouts.len(),
            total: Amount::ZERO,
        };
        payout_batch::insert(&mut transaction, &new, &[]).await.unwrap();
        let command = Command {
            actor: BUILDER,
            idempotency_key: &format!("batch {id}"),
            effective_at: 1,
            cause: Cause::BatchRequested {
                batch_id: batch,
                payouts,
            },
        };
        inbox::insert_command(&mut transaction, &command).await.unwrap();
        transaction.commit().await.unwrap();
        batch
    }

    /// Approves and authorizes a sealed batch, and lets operators want it submitted.
    pub(crate) async fn authorize(&self, batch: B256, life: u64) {
        let mut connection = self.ledger.connection().await;
        let manifest = payout_batch::find_manifest(&mut connection, batch).await.unwrap();
        let manifest: Manifest = manifest.expect("a sealed batch").parse().unwrap();
        let sealed = seal(manifest.payouts.iter().map(|covered| covered.payout).collect()).unwrap();
        let valid_after = self.time().await;
        let window = Window {
            submitter: development::SUBMITTER.address,
            valid_after,
            deadline: valid_after + life,
        };
        let message = typed_data::PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: batch,
                submitter: window.submitter,
                maxTotal: U256::from(sealed.max_total.base_units()),
                manifestHash: manifest.hash(),
                validAfter: U256::from(valid_after),
                deadline: U256::from(window.deadline),
            },
            payouts: sealed.words(),
        };
        let digest = typed_data::digest(&message, &typed_data::domain(CHAIN_ID, self.contract));
        let signer = development::SIGNER.address;
        let mut transaction = sqlx::Connection::begin(&mut connection).await.unwrap();
        payout_batch::update_approved(&mut transaction, batch, APPROVER)
            .await
            .unwrap();
        payout_batch::update_window(&mut transaction, batch, &window)
            .await
            .unwrap();
        assert!(
            payout_batch::update_signed(&mut transaction, batch, signer, &authorized(digest))
                .await
                .unwrap()
        );
        payout_batch::update_submitting(&mut transaction, batch, BUILDER)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// One value as text.
    pub(crate) async fn text(&self, statement: &str, argument: &[u8]) -> String {
        let row = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .bind(argument)
            .fetch_one(self.ledger.pool())
            .await
            .unwrap();
        row.get::<Option<String>, _>(0).unwrap_or_default()
    }

    /// One value as text, of a statement without an argument.
    pub(crate) async fn one(&self, statement: &str) -> String {
        let row = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .fetch_one(self.ledger.pool())
            .await
            .unwrap();
        row.get::<Option<String>, _>(0).unwrap_or_default()
    }

    /// Runs a statement as the owner.
    pub(crate) async fn run(&self, statement: &str) {
        let done = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()));
        done.execute(self.ledger.pool()).await.unwrap();
    }

    /// Whether all escrow is swept and posted.
    pub(crate) async fn is_swept(&self) -> bool {
        let held = "SELECT count(*)::text FROM deposit WHERE state = 'held'";
        let all = "SELECT count(*)::text FROM deposit";
        self.one(held).await == "0" && self.one(all).await == self.users.len().to_string()
    }

    /// A worker, when everything is swept.
    pub(crate) async fn swept(&self) -> Worker {
        let mut worker = self.worker().await;
        until(&mut worker, "the escrow is swept", async || {
            self.is_swept().await && self.live().await == "0"
        })
        .await;
        worker
    }

    /// A batch that is requested, sealed, authorized and wanted submitted.
    pub(crate) async fn submitted(&self, worker: &mut Worker, id: u8, users: &[Address], life: u64) -> B256 {
        let batch = self.request(id, users).await;
        until(worker, "the batch is sealed", async || {
            self.state(batch).await == "sealed"
        })
        .await;
        self.authorize(batch, life).await;
        batch
    }

    /// A batch for the first user that waits in the pool: no block comes any more.
    pub(crate) async fn waiting(&self, worker: &mut Worker) -> B256 {
        self.mine(false).await;
        let batch = self.submitted(worker, 1, &self.users[..1], 600).await;
        until(worker, "it is sent", async || self.sent(batch).await == 1).await;
        batch
    }

    /// How many transactions of a batch were sent.
    pub(crate) async fn sent(&self, batch: B256) -> usize {
        let statement = "SELECT count(*)::text FROM attempt JOIN submission AS s ON s.id = submission_id
            WHERE sends > 0 AND s.subject = $1";
        self.text(statement, batch.as_slice()).await.parse().unwrap()
    }

    /// How many submissions are in progress.
    pub(crate) async fn live(&self) -> String {
        self.one("SELECT count(*)::text FROM submission WHERE closed_at IS NULL")
            .await
    }

    /// Ends and kinds of all submissions, in the order of their nonces.
    pub(crate) async fn submissions(&self) -> String {
        self.one("SELECT string_agg(kind || ' ' || state, ', ' ORDER BY nonce) FROM submission")
            .await
    }

    /// How many batches the contract ever executed.
    pub(crate) async fn executed(&self) -> usize {
        let custody = self.custody();
        let settled = custody.BatchSettled_filter().from_block(0);
        settled.query().await.unwrap().len()
    }

    /// Mines every 450 ms, or not at all.
    pub(crate) async fn mine(&self, is_mining: bool) {
        // The node takes milliseconds for this, unlike for its usual interval.
        let interval = if is_mining { 1 } else { 0 };
        self.provider.anvil_set_interval_mining(interval).await.unwrap();
    }

    pub(crate) async fn state(&self, batch: B256) -> String {
        self.text(
            "SELECT state FROM payout_batch WHERE batch_id = $1",
            batch.as_slice(),
        )
        .await
    }

    /// What the contract ever paid to a user.
    pub(crate) async fn paid(&self, user: Address) -> u128 {
        let account = self.custody().account(user).call().await.unwrap();
        account.paid.to()
    }
}

/// Steps until something is so.
pub(crate) async fn until(worker: &mut Worker, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    testkit::wait_for(what, PATIENCE, async || {
        while worker.step().await.unwrap() == Step::Moved {}
        is_so().await.then_some(())
    })
    .await;
}

pub(crate) fn key(account: usize) -> PrivateKeySigner {
    Wallet::at(account).private_key().parse().unwrap()
}

/// The signature of the signer of authorizations.
fn authorized(digest: B256) -> Bytes {
    let key = PrivateKeySigner::from_bytes(&development::SIGNER.private_key).unwrap();
    key.sign_hash_sync(&digest).unwrap().as_bytes().to_vec().into()
}
