//! What was asked and answered, kept for a test to look at.

use std::collections::{BTreeMap, VecDeque};

use alloy::primitives::Bytes;
use serde_json::Value;

use crate::upstream::quantity;

/// Exchanges that are kept, and how many items their answers have in all. A long run forgets its oldest, except for raw
/// transactions.
const KEPT_MAX: usize = 20_000;
const ITEMS_MAX: usize = 20_000;

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
    items: usize,
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
        self.items += items(&exchange);
        self.exchanges.push_back(exchange);
        while self.exchanges.len() > KEPT_MAX || self.items > ITEMS_MAX && self.exchanges.len() > 1 {
            let oldest = self.exchanges.pop_front();
            self.items -= oldest.as_ref().map_or(0, items);
        }
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

/// Items of an answer that is a list, as logs are.
fn items(exchange: &Exchange) -> usize {
    let answer = exchange.answer.as_ref();
    answer.map_or(0, |answer| answer["result"].as_array().map_or(0, Vec::len))
}
