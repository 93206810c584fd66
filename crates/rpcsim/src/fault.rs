//! The ways to misbehave.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

/// The JSON-RPC code with which geth refuses a transaction.
const SERVER_ERROR: i64 = -32000;

/// Changes an honest answer: the request's parameters, and the answer's object with its `result` or `error`.
pub type Alteration = dyn Fn(&Value, &mut Value) + Send + Sync;

/// One way to misbehave.
///
/// "Forwarded" means that the real node executes the request; what the client is told is another matter.
#[derive(Clone)]
pub enum Fault {
    /// Forwarded, and answered honestly after this time.
    Delay(Duration),
    /// Not forwarded: an error of JSON-RPC.
    Refuse {
        /// The error's code.
        code: i64,
        /// The error's text.
        message: String,
    },
    /// Forwarded, and answered with an error of JSON-RPC all the same.
    AcceptAndRefuse {
        /// The error's code.
        code: i64,
        /// The error's text.
        message: String,
    },
    /// A raw transaction is answered with its hash, and not forwarded. Other requests are answered honestly.
    Swallow,
    /// Not forwarded: a status and a page that is no JSON-RPC.
    Status(u16),
    /// Not forwarded, and the connection is closed.
    DropBefore,
    /// Forwarded, and the connection is closed instead of an answer.
    DropAfter,
    /// Not forwarded; no answer until the client gives up.
    HangBefore,
    /// Forwarded; no answer until the client gives up.
    HangAfter,
    /// Forwarded; the second half of the answer is missing.
    Truncate,
    /// Forwarded; the result is null, as of a receipt that a node does not have yet.
    Null,
    /// Forwarded; the result is an empty list, as of logs that a node did not index.
    Empty,
    /// Answered as by a node that is so many blocks behind.
    Stale(u64),
    /// Forwarded, and then changed by a function.
    Alter(Arc<Alteration>),
}

impl Fault {
    /// An error of JSON-RPC with the code that geth gives to most.
    pub fn refuse(message: &str) -> Self {
        Self::Refuse {
            code: SERVER_ERROR,
            message: message.to_owned(),
        }
    }

    /// The node says that it has the transaction, and has not.
    pub fn already_known() -> Self {
        Self::refuse("already known")
    }

    /// The node takes the transaction, and says that it had it: what a client sees whose request a balancer sent twice.
    pub fn accepted_already_known() -> Self {
        Self::AcceptAndRefuse {
            code: SERVER_ERROR,
            message: "already known".to_owned(),
        }
    }

    /// The node says that the nonce is used.
    pub fn nonce_too_low() -> Self {
        Self::refuse("nonce too low")
    }

    /// The node says that the price is below its minimum.
    pub fn underpriced() -> Self {
        Self::refuse("transaction underpriced")
    }

    /// The node says that it has a transaction with this nonce, and that the price is not enough above its.
    pub fn replacement_underpriced() -> Self {
        Self::refuse("replacement transaction underpriced")
    }

    /// The node says that its pool is full.
    pub fn pool_full() -> Self {
        Self::refuse("txpool is full")
    }

    /// A vendor's answer to a request too many.
    pub fn rate_limited() -> Self {
        Self::Status(429)
    }

    /// Forwarded, and then changed by a function of the request's parameters and the answer's object.
    pub fn alter(alteration: impl Fn(&Value, &mut Value) + Send + Sync + 'static) -> Self {
        Self::Alter(Arc::new(alteration))
    }

    /// Forwarded; the result is another one.
    pub fn result(result: Value) -> Self {
        Self::alter(move |_, answer| {
            if let Some(fields) = answer.as_object_mut() {
                fields.remove("error");
                fields.insert("result".to_owned(), result.clone());
            }
        })
    }

    /// A short name, for records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Refuse { .. } => "refuse",
            Self::AcceptAndRefuse { .. } => "accept_and_refuse",
            Self::Swallow => "swallow",
            Self::Status(_) => "status",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::HangBefore => "hang_before",
            Self::HangAfter => "hang_after",
            Self::Truncate => "truncate",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::Stale(_) => "stale",
            Self::Alter(_) => "alter",
        }
    }

    /// Whether the real node executes the request.
    pub fn forwards(&self) -> bool {
        !matches!(
            self,
            Self::Refuse { .. } | Self::Swallow | Self::Status(_) | Self::DropBefore | Self::HangBefore
        )
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(time) => write!(f, "Delay({time:?})"),
            Self::Refuse { code, message } | Self::AcceptAndRefuse { code, message } => {
                write!(f, "{}({code} {message:?})", self.name())
            }
            Self::Status(status) => write!(f, "Status({status})"),
            Self::Stale(blocks) => write!(f, "Stale({blocks})"),
            Self::Swallow
            | Self::DropBefore
            | Self::DropAfter
            | Self::HangBefore
            | Self::HangAfter
            | Self::Truncate
            | Self::Null
            | Self::Empty
            | Self::Alter(_) => f.write_str(self.name()),
        }
    }
}

/// An answer of JSON-RPC with a result.
pub(crate) fn with_result(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

/// An answer of JSON-RPC with an error.
pub(crate) fn with_error(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

/// An answer with the error that geth gives to most.
pub(crate) fn with_server_error(id: &Value, message: &str) -> Value {
    with_error(id, SERVER_ERROR, message)
}
