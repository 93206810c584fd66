//! A node between the listener and the chain that answers as badly as it is told to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::{Json, Router, routing::post};
use serde_json::{Value, json};

/// How the node misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Not at all.
    None,
    /// No logs anywhere.
    NoLogs,
    /// The last log of each answer is missing.
    LastLogMissing,
    /// One log's data has another last byte.
    LogAltered,
    /// Logs claim to be of another contract.
    LogsOfAnother,
    /// Answers from a view so many blocks old.
    Lagging(u64),
    /// Ranges of more blocks are refused.
    RangeRefused(u64),
    /// More logs than these are silently left out.
    LogsCut(usize),
    /// One log is of an event that nobody knows.
    UnknownEvent,
    /// The newest headers have another timestamp than was hashed.
    HeaderForged,
}

#[derive(Clone)]
struct Node {
    upstream: String,
    client: reqwest::Client,
    lie: Arc<Mutex<Lie>>,
}

/// The running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    lie: Arc<Mutex<Lie>>,
    server: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(upstream: String, lie: Lie) -> Self {
        let lie = Arc::new(Mutex::new(lie));
        let node = Node {
            upstream,
            client: reqwest::Client::new(),
            lie: lie.clone(),
        };
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let app = Router::new().route("/", post(answer)).with_state(node);
        let server = tokio::spawn(async move { axum::serve(socket, app).await.unwrap() });
        Self { url, lie, server }
    }

    pub(crate) fn now(&self, lie: Lie) {
        *self.lie.lock().unwrap() = lie;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(node): State<Node>, Json(mut request): Json<Value>) -> Json<Value> {
    let lie = *node.lie.lock().unwrap();
    let method = request["method"].as_str().unwrap().to_owned();
    if let Lie::Lagging(blocks) = lie
        && let Some(refusal) = node.lag(&mut request, &method, blocks).await
    {
        return Json(refusal);
    }
    if let (Lie::RangeRefused(blocks), "eth_getLogs") = (lie, method.as_str()) {
        let filter = &request["params"][0];
        if filter["fromBlock"].is_string()
            && number(&filter["toBlock"]) - number(&filter["fromBlock"]) >= blocks
        {
            let error = json!({"code": -32000, "message": format!("exceed maximum block range: {blocks}")});
            return Json(json!({"jsonrpc": "2.0", "id": request["id"], "error": error}));
        }
    }
    let mut answer = node.ask(&request).await;
    if let ("eth_getLogs", Some(logs)) = (method.as_str(), answer["result"].as_array_mut()) {
        falsify(logs, lie);
    }
    if lie == Lie::HeaderForged && method == "eth_getBlockByNumber" && answer["result"].is_object() {
        answer["result"]["timestamp"] = json!("0x1");
    }
    Json(answer)
}

fn falsify(logs: &mut Vec<Value>, lie: Lie) {
    match lie {
        Lie::NoLogs => logs.clear(),
        Lie::LastLogMissing => drop(logs.pop()),
        Lie::LogAltered => {
            if let Some(log) = logs.last_mut() {
                let mut data = log["data"].as_str().unwrap().to_owned();
                let last = if data.pop() == Some('1') { '2' } else { '1' };
                data.push(last);
                log["data"] = json!(data);
            }
        }
        Lie::LogsOfAnother => {
            for log in logs {
                log["address"] = json!("0x00000000000000000000000000000000000000aa");
            }
        }
        Lie::LogsCut(most) => logs.truncate(most),
        Lie::UnknownEvent => {
            if let Some(log) = logs.last_mut() {
                log["topics"][0] = json!(format!("0x{}", "ab".repeat(32)));
            }
        }
        Lie::None | Lie::Lagging(_) | Lie::RangeRefused(_) | Lie::HeaderForged => {}
    }
}

impl Node {
    async fn ask(&self, request: &Value) -> Value {
        let answer = self
            .client
            .post(&self.upstream)
            .json(request)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// Rewrites a question as an older node would understand it.
    async fn lag(&self, request: &mut Value, method: &str, blocks: u64) -> Option<Value> {
        if method != "eth_getBlockByNumber" {
            return None;
        }
        let tag = request["params"][0].as_str().unwrap().to_owned();
        let head = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
        let seen = number(&self.ask(&head).await["result"]) - blocks;
        match tag.as_str() {
            "latest" => request["params"][0] = json!(format!("{seen:#x}")),
            "finalized" => request["params"][0] = json!(format!("{:#x}", seen.saturating_sub(4))),
            other if number(&json!(other)) > seen => {
                return Some(json!({"jsonrpc": "2.0", "id": request["id"], "result": null}));
            }
            _ => {}
        }
        None
    }
}

fn number(quantity: &Value) -> u64 {
    u64::from_str_radix(quantity.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
