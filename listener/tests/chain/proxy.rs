//! A node between the listener and the chain that answers as badly as it is told to.

use alloy::primitives::B256;
use rpcsim::{Fault, RpcSim, View};
use serde_json::{Value, json};

const LOGS: &str = "eth_getLogs";

/// How the node misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Not at all.
    None,
    /// No logs anywhere.
    NoLogs,
    /// The last log of each answer is missing.
    LastLogMissing,
    /// The last log of each answer comes once more.
    LogAdded,
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
    /// One log is of an unknown event.
    UnknownEvent,
    /// The first log of this event is missing.
    EventMissing(B256),
    /// The first log of this event has another last byte.
    EventAltered(B256),
    /// The newest headers have another timestamp than was hashed.
    HeaderForged,
}

/// The running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    sim: RpcSim,
}

impl Proxy {
    pub(crate) async fn start(upstream: String, lie: Lie) -> Self {
        let sim = RpcSim::honest(&upstream).await.unwrap();
        let proxy = Self {
            url: sim.url().to_owned(),
            sim,
        };
        proxy.now(lie);
        proxy
    }

    pub(crate) fn now(&self, lie: Lie) {
        self.sim.clear();
        self.sim.set_view(0, View::Live);
        match lie {
            Lie::None => {}
            Lie::NoLogs => self.sim.always(LOGS, Fault::Empty),
            Lie::LastLogMissing => self.falsify_logs(|logs| drop(logs.pop())),
            Lie::LogAdded => self.falsify_logs(|logs| {
                if let Some(mut log) = logs.last().cloned() {
                    log["logIndex"] = json!(format!("{:#x}", number(&log["logIndex"]) + 1));
                    logs.push(log);
                }
            }),
            Lie::LogAltered => self.falsify_logs(|logs| alter_last(logs)),
            Lie::LogsOfAnother => self.falsify_logs(|logs| {
                for log in logs {
                    log["address"] = json!("0x00000000000000000000000000000000000000aa");
                }
            }),
            Lie::Lagging(blocks) => self.sim.set_view(0, View::Behind(blocks)),
            Lie::RangeRefused(blocks) => self.refuse_ranges(blocks),
            Lie::LogsCut(most) => self.falsify_logs(move |logs| logs.truncate(most)),
            Lie::UnknownEvent => self.falsify_logs(|logs| {
                if let Some(log) = logs.last_mut() {
                    log["topics"][0] = json!(format!("0x{}", "ab".repeat(32)));
                }
            }),
            Lie::EventMissing(topic) => self.falsify_logs(move |logs| {
                if let Some(position) = position_of(logs, topic) {
                    logs.remove(position);
                }
            }),
            Lie::EventAltered(topic) => self.falsify_logs(move |logs| {
                if let Some(position) = position_of(logs, topic) {
                    alter_last(&mut logs[..=position]);
                }
            }),
            Lie::HeaderForged => self.sim.always(
                "eth_getBlockByNumber",
                Fault::alter(|_, answer| {
                    if answer["result"].is_object() {
                        answer["result"]["timestamp"] = json!("0x1");
                    }
                }),
            ),
        }
    }

    fn falsify_logs(&self, falsify: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) {
        let fault = Fault::alter(move |_, answer| {
            if let Some(logs) = answer["result"].as_array_mut() {
                falsify(logs);
            }
        });
        self.sim.always(LOGS, fault);
    }

    fn refuse_ranges(&self, blocks: u64) {
        let fault = Fault::alter(move |params, answer| {
            let filter = &params[0];
            if filter["fromBlock"].is_string()
                && number(&filter["toBlock"]) - number(&filter["fromBlock"]) >= blocks
            {
                let message = format!("exceed maximum block range: {blocks}");
                answer.as_object_mut().unwrap().remove("result");
                answer["error"] = json!({"code": -32000, "message": message});
            }
        });
        self.sim.always(LOGS, fault);
    }
}

fn position_of(logs: &[Value], topic: B256) -> Option<usize> {
    logs.iter().position(|log| log["topics"][0] == json!(topic))
}

fn alter_last(logs: &mut [Value]) {
    if let Some(log) = logs.last_mut() {
        let mut data = log["data"].as_str().unwrap().to_owned();
        let last = if data.pop() == Some('1') { '2' } else { '1' };
        data.push(last);
        log["data"] = json!(data);
    }
}

fn number(quantity: &Value) -> u64 {
    u64::from_str_radix(quantity.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
