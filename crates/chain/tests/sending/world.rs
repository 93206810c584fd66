//! A chain that is mined by hand, behind nodes that do as they are told.

use std::time::Duration;

use abi::deploy::{Deployment, deploy};
use abi::development;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use chain::{Answer, Sender};
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::{Checkout, Wallet};
use rpcsim::{RpcSim, Spec, View};

/// Higher than the base fee of an empty development chain.
pub(crate) const PRICE: u128 = 3_000_000_000;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Short, so that a test does not wait long for what never comes; and long enough for a busy node to have the request.
const IMPATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct World {
    pub(crate) sim: RpcSim,
    pub(crate) sender: Sender,
    pub(crate) provider: DynProvider,
    chain: Anvil,
    _files: tempfile::TempDir,
}

impl World {
    /// So many nodes that behave.
    pub(crate) async fn start(nodes: usize) -> Self {
        let files = tempfile::tempdir().unwrap();
        let spec = AnvilSpec {
            mining: Mining::OnDemand,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let chain = Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap();
        let views = vec![View::Live; nodes];
        let sim = RpcSim::start(Spec::honest(&chain.rpc_url()).with_views(&views));
        let sim = sim.await.unwrap();
        let url = chain.rpc_url().parse().unwrap();
        Self {
            sender: Sender::connect_within(sim.urls(), PATIENCE).unwrap(),
            sim,
            provider: ProviderBuilder::new().connect_http(url).erased(),
            chain,
            _files: files,
        }
    }

    /// A sender that does not wait long for an answer.
    pub(crate) fn impatient(&self) -> Sender {
        Sender::connect_within(self.sim.urls(), IMPATIENCE).unwrap()
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.chain.rpc_url()
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.provider.anvil_mine(Some(blocks), Some(1)).await.unwrap();
    }

    /// Waits until the real node has the transaction, waiting or included: who sent it may have gone before.
    pub(crate) async fn becomes_known(&self, hash: B256) {
        let is_known = async || {
            self.provider
                .get_transaction_by_hash(hash)
                .await
                .unwrap()
                .is_some()
        };
        let known = async { while !is_known().await {} };
        let waited = tokio::time::timeout(PATIENCE, known).await;
        waited.expect("the node has the transaction");
    }

    /// One node's answer.
    pub(crate) async fn offer(&self, raw: &Bytes) -> Answer {
        let mut answers = self.sender.broadcast(raw).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// The contract with the development configuration.
    pub(crate) async fn deploy(&self) -> Deployment {
        self.provider.anvil_set_auto_mine(true).await.unwrap();
        let config = development::config();
        let deployed = deploy(self.provider.clone(), development::DEPLOYER.address, &config)
            .await
            .unwrap();
        self.provider.anvil_set_auto_mine(false).await.unwrap();
        deployed
    }
}

pub(crate) fn key(account: usize) -> PrivateKeySigner {
    Wallet::at(account).private_key().parse().unwrap()
}

pub(crate) fn address(account: usize) -> Address {
    key(account).address()
}

/// A transfer of one wei by account 20.
pub(crate) fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: PRICE,
        max_priority_fee_per_gas: PRICE,
        to: TxKind::Call(Address::repeat_byte(0x11)),
        value: U256::from(1),
        ..TxEip1559::default()
    }
}

/// The raw transaction of account 20, with its hash.
pub(crate) fn sign(transaction: TxEip1559) -> (Bytes, B256) {
    sign_by(20, transaction)
}

pub(crate) fn sign_by(account: usize, transaction: TxEip1559) -> (Bytes, B256) {
    let signature = key(account)
        .sign_hash_sync(&transaction.signature_hash())
        .unwrap();
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    (envelope.encoded_2718().into(), *envelope.tx_hash())
}
