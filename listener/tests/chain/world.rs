//! One chain, one contract, one database, mined by hand.

use std::time::Duration;

use abi::typed_data::{self, Message, Registration, Retopup};
use abi::{ICustody, Journal, development, events};
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, FixedBytes, U256, keccak256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Block, Filter, Log, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolValue};
use alloy_signer_local::PrivateKeySigner;
use chain::ChainReader;
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use listener::{Listener, Step, StepError};
use store::deployment::Deployment;
use testkit::{TestDatabase, Wallet, wait_for};

/// Finality is this many blocks behind the head.
pub(crate) const FINALITY: u64 = 4;

/// What a registration costs here; the contract does not care.
pub(crate) const PRICE: u128 = 20_000_000_000_000_000_000;

/// Steps after which a listener that still finds something to do is broken.
const STEPS_MAX: usize = 500;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const PLAN: &str = "plans/auto-pool.toml";

pub(crate) struct World {
    pub(crate) provider: DynProvider,
    pub(crate) database: TestDatabase,
    pub(crate) deployment: Deployment,
    pub(crate) files: tempfile::TempDir,
    chain: Anvil,
}

/// A row of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct InboxRow {
    pub(crate) natural_key: String,
    pub(crate) kind: String,
    pub(crate) effective_at: i64,
    pub(crate) chain_seq: i64,
    pub(crate) block_hash: Vec<u8>,
    pub(crate) transaction_hash: Vec<u8>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let checkout = Checkout::find().unwrap();
        let spec = AnvilSpec {
            mining: Mining::OnDemand,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let (chain, database) = tokio::join!(Anvil::start(&checkout, &spec), TestDatabase::new());
        let chain = chain.unwrap();
        let provider = ProviderBuilder::new()
            .connect_http(chain.rpc_url().parse().unwrap())
            .erased();
        let plan = std::fs::read_to_string(checkout.path(PLAN)).unwrap();
        provider.anvil_set_auto_mine(true).await.unwrap();
        devstack::world::deploy(&database.url(), &chain.rpc_url(), &plan)
            .await
            .unwrap();
        provider.anvil_set_auto_mine(false).await.unwrap();
        let mut connection = database.connection().await;
        let deployment = store::deployment::find(&mut connection).await.unwrap().unwrap();
        let world = Self {
            provider,
            database,
            deployment,
            files,
            chain,
        };
        world.mine(FINALITY).await;
        world
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.chain.rpc_url()
    }

    /// A listener at this endpoint, on this test's database.
    pub(crate) async fn listener_at(&self, rpc_url: &str) -> Listener {
        self.listener_on(rpc_url, &self.database).await
    }

    pub(crate) async fn listener(&self) -> Listener {
        self.listener_at(&self.rpc_url()).await
    }

    /// A listener with the rights that it has in production.
    pub(crate) async fn listener_on(&self, rpc_url: &str, database: &TestDatabase) -> Listener {
        let pool = store::connect(&database.url_as("trellis_listener"), 2)
            .await
            .unwrap();
        let reader = ChainReader::connect(rpc_url, self.deployment.contract).unwrap();
        Listener::of(
            pool,
            vec![reader],
            1,
            self.deployment.clone(),
            "a test".to_owned(),
        )
        .await
        .unwrap()
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.provider.anvil_mine(Some(blocks), Some(1)).await.unwrap();
    }

    /// Lets `seconds` pass, in one block.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider.anvil_increase_time(seconds).await.unwrap();
        self.mine(1).await;
    }

    pub(crate) async fn block(&self, tag: BlockNumberOrTag) -> Block {
        self.provider.get_block_by_number(tag).await.unwrap().unwrap()
    }

    pub(crate) async fn head(&self) -> u64 {
        self.block(BlockNumberOrTag::Latest).await.header.number
    }

    pub(crate) async fn hash_at(&self, number: u64) -> B256 {
        self.block(BlockNumberOrTag::Number(number)).await.header.hash
    }

    /// Sends a call; it waits in the pool until a block is mined.
    pub(crate) async fn send(&self, from: Address, value: u128, call: impl SolCall) -> B256 {
        self.send_to(self.deployment.contract, from, value, call).await
    }

    pub(crate) async fn send_to(&self, to: Address, from: Address, value: u128, call: impl SolCall) -> B256 {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(to)
            .with_value(U256::from(value))
            .with_gas_limit(1_000_000)
            .with_input(call.abi_encode());
        let pending = self.provider.send_transaction(request).await.unwrap();
        *pending.tx_hash()
    }

    /// The contract's logs of the newest block, as the node answers them.
    pub(crate) async fn logs_of_newest(&self) -> serde_json::Value {
        let hash = self.hash_at(self.head().await).await;
        let filter = serde_json::json!({"blockHash": hash, "address": self.deployment.contract});
        self.provider
            .raw_request("eth_getLogs".into(), (filter,))
            .await
            .unwrap()
    }

    pub(crate) async fn register(&self, user: Address, sponsor: Address) -> (B256, B256) {
        let intake = self.intake(user, sponsor).await;
        let reference = intake.r#ref;
        let call = ICustody::registerCall {
            signature: self.sign(&Registration(intake.clone())),
            intake,
            signer: development::SIGNER.address,
        };
        (reference, self.send(user, PRICE, call).await)
    }

    pub(crate) async fn retopup(&self, user: Address) -> B256 {
        let intake = self.intake(user, Address::ZERO).await;
        let call = ICustody::retopupCall {
            signature: self.sign(&Retopup(intake.clone())),
            intake,
            signer: development::SIGNER.address,
        };
        self.send(user, PRICE, call).await
    }

    pub(crate) async fn fund(&self, wei: u128) -> B256 {
        self.send(user(30), wei, ICustody::fundCall {}).await
    }

    async fn intake(&self, user: Address, sponsor: Address) -> ICustody::Intake {
        let head = self.block(BlockNumberOrTag::Latest).await;
        let nonce = self.provider.get_transaction_count(user).pending().await.unwrap();
        ICustody::Intake {
            user,
            sponsor,
            amount: U256::from(PRICE),
            planHash: self.deployment.plan_hash,
            disclosureHash: B256::repeat_byte(2),
            r#ref: keccak256((user, U256::from(nonce)).abi_encode()),
            deadline: U256::from(head.header.timestamp + 600),
        }
    }

    pub(crate) fn sign(&self, message: &impl Message) -> Bytes {
        let signer = PrivateKeySigner::from_bytes(&development::SIGNER.private_key).unwrap();
        let domain = typed_data::domain(CHAIN_ID, self.deployment.contract);
        let signature = signer
            .sign_hash_sync(&typed_data::digest(message, &domain))
            .unwrap();
        Bytes::from(signature.as_bytes())
    }

    pub(crate) async fn inbox(&self) -> Vec<InboxRow> {
        inbox_of(&self.database).await
    }

    /// The kinds of all causes, in the journal's order.
    pub(crate) async fn kinds(&self) -> Vec<String> {
        self.inbox().await.into_iter().map(|row| row.kind).collect()
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(self.database.pool())
            .await
            .unwrap()
    }

    pub(crate) async fn reorganizations(&self) -> Vec<(bool, i32)> {
        sqlx::query_as("SELECT below_finality, orphaned_logs FROM reorganization ORDER BY id")
            .fetch_all(self.database.pool())
            .await
            .unwrap()
    }

    /// Everything that a listener could change, as text: equal before and after means untouched.
    pub(crate) async fn contents(&self) -> String {
        let query = "SELECT concat_ws(E'\n',
            (SELECT string_agg(c::text, E'\n') FROM checkpoint c),
            (SELECT string_agg(b::text, E'\n' ORDER BY hash) FROM chain_block b),
            (SELECT string_agg(l::text, E'\n' ORDER BY block_hash, log_index) FROM chain_log l),
            (SELECT string_agg(i::text, E'\n' ORDER BY id) FROM inbox i))";
        sqlx::query_scalar(query)
            .fetch_one(self.database.pool())
            .await
            .unwrap()
    }

    /// The chain itself, read independently, against what was recorded.
    pub(crate) async fn assert_truth(&self) {
        assert_truth_in(self, &self.database).await;
    }

    /// Waits until this many causes are in the inbox.
    pub(crate) async fn wait_for_inbox(&self, entries: usize) {
        wait_for("causes in the inbox", PATIENCE, async || {
            (self.inbox().await.len() >= entries).then_some(())
        })
        .await;
    }
}

pub(crate) async fn inbox_of(database: &TestDatabase) -> Vec<InboxRow> {
    let query =
        "SELECT natural_key, payload->>'type' AS kind, effective_at, chain_seq, block_hash, transaction_hash
                 FROM inbox ORDER BY id";
    sqlx::query_as(query).fetch_all(database.pool()).await.unwrap()
}

pub(crate) async fn assert_truth_in(world: &World, database: &TestDatabase) {
    let mut connection = database.connection().await;
    let checkpoint = store::checkpoint::find(&mut connection).await.unwrap().unwrap();
    let filter = Filter::new()
        .address(world.deployment.contract)
        .from_block(world.deployment.contract_block)
        .to_block(checkpoint.final_number);
    let logs: Vec<Log> = world.provider.get_logs(&filter).await.unwrap();
    let mut expected = Vec::new();
    for log in &logs {
        let event = events::decode(log.data()).unwrap();
        if let Some(seq) = event.as_ref().and_then(events::seq_of) {
            let block = world
                .block(BlockNumberOrTag::Number(log.block_number.unwrap()))
                .await;
            expected.push((
                seq.to::<i64>(),
                i64::try_from(block.header.timestamp).unwrap(),
                log.block_hash.unwrap().to_vec(),
                log.transaction_hash.unwrap().to_vec(),
            ));
        }
    }
    let recorded: Vec<_> = inbox_of(database)
        .await
        .into_iter()
        .map(|row| {
            assert_eq!(row.natural_key, row.chain_seq.to_string());
            (
                row.chain_seq,
                row.effective_at,
                row.block_hash,
                row.transaction_hash,
            )
        })
        .collect();
    assert_eq!(recorded, expected, "every final journal entry once, in order");
    let contract = ICustody::new(world.deployment.contract, world.provider.clone());
    let head = contract
        .journalHead()
        .block(checkpoint.final_hash.into())
        .call()
        .await
        .unwrap();
    let contract = Journal {
        seq: head.seq,
        root: FixedBytes(head.root.0),
    };
    let recorded = Journal {
        seq: checkpoint.final_seq,
        root: checkpoint.final_root,
    };
    assert_eq!(recorded, contract);
}

/// Address of one of the chain's own accounts.
pub(crate) fn user(index: usize) -> Address {
    let key: PrivateKeySigner = Wallet::at(index).private_key().parse().unwrap();
    key.address()
}

/// Steps until there is nothing to do.
pub(crate) async fn drain(listener: &mut Listener) {
    for _ in 0..STEPS_MAX {
        if listener.step().await.unwrap() == Step::Idle {
            return;
        }
    }
    panic!("the listener does not come to rest");
}

/// Steps until one fails, and returns how; panics when it comes to rest instead.
pub(crate) async fn drain_to_error(listener: &mut Listener) -> StepError {
    for _ in 0..STEPS_MAX {
        match listener.step().await {
            Ok(Step::Idle) => panic!("the listener found nothing wrong"),
            Ok(Step::Stale | Step::Advanced | Step::Rewound | Step::Standby) => {}
            Err(error) => return error,
        }
    }
    panic!("the listener neither fails nor comes to rest");
}

impl World {
    /// A new listener after an old one that ended in order.
    pub(crate) async fn listener_again(&self, mut old: Listener) -> Listener {
        old.release().await.unwrap();
        self.listener().await
    }
}
