//! What happens to one request at one replica: the fault that it meets, the honest answer, and what the client is told.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::chance::{Nth, Rates, decide};
use crate::exchange::{Exchange, Record};
use crate::fault::{Fault, with_error, with_result, with_server_error};
use crate::pool::Offer;
use crate::script::Script;
use crate::upstream::Upstream;
use crate::view::View;

/// The JSON-RPC code for a failure inside a node.
const INTERNAL_ERROR: i64 = -32603;

/// What a client gets.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Value),
    /// The first half of it.
    Half(Value),
    Status(u16),
    Close,
    Never,
}

/// All replicas.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) seed: u64,
    pub(crate) rates: Mutex<Rates>,
    pub(crate) replicas: Vec<State>,
    pub(crate) record: Mutex<Record>,
}

/// One replica.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) upstream: Upstream,
    pub(crate) changing: Mutex<Changing>,
}

/// What a test changes, and what was asked, by method.
#[derive(Debug, Default)]
pub(crate) struct Changing {
    pub(crate) view: View,
    pub(crate) script: Script,
    pub(crate) asked: HashMap<String, u64>,
}

impl Core {
    /// Answers one request, or does not.
    pub(crate) async fn reply(&self, replica: usize, request: &Value) -> Reply {
        let method = request["method"].as_str().unwrap_or_default().to_owned();
        let (fault, view) = self.fate(replica, &method);
        let honest = match &fault {
            Some(fault) if !fault.forwards() => None,
            Some(_) | None => Some(self.honest(replica, view, &method, request).await),
        };
        let mut exchange = Exchange {
            replica,
            method,
            params: request["params"].clone(),
            fault: fault.as_ref().map(Fault::name),
            forwarded: honest.is_some(),
            answer: None,
        };
        let delay = match &fault {
            Some(Fault::Delay(delay)) => Some(*delay),
            Some(_) | None => None,
        };
        let reply = match (fault, honest) {
            (Some(Fault::Swallow), None) if Offer::read(&exchange.params).is_none() => {
                exchange.forwarded = true;
                Reply::Answer(self.honest(replica, view, &exchange.method, request).await)
            }
            (Some(fault), honest) => misbehave(&fault, request, honest),
            (None, honest) => Reply::Answer(honest.unwrap_or_default()),
        };
        if let Reply::Answer(answer) | Reply::Half(answer) = &reply {
            exchange.answer = Some(answer.clone());
        }
        // Recorded first: the client may be gone before the delay has ended.
        lock(&self.record).add(exchange);
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        reply
    }

    /// The fault that a request meets, and what the replica sees then.
    fn fate(&self, replica: usize, method: &str) -> (Option<Fault>, View) {
        let rates = *lock(&self.rates);
        let mut changing = self.changing(replica);
        let asked = changing.asked.entry(method.to_owned()).or_default();
        let nth = *asked;
        *asked += 1;
        let fault = changing.script.take(method).or_else(|| {
            let request = Nth { replica, method, nth };
            decide(self.seed, rates, request)
        });
        let view = match &fault {
            Some(Fault::Stale(blocks)) => changing.view.older(*blocks),
            Some(_) | None => changing.view,
        };
        (fault, view)
    }

    /// What a node with this view answers that keeps geth's rules.
    async fn honest(&self, replica: usize, view: View, method: &str, request: &Value) -> Value {
        let upstream = &self.replicas[replica].upstream;
        if method != "eth_sendRawTransaction" {
            return view.answer(upstream, request).await;
        }
        let id = &request["id"];
        let _turn = upstream.pool.lock().await;
        let objection = match Offer::read(&request["params"]) {
            Some(offer) => offer.objection(upstream).await,
            None => Ok(None),
        };
        match objection {
            Ok(None) => upstream.forward(request).await,
            Ok(Some(message)) => with_server_error(id, &message),
            Err(error) => with_error(id, INTERNAL_ERROR, &format!("{error:#}")),
        }
    }

    pub(crate) fn changing(&self, replica: usize) -> MutexGuard<'_, Changing> {
        lock(&self.replicas[replica].changing)
    }
}

fn misbehave(fault: &Fault, request: &Value, honest: Option<Value>) -> Reply {
    let id = &request["id"];
    let mut answer = honest.unwrap_or_default();
    match fault {
        Fault::Delay(_) | Fault::Stale(_) => Reply::Answer(answer),
        Fault::Refuse { code, message } | Fault::AcceptAndRefuse { code, message } => {
            Reply::Answer(with_error(id, *code, message))
        }
        Fault::Swallow => {
            let hash = Offer::read(&request["params"]).map(|offer| offer.hash);
            Reply::Answer(with_result(id, &json!(hash)))
        }
        Fault::Status(status) => Reply::Status(*status),
        Fault::DropBefore | Fault::DropAfter => Reply::Close,
        Fault::HangBefore | Fault::HangAfter => Reply::Never,
        Fault::Truncate => Reply::Half(answer),
        Fault::Null => Reply::Answer(with_result(id, &Value::Null)),
        Fault::Empty => Reply::Answer(with_result(id, &json!([]))),
        Fault::Alter(alteration) => {
            alteration(&request["params"], &mut answer);
            Reply::Answer(answer)
        }
    }
}

/// A test that panicked while it held the lock has failed already.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
