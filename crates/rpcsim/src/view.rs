//! What a replica sees of the chain: everything, or only what an older node has.
//!
//! An older node answers as a real one does: tags mean its own newest blocks, what lies above is unknown, and a range of
//! logs that ends above silently ends where it ends.

use serde_json::{Value, json};

use crate::fault::{with_error, with_result, with_server_error};
use crate::upstream::{Upstream, quantity};

/// The JSON-RPC code for a failure inside a node.
const INTERNAL_ERROR: i64 = -32603;

/// Methods that name a block, with the place of its parameter.
const BLOCK_PARAMETER: [(&str, usize); 11] = [
    ("eth_getBlockByNumber", 0),
    ("eth_getBlockReceipts", 0),
    ("eth_getBlockTransactionCountByNumber", 0),
    ("eth_getTransactionCount", 1),
    ("eth_getBalance", 1),
    ("eth_getCode", 1),
    ("eth_call", 1),
    ("eth_simulateV1", 1),
    ("eth_estimateGas", 1),
    ("eth_feeHistory", 1),
    ("eth_getStorageAt", 2),
];

/// Methods that answer null for a block that they do not know; others refuse.
const NULL_WHEN_UNKNOWN: [&str; 3] = [
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "eth_getBlockTransactionCountByNumber",
];

/// What a replica sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What the real node sees.
    #[default]
    Live,
    /// So many blocks less.
    Behind(u64),
    /// Nothing above this height, ever: a node that stopped following.
    Frozen(u64),
}

/// The newest blocks of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Horizon {
    head: u64,
    finalized: u64,
}

/// A request as an older node understands it.
enum Asked {
    /// This is asked of the real node.
    Of(Value),
    /// The answer is known without it.
    Known(Value),
}

impl View {
    /// The view of a node that is so many blocks further behind.
    #[must_use]
    pub fn older(self, blocks: u64) -> Self {
        match self {
            Self::Live => Self::Behind(blocks),
            Self::Behind(already) => Self::Behind(already.saturating_add(blocks)),
            Self::Frozen(height) => Self::Frozen(height.saturating_sub(blocks)),
        }
    }

    /// The answer to a request, as seen from here.
    pub(crate) async fn answer(self, upstream: &Upstream, request: &Value) -> Value {
        match self.look(upstream, request).await {
            Ok(answer) => answer,
            Err(error) => with_error(&request["id"], INTERNAL_ERROR, &format!("{error:#}")),
        }
    }

    async fn look(self, upstream: &Upstream, request: &Value) -> anyhow::Result<Value> {
        let Some(horizon) = self.horizon(upstream).await? else {
            return Ok(upstream.forward(request).await);
        };
        match horizon.rewrite(upstream, request).await? {
            Asked::Known(answer) => Ok(answer),
            Asked::Of(rewritten) => {
                let mut answer = upstream.forward(&rewritten).await;
                horizon.hide(request["method"].as_str().unwrap_or_default(), &mut answer);
                Ok(answer)
            }
        }
    }

    async fn horizon(self, upstream: &Upstream) -> anyhow::Result<Option<Horizon>> {
        if self == Self::Live {
            return Ok(None);
        }
        let head = upstream.height("latest").await?;
        let seen = match self {
            Self::Live => head,
            Self::Behind(blocks) => head.saturating_sub(blocks),
            Self::Frozen(height) => head.min(height),
        };
        let finalized = upstream.height("finalized").await?.saturating_sub(head - seen);
        Ok(Some(Horizon {
            head: seen,
            finalized,
        }))
    }
}

impl Horizon {
    async fn rewrite(self, upstream: &Upstream, request: &Value) -> anyhow::Result<Asked> {
        let id = &request["id"];
        let method = request["method"].as_str().unwrap_or_default();
        let mut rewritten = request.clone();
        match method {
            "eth_blockNumber" => {
                return Ok(Asked::Known(with_result(id, &json!(format!("{:#x}", self.head)))));
            }
            "eth_getLogs" => return self.rewrite_logs(upstream, rewritten).await,
            _ => {}
        }
        if let Some((_, place)) = BLOCK_PARAMETER.iter().find(|(name, _)| *name == method) {
            let params = rewritten["params"].as_array().cloned().unwrap_or_default();
            let block = params.get(*place).cloned().unwrap_or_else(|| json!("latest"));
            let Some(block) = self.place(upstream, &block).await? else {
                let unknown = if NULL_WHEN_UNKNOWN.contains(&method) {
                    with_result(id, &Value::Null)
                } else {
                    with_server_error(id, "header not found")
                };
                return Ok(Asked::Known(unknown));
            };
            let mut params = params;
            if params.len() > *place {
                params[*place] = block;
            } else if params.len() == *place {
                params.push(block);
            }
            rewritten["params"] = Value::Array(params);
        }
        Ok(Asked::Of(rewritten))
    }

    /// The block that is meant, without a tag; `None` when it lies above.
    async fn place(self, upstream: &Upstream, block: &Value) -> anyhow::Result<Option<Value>> {
        let numbered = |height: u64| json!(format!("{height:#x}"));
        let hash = match (block["blockHash"].as_str(), block.as_str()) {
            (Some(hash), _) => hash,
            (None, Some("latest" | "pending" | "safe")) => return Ok(Some(numbered(self.head))),
            (None, Some("finalized")) => return Ok(Some(numbered(self.finalized))),
            // A hash has 32 bytes.
            (None, Some(hash)) if hash.len() == 66 => hash,
            (None, _) => {
                let number = if block.is_object() {
                    &block["blockNumber"]
                } else {
                    block
                };
                let above = quantity(number).is_some_and(|height| height > self.head);
                return Ok((!above).then(|| block.clone()));
            }
        };
        let known = upstream.ask("eth_getBlockByHash", json!([hash, false])).await?;
        let seen = quantity(&known["number"]).is_some_and(|height| height <= self.head);
        Ok(seen.then(|| block.clone()))
    }

    async fn rewrite_logs(self, upstream: &Upstream, mut request: Value) -> anyhow::Result<Asked> {
        let filter = request["params"][0].clone();
        if filter["blockHash"].is_string() {
            return Ok(match self.place(upstream, &filter).await? {
                Some(_) => Asked::Of(request),
                None => Asked::Known(with_server_error(&request["id"], "unknown block")),
            });
        }
        let bound = |name: &str| match filter[name].as_str() {
            None | Some("latest" | "pending" | "safe") => self.head,
            Some("finalized") => self.finalized,
            Some("earliest") => 0,
            Some(_) => quantity(&filter[name]).unwrap_or(u64::MAX),
        };
        let (from, to) = (bound("fromBlock"), bound("toBlock").min(self.head));
        if from > to {
            return Ok(Asked::Known(with_result(&request["id"], &json!([]))));
        }
        request["params"][0]["fromBlock"] = json!(format!("{from:#x}"));
        request["params"][0]["toBlock"] = json!(format!("{to:#x}"));
        Ok(Asked::Of(request))
    }

    /// Takes out of an answer what an older node does not know.
    fn hide(self, method: &str, answer: &mut Value) {
        let result = &mut answer["result"];
        let above = |field: &Value| quantity(field).is_some_and(|height| height > self.head);
        match method {
            "eth_getBlockByHash" if above(&result["number"]) => *result = Value::Null,
            "eth_getTransactionReceipt" if above(&result["blockNumber"]) => *result = Value::Null,
            "eth_getTransactionByHash" if above(&result["blockNumber"]) => {
                for place in ["blockNumber", "blockHash", "transactionIndex"] {
                    result[place] = Value::Null;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
