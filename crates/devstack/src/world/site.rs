//! Where people find a running system: its API, its chain, its contract.
//!
//! Not responsible for who they are; that is `participant`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use abi::ICustody;
use abi::ICustody::ICustodyInstance;
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionReceipt;
use anyhow::{Context, bail};

/// Much longer than a block takes on a busy machine.
const RECEIPT_WITHIN: Duration = Duration::from_secs(120);

/// Between two looks for a receipt.
const POLL: Duration = Duration::from_millis(20);

/// A running system as it is seen from outside.
#[derive(Debug)]
pub struct Site {
    /// The URL of the API.
    pub api_url: String,
    /// The chain.
    pub provider: DynProvider,
    /// The contract.
    pub custody: Address,
    /// Speaks HTTP.
    pub http: reqwest::Client,
    keys: AtomicU64,
}

impl Site {
    /// The system with this API, chain and contract.
    pub fn new(api_url: &str, rpc_url: &str, custody: Address) -> anyhow::Result<Self> {
        service::install_tls();
        let rpc_url = rpc_url.parse().context("not a valid node URL")?;
        Ok(Self {
            api_url: api_url.to_owned(),
            provider: ProviderBuilder::new().connect_http(rpc_url).erased(),
            custody,
            http: reqwest::Client::new(),
            keys: AtomicU64::new(1),
        })
    }

    /// The contract, for reading.
    pub fn contract(&self) -> ICustodyInstance<DynProvider> {
        ICustody::new(self.custody, self.provider.clone())
    }

    /// Waits for the receipt of a transaction.
    pub async fn receipt(&self, hash: B256) -> anyhow::Result<TransactionReceipt> {
        let deadline = Instant::now() + RECEIPT_WITHIN;
        while Instant::now() < deadline {
            if let Some(receipt) = self.provider.get_transaction_receipt(hash).await? {
                return Ok(receipt);
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("no receipt of {hash} after {RECEIPT_WITHIN:?}")
    }

    /// An idempotency key that no other call has.
    pub(crate) fn next_key(&self) -> String {
        let started = std::time::SystemTime::now();
        let now = started
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        format!("{now}-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }
}
