//! A real chain with the real contract, whose clock the tests move.

use std::time::Duration;

use abi::payouts::Payout;
use abi::typed_data::{self, Registration};
use abi::{ICustody, development};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use rpcsim::RpcSim;
use testkit::wait_for;

use crate::world::BNB;

/// Funds of the contract that belong to nobody.
pub(crate) const FUNDS: u128 = 5_000 * BNB;

pub(crate) struct Chain {
    pub(crate) contract: Address,
    pub(crate) provider: DynProvider,
    /// What the API takes for its node.
    pub(crate) node: RpcSim,
    _anvil: Anvil,
    _files: tempfile::TempDir,
}

impl Chain {
    pub(crate) async fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let spec = AnvilSpec {
            mining: Mining::OnDemand,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let anvil = Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap();
        let provider = ProviderBuilder::new()
            .connect_http(anvil.rpc_url().parse().unwrap())
            .erased();
        provider.anvil_set_auto_mine(true).await.unwrap();
        let deployer = development::DEPLOYER.address;
        let deployed = abi::deploy::deploy(&provider, deployer, &development::config())
            .await
            .unwrap();
        let chain = Self {
            contract: deployed.address,
            provider,
            node: RpcSim::honest(&anvil.rpc_url()).await.unwrap(),
            _anvil: anvil,
            _files: files,
        };
        let custody = chain.custody();
        let fund = custody.fund().from(deployer).value(U256::from(FUNDS));
        let receipt = fund.send().await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
        chain
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.node.url().to_owned()
    }

    pub(crate) fn custody(&self) -> ICustody::ICustodyInstance<DynProvider> {
        ICustody::new(self.contract, self.provider.clone())
    }

    /// A registration that pays so much, which stays in escrow.
    pub(crate) async fn escrow(&self, amount: u128) {
        self.register(development::TREASURER.address, amount).await;
    }

    /// A registration of anyone, whose key nobody needs.
    pub(crate) async fn register(&self, user: Address, amount: u128) {
        let means = U256::from(amount + BNB);
        self.provider.anvil_set_balance(user, means).await.unwrap();
        self.provider.anvil_impersonate_account(user).await.unwrap();
        let intake = ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount: U256::from(amount),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: keccak256(user),
            deadline: U256::from(self.time().await + 600),
        };
        let signature = self.signature(development::SIGNER, &Registration(intake.clone()));
        let custody = self.custody();
        let call = custody.register(intake, development::SIGNER.address, signature);
        let sent = call.from(user).value(U256::from(amount)).send().await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }

    /// Publishes a root whose leaves come to so much.
    pub(crate) async fn publish(&self, root: B256, total: u128) {
        let custody = self.custody();
        let now = self.time().await;
        let root = ICustody::LiabilitiesRoot {
            root,
            total: U256::from(total),
            asOfSeq: U256::from(custody.journalHead().call().await.unwrap().seq),
            validAfter: U256::from(now - 1),
            deadline: U256::from(now + 600),
        };
        let signature = self.signature(development::ROOT_SIGNER, &root);
        let call = custody.publishRoot(root, development::ROOT_SIGNER.address, signature);
        let sent = call.from(development::SUBMITTER.address).send().await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }

    /// Executes a batch that brings these users to these sums of everything they were ever paid.
    pub(crate) async fn pay(&self, batch: B256, targets: &[(Address, u128)]) {
        let mut targets = targets.to_vec();
        targets.sort_unstable();
        let words = targets
            .into_iter()
            .map(|(user, target)| Payout { user, target }.word());
        let payouts: Vec<B256> = words.collect::<Result<_, _>>().unwrap();
        let now = self.time().await;
        let custody = self.custody();
        let terms = ICustody::PayoutBatch {
            batchId: batch,
            submitter: Address::ZERO,
            maxTotal: custody.available().call().await.unwrap().funds,
            manifestHash: B256::ZERO,
            validAfter: U256::from(now - 1),
            deadline: U256::from(now + 600),
        };
        let message = typed_data::PayoutBatch {
            batch: terms.clone(),
            payouts: payouts.clone(),
        };
        let signature = self.signature(development::SIGNER, &message);
        let call = custody.executeBatchPayouts(terms, payouts, development::SIGNER.address, signature);
        // What the provider remembers, nonces and the newest block, is wrong after the chain was wound back.
        let (submitter, provider) = (development::SUBMITTER.address, &self.provider);
        let nonce = provider.get_transaction_count(submitter).await.unwrap();
        let sent = call.from(submitter).nonce(nonce).send().await.unwrap();
        let hash = *sent.tx_hash();
        let receipt = wait_for("the batch to be mined", Duration::from_secs(10), async || {
            provider.get_transaction_receipt(hash).await.unwrap()
        });
        assert!(receipt.await.status());
    }

    fn signature(&self, account: development::Account, message: &impl typed_data::Message) -> Bytes {
        let key = PrivateKeySigner::from_bytes(&account.private_key).unwrap();
        let digest = typed_data::digest(message, &typed_data::domain(CHAIN_ID, self.contract));
        key.sign_hash_sync(&digest).unwrap().as_bytes().to_vec().into()
    }

    /// Moves the chain's clock.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider.anvil_increase_time(seconds).await.unwrap();
        self.provider.anvil_mine(Some(1), None).await.unwrap();
    }

    pub(crate) async fn time(&self) -> u64 {
        let head = self
            .provider
            .get_block(alloy::eips::BlockId::latest())
            .await
            .unwrap();
        head.unwrap().header.timestamp
    }
}
