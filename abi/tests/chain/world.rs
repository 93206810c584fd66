//! A chain with the contract on it, and calls signed by the accounts of the development chain.

use abi::payouts::Payout;
use abi::typed_data::{self, PayoutBatch, Registration, Retopup};
use abi::{ICustody, deploy, development};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxHash, U256, keccak256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolValue};
use alloy_signer_local::PrivateKeySigner;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::{Checkout, Wallet};

/// More than any registration needs.
const REGISTER_GAS_LIMIT: u64 = 200_000;

pub(crate) struct World {
    pub(crate) provider: DynProvider,
    pub(crate) custody: deploy::Deployment,
    pub(crate) users: [Address; 2],
    _chain: Anvil,
    _files: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
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

    pub(crate) async fn send(&self, from: Address, value: U256, call: impl SolCall) -> TransactionReceipt {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(self.custody.address)
            .with_value(value)
            .with_input(call.abi_encode());
        let pending = self.provider.send_transaction(request).await.expect("accepted");
        pending.get_receipt().await.expect("included")
    }

    async fn intake(&self, user: Address, amount: U256) -> ICustody::Intake {
        let now = self.now().await;
        let nonce = self.provider.get_transaction_count(user).await.expect("a count");
        ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount,
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: keccak256((user, U256::from(nonce)).abi_encode()),
            deadline: U256::from(now + 600),
        }
    }

    pub(crate) async fn register(&self, user: Address, amount: U256) -> (B256, TransactionReceipt) {
        let intake = self.intake(user, amount).await;
        let signature = self.sign(&development::SIGNER, &Registration(intake.clone()));
        let reference = intake.r#ref;
        let call = ICustody::registerCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        (reference, self.send(user, amount, call).await)
    }

    pub(crate) async fn retopup(&self, user: Address, amount: U256) -> TransactionReceipt {
        let intake = self.intake(user, amount).await;
        let signature = self.sign(&development::SIGNER, &Retopup(intake.clone()));
        let call = ICustody::retopupCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        self.send(user, amount, call).await
    }

    /// What `account` signs for the contract.
    pub(crate) fn sign(&self, account: &development::Account, message: &impl typed_data::Message) -> Bytes {
        let signer = PrivateKeySigner::from_bytes(&account.private_key).expect("a key");
        let domain = typed_data::domain(CHAIN_ID, self.custody.address);
        let signature = signer
            .sign_hash_sync(&typed_data::digest(message, &domain))
            .expect("a signature");
        Bytes::from(signature.as_bytes())
    }

    /// Registers accounts that nobody has a key for, all at once.
    pub(crate) async fn register_many(&self, users: &[Address], amount: U256) {
        let mut last = TxHash::ZERO;
        for user in users {
            self.cheat("anvil_setBalance", (user, amount * U256::from(2)))
                .await;
            self.cheat("anvil_impersonateAccount", (user,)).await;
            let intake = self.intake(*user, amount).await;
            let signature = self.sign(&development::SIGNER, &Registration(intake.clone()));
            let call = ICustody::registerCall {
                intake,
                signer: development::SIGNER.address,
                signature,
            };
            let request = TransactionRequest::default()
                .with_from(*user)
                .with_to(self.custody.address)
                .with_value(amount)
                .with_gas_limit(REGISTER_GAS_LIMIT)
                .with_input(call.abi_encode());
            let pending = self.provider.send_transaction(request).await.expect("accepted");
            last = *pending.tx_hash();
        }
        self.wait_for(last).await;
    }

    pub(crate) async fn fund(&self, amount: u128) {
        let receipt = self
            .send(
                development::DEPLOYER.address,
                U256::from(amount),
                ICustody::fundCall {},
            )
            .await;
        assert!(receipt.status(), "{receipt:?}");
    }

    pub(crate) async fn pay(&self, batch_id: B256, entries: &[Payout]) -> TransactionReceipt {
        let now = self.now().await;
        let message = PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: batch_id,
                submitter: development::SUBMITTER.address,
                maxTotal: U256::from(500_000_000_000_000_000_000_u128),
                manifestHash: keccak256("manifest"),
                validAfter: U256::from(now),
                deadline: U256::from(now + 600),
            },
            payouts: entries
                .iter()
                .map(|entry| entry.word().expect("it fits"))
                .collect(),
        };
        let signature = self.sign(&development::SIGNER, &message);
        let call = ICustody::executeBatchPayoutsCall {
            batch: message.batch,
            payouts: message.payouts,
            signer: development::SIGNER.address,
            signature,
        };
        let receipt = self.send(development::SUBMITTER.address, U256::ZERO, call).await;
        assert!(receipt.status(), "{receipt:?}");
        receipt
    }

    /// A call of the development node's own.
    pub(crate) async fn cheat(&self, method: &'static str, params: impl alloy::rpc::json_rpc::RpcSend) {
        let _: Option<serde_json::Value> = self
            .provider
            .raw_request(method.into(), params)
            .await
            .expect("the node obeys");
    }

    /// Lets `seconds` pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.cheat("evm_increaseTime", (seconds,)).await;
        self.cheat("evm_mine", ()).await;
    }

    /// Unix time of the newest block.
    pub(crate) async fn now(&self) -> u64 {
        let head = self
            .provider
            .get_block(alloy::eips::BlockId::latest())
            .await
            .expect("a head")
            .expect("a block");
        head.header.timestamp
    }

    async fn wait_for(&self, transaction: TxHash) {
        let pending =
            alloy::providers::PendingTransactionBuilder::new(self.provider.root().clone(), transaction);
        let receipt = pending.get_receipt().await.expect("included");
        assert!(receipt.status(), "{receipt:?}");
    }

    pub(crate) async fn logs(&self) -> Vec<Log> {
        let filter = Filter::new()
            .address(self.custody.address)
            .from_block(self.custody.block_number);
        self.provider.get_logs(&filter).await.expect("logs")
    }
}

/// An address that nobody has a key for.
pub(crate) fn account(index: u64) -> Address {
    Address::from_word(keccak256(U256::from(index).abi_encode()))
}
