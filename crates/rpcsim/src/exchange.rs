//! What was asked and answered, kept for a test to look at.

use std::collections::{BTreeMap, VecDeque};

use alloy::primitives::Bytes;
use serde_json::Value;

use crate::upstream::quantity;

/// Exchanges that are kept. A long run forgets its oldest, except for raw transactions.
const KEPT_MAX: usize = 20_000;

/// One request with its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The replica that was asked.
    pub replica: usize,
    /// The method.
    pub method: String,
    /// Its parameters, as they came.
    pub params: Value,
    /// The fault that it met, by its name.
    pub fault: Option<&'static str>,
    /// Whether the real node was asked.
    pub forwarded: bool,
    /// What the client was told, unless the connection was closed or left open.
    pub answer: Option<Value>,
}

/// All exchanges, and the raw transactions among them.
#[derive(Debug, Default)]
pub(crate) struct Record {
    exchanges: VecDeque<Exchange>,
    raw: Vec<Bytes>,
    heads: BTreeMap<usize, u64>,
}

impl Record {
    pub(crate) fn add(&mut self, exchange: Exchange) {
        if exchange.method == "eth_sendRawTransaction"
            && let Some(raw) = exchange.params[0].as_str().and_then(|raw| raw.parse().ok())
        {
            self.raw.push(raw);
        }
        if exchange.method == "eth_getBlockByNumber"
            && exchange.params[0] == "latest"
            && let Some(head) =
                (exchange.answer.as_ref()).and_then(|answer| quantity(&answer["result"]["number"]))
        {
            self.heads.insert(exchange.replica, head);
        }
        if self.exchanges.len() == KEPT_MAX {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back(exchange);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.iter().cloned().collect()
    }

    pub(crate) fn raw_transactions(&self) -> Vec<Bytes> {
        self.raw.clone()
    }

    pub(crate) fn head_told(&self, replica: usize) -> Option<u64> {
        self.heads.get(&replica).copied()
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}
