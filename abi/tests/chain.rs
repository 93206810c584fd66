//! The exported bytecode, the bindings, the typed data and the journal against a real chain.

use abi::typed_data::{self, Registration, Retopup};
use abi::{CustodyEvent, ICustody, Journal, deploy, development, events};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolValue};
use alloy_signer_local::PrivateKeySigner;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::{Checkout, Wallet};

/// Upper bounds of what the calls cost, some percent above what was measured: a change that makes them dearer is seen.
const REGISTER_GAS: u64 = 110_000;
const RETOPUP_GAS: u64 = 90_000;
const REFUND_GAS: u64 = 60_000;

struct World {
    provider: DynProvider,
    custody: deploy::Deployment,
    users: [Address; 2],
    _chain: Anvil,
    _files: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let files = tempfile::tempdir().expect("a directory");
        let checkout = Checkout::find().expect("a checkout");
        let spec = AnvilSpec {
            mining: Mining::Interval,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let chain = Anvil::start(&checkout, &spec).await.expect("a chain");
        let url = chain.rpc_url().parse().expect("a URL");
        let provider = ProviderBuilder::new().connect_http(url).erased();
        let custody = deploy::deploy(
            provider.clone(),
            development::DEPLOYER.address,
            &development::config(),
        )
        .await
        .expect("a deployment");
        let users = [20, 21].map(|index| {
            let key: PrivateKeySigner = Wallet::at(index).private_key().parse().expect("a key");
            key.address()
        });
        Self {
            provider,
            custody,
            users,
            _chain: chain,
            _files: files,
        }
    }

    async fn send(&self, from: Address, value: U256, call: impl SolCall) -> TransactionReceipt {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(self.custody.address)
            .with_value(value)
            .with_input(call.abi_encode());
        let pending = self.provider.send_transaction(request).await.expect("accepted");
        pending.get_receipt().await.expect("included")
    }

    async fn intake(&self, user: Address, amount: U256) -> ICustody::Intake {
        let head = self
            .provider
            .get_block(alloy::eips::BlockId::latest())
            .await
            .expect("a head")
            .expect("a block");
        let nonce = self.provider.get_transaction_count(user).await.expect("a count");
        ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount,
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: alloy::primitives::keccak256((user, U256::from(nonce)).abi_encode()),
            deadline: U256::from(head.header.timestamp + 600),
        }
    }

    async fn register(&self, user: Address, amount: U256) -> (B256, TransactionReceipt) {
        let intake = self.intake(user, amount).await;
        let signature = self.sign(&Registration(intake.clone()));
        let reference = intake.r#ref;
        let call = ICustody::registerCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        (reference, self.send(user, amount, call).await)
    }

    async fn retopup(&self, user: Address, amount: U256) -> TransactionReceipt {
        let intake = self.intake(user, amount).await;
        let signature = self.sign(&Retopup(intake.clone()));
        let call = ICustody::retopupCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        self.send(user, amount, call).await
    }

    fn sign(&self, message: &impl typed_data::Message) -> Bytes {
        let signer = PrivateKeySigner::from_bytes(&development::SIGNER.private_key).expect("a key");
        let domain = typed_data::domain(CHAIN_ID, self.custody.address);
        let signature = signer
            .sign_hash_sync(&typed_data::digest(message, &domain))
            .expect("a signature");
        Bytes::from(signature.as_bytes())
    }

    async fn logs(&self) -> Vec<Log> {
        let filter = Filter::new()
            .address(self.custody.address)
            .from_block(self.custody.block_number);
        self.provider.get_logs(&filter).await.expect("logs")
    }
}

#[tokio::test]
async fn a_registration_a_retopup_and_a_refund_go_through_and_the_journal_folds_to_the_head() {
    let world = World::start().await;
    let contract = ICustody::new(world.custody.address, world.provider.clone());
    let config = contract.config().call().await.expect("a configuration");
    assert_eq!(config, development::config());

    let price = U256::from(20_000_000_000_000_000_000_u128);
    // The first intake of a day pays for its bucket; the others are what it costs usually.
    let (_, first) = world.register(world.users[0], price).await;
    let user = world.users[1];
    let (reference, registered) = world.register(user, price).await;
    let retopped = world.retopup(user, price).await;
    let refunded = world
        .send(
            user,
            U256::ZERO,
            ICustody::refundCall {
                r#ref: reference,
                to: user,
            },
        )
        .await;
    println!("first register of a day: {} gas", first.gas_used);
    for receipt in [&first, &registered, &retopped, &refunded] {
        assert!(receipt.status(), "{receipt:?}");
    }
    for (call, receipt, bound) in [
        ("register", &registered, REGISTER_GAS),
        ("retopup", &retopped, RETOPUP_GAS),
        ("refund", &refunded, REFUND_GAS),
    ] {
        println!("{call}: {} gas", receipt.gas_used);
        assert!(receipt.gas_used <= bound, "{call} costs {} gas", receipt.gas_used);
    }

    let logs = world.logs().await;
    let decoded: Vec<CustodyEvent> = logs
        .iter()
        .filter_map(|log| events::decode(log.data()).expect("an event of the contract"))
        .collect();
    assert!(
        matches!(&decoded[..], [
            CustodyEvent::RegistrationAccepted(_),
            CustodyEvent::RegistrationAccepted(second),
            CustodyEvent::RetopupCompleted(_),
            CustodyEvent::DepositRefunded(last),
        ] if second.user == user && last.amount == price),
        "{decoded:?}"
    );
    let folded = Journal::default()
        .fold(logs.iter().map(Log::data))
        .expect("contiguous");
    let head = contract.journalHead().call().await.expect("a head");
    assert_eq!((folded.seq, folded.root), (head.seq, head.root));
    assert_eq!(folded.seq, 4);

    let totals = contract.totals().call().await.expect("totals");
    let balance = world
        .provider
        .get_balance(world.custody.address)
        .await
        .expect("a balance");
    assert_eq!((totals.escrowed, balance), (price + price, price + price));
}

#[tokio::test]
async fn a_configuration_that_breaks_a_rule_is_not_deployed() {
    let world = World::start().await;
    let mut config = development::config();
    config.vetoDelay = config.operationDelay;
    let result = deploy::deploy(world.provider.clone(), development::DEPLOYER.address, &config).await;
    assert!(matches!(result, Err(deploy::DeployError::Send(_))), "{result:?}");
}
