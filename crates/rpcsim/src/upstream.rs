//! The real node behind a replica.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::fault::with_error;

/// The JSON-RPC code for a failure inside a node.
const INTERNAL_ERROR: i64 = -32603;

/// A connection to a real node.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    url: String,
    client: reqwest::Client,
    /// Held while a raw transaction is checked against the pool and added to it.
    pub(crate) pool: Arc<Mutex<()>>,
    ids: Arc<AtomicU64>,
}

impl Upstream {
    pub(crate) fn new(url: String) -> Self {
        service::install_tls();
        Self {
            url,
            client: reqwest::Client::new(),
            pool: Arc::default(),
            ids: Arc::default(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Requests the client; a node that is not reached is an error of JSON-RPC.
    pub(crate) async fn forward(&self, request: &Value) -> Value {
        match self.post(request).await {
            Ok(answer) => answer,
            Err(error) => with_error(&request["id"], INTERNAL_ERROR, &format!("{error:#}")),
        }
    }

    /// Asks on the replica's own account.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut answer = self.post(&request).await?;
        if !answer["error"].is_null() {
            bail!("{method}: {}", answer["error"]);
        }
        Ok(answer["result"].take())
    }

    /// The height of a tagged block.
    pub(crate) async fn height(&self, tag: &str) -> anyhow::Result<u64> {
        let block = self.ask("eth_getBlockByNumber", json!([tag, false])).await?;
        quantity(&block["number"]).with_context(|| format!("the node has no {tag} block"))
    }

    async fn post(&self, request: &Value) -> anyhow::Result<Value> {
        let answer = self.client.post(&self.url).json(request).send().await;
        let answer = answer.context("the real node is not reached")?;
        answer
            .json()
            .await
            .context("the real node answers something else")
    }
}

/// A number as JSON-RPC writes it.
pub(crate) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
