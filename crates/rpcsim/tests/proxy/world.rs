//! A chain that is mined by hand, a proxy, and a client that speaks JSON-RPC verbatim.

use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::{Checkout, Wallet};
use rpcsim::{RpcSim, Spec};
use serde_json::{Value, json};

/// Higher than the base fee of an empty development chain.
pub(crate) const PRICE: u128 = 3_000_000_000;

/// How long a client waits for an answer that comes. Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a client waits for an answer that does not come, or too late: long enough for the node to have its request
/// before, also on a busy machine.
pub(crate) const IMPATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct World {
    pub(crate) sim: RpcSim,
    client: reqwest::Client,
    impatient: reqwest::Client,
    chain: Anvil,
    _files: tempfile::TempDir,
}

impl World {
    /// With one replica that behaves.
    pub(crate) async fn start() -> Self {
        Self::start_with(Spec::honest).await
    }

    pub(crate) async fn start_with(spec: impl FnOnce(&str) -> Spec) -> Self {
        let (chain, files) = chain().await;
        let sim = RpcSim::start(spec(&chain.rpc_url())).await.unwrap();
        let client = |within| reqwest::Client::builder().timeout(within).build().unwrap();
        Self {
            sim,
            client: client(PATIENCE),
            impatient: client(IMPATIENCE),
            chain,
            _files: files,
        }
    }

    /// Everything that a client gets for these bytes.
    pub(crate) async fn post(&self, url: &str, body: &Value) -> reqwest::Result<(u16, String)> {
        post(&self.client, url, body).await
    }

    /// The whole answer of the first replica.
    pub(crate) async fn answer(&self, method: &str, params: Value) -> Value {
        self.answer_at(0, method, params).await
    }

    pub(crate) async fn answer_at(&self, replica: usize, method: &str, params: Value) -> Value {
        let url = &self.sim.urls()[replica];
        let (status, text) = self.post(url, &request(method, params)).await.unwrap();
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What the first replica's answer fails with, for a client that does not wait long.
    pub(crate) async fn failure(&self, method: &str, params: Value) -> reqwest::Error {
        let failed = post(&self.impatient, self.sim.url(), &request(method, params)).await;
        failed.unwrap_err()
    }

    /// The result that the real node has.
    pub(crate) async fn truth(&self, method: &str, params: Value) -> Value {
        let posted = self.post(&self.chain.rpc_url(), &request(method, params)).await;
        let (_, text) = posted.unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].take()
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.truth("anvil_mine", json!([format!("{blocks:#x}"), "0x1"]))
            .await;
    }

    /// Waits until the real node has the transaction: who requested it may have gone before.
    pub(crate) async fn becomes_known(&self, raw: &Bytes) {
        let known = async { while !self.is_known(raw).await {} };
        let waited = tokio::time::timeout(PATIENCE, known).await;
        waited.expect("the node has the transaction");
    }

    /// Whether the real node has the transaction, waiting or included.
    pub(crate) async fn is_known(&self, raw: &Bytes) -> bool {
        let transaction = self
            .truth("eth_getTransactionByHash", json!([hash_of(raw)]))
            .await;
        transaction.is_object()
    }
}

async fn post(client: &reqwest::Client, url: &str, body: &Value) -> reqwest::Result<(u16, String)> {
    let response = client.post(url).json(body).send().await?;
    let status = response.status().as_u16();
    Ok((status, response.text().await?))
}

pub(crate) async fn chain() -> (Anvil, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let spec = AnvilSpec {
        mining: Mining::OnDemand,
        state: None,
        log: files.path().join("anvil.log"),
        pids: files.path().to_path_buf(),
    };
    let chain = Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap();
    (chain, files)
}

pub(crate) fn request(method: &str, params: Value) -> Value {
    let mut request = json!({"jsonrpc": "2.0", "id": 7, "method": method});
    request["params"] = params;
    request
}

pub(crate) fn key(account: usize) -> PrivateKeySigner {
    Wallet::at(account).private_key().parse().unwrap()
}

/// A transfer of one wei.
pub(crate) fn raw(account: usize, nonce: u64, max_fee: u128, priority_fee: u128) -> Bytes {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: max_fee,
        max_priority_fee_per_gas: priority_fee,
        to: TxKind::Call(Address::repeat_byte(0x11)),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let signature = key(account)
        .sign_hash_sync(&transaction.signature_hash())
        .unwrap();
    TxEnvelope::from(transaction.into_signed(signature))
        .encoded_2718()
        .into()
}

pub(crate) fn hash_of(raw: &Bytes) -> B256 {
    alloy::primitives::keccak256(raw)
}
