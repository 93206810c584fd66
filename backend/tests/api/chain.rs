//! A real chain with the real contract, whose clock the tests move.

use abi::typed_data::{self, Registration};
use abi::{ICustody, development};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};

use crate::world::BNB;

/// Funds of the contract that belong to nobody.
pub(crate) const FUNDS: u128 = 5_000 * BNB;

pub(crate) struct Chain {
    pub(crate) contract: Address,
    pub(crate) provider: DynProvider,
    anvil: Anvil,
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
            anvil,
            _files: files,
        };
        let custody = chain.custody();
        let fund = custody.fund().from(deployer).value(U256::from(FUNDS));
        let receipt = fund.send().await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
        chain
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.anvil.rpc_url()
    }

    pub(crate) fn custody(&self) -> ICustody::ICustodyInstance<DynProvider> {
        ICustody::new(self.contract, self.provider.clone())
    }

    /// A registration that pays so much, which stays in escrow.
    pub(crate) async fn escrow(&self, amount: u128) {
        let user = development::TREASURER.address;
        let intake = ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount: U256::from(amount),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: B256::repeat_byte(3),
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
