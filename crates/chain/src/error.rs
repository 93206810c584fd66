//! Errors in a node's answer, grouped by how the reader can react.

use alloy::transports::{RpcError, TransportError, TransportErrorKind};
use thiserror::Error;

/// The node sent more than is read.
#[derive(Debug, Error)]
#[error("the answer exceeds {bytes_max} bytes")]
pub(crate) struct AnswerTooLarge {
    pub(crate) bytes_max: usize,
}

/// The JSON-RPC code with which many vendors refuse a request for its size.
const LIMIT_EXCEEDED: i64 = -32005;

/// The HTTP status of a request or answer that is too large.
const PAYLOAD_TOO_LARGE: u16 = 413;

/// What nodes say when they do not know a block, or no longer have its state.
const STALE_WORDS: [&str; 10] = [
    "header not found",
    "unknown block",
    "block not found",
    "resource not found",
    "not currently canonical",
    "blockoutofrange",
    "missing trie node",
    "state not available",
    "state is not available",
    "beyond current head",
];

/// What nodes and vendors say when a range of blocks is too long or its answer too large.
const TOO_LARGE_WORDS: [&str; 9] = [
    "block range",
    "range is too",
    "range too",
    "too many",
    "too large",
    "limit exceeded",
    "more than",
    "response size",
    "query timeout",
];

/// Why the chain was not read.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The node was not reached, or refused to serve.
    #[error("the node does not support {method}")]
    Transport {
        /// The RPC method.
        method: &'static str,
        /// What happened.
        #[source]
        source: Box<TransportError>,
    },
    /// The node wants a shorter range.
    #[error("the node rejected the range as too large: {message}")]
    RangeTooLarge {
        /// In the node's words.
        message: String,
    },
    /// The node does not know a block that was requested: it lags, or follows another branch.
    #[error("the node does not have the block: {message}")]
    Stale {
        /// What was requested, or the node's words.
        message: String,
    },
    /// The answer contradicts itself or the question.
    #[error("the node's answer is wrong: {message}")]
    Malformed {
        /// What is wrong.
        message: String,
    },
    /// The configuration names something that is no URL of a node.
    #[error("not a valid node URL")]
    BadUrl,
    /// No HTTP client could be built.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

impl ChainError {
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed {
            message: message.into(),
        }
    }

    /// Sorts what went wrong in a call.
    pub(crate) fn of(method: &'static str, error: TransportError) -> Self {
        match &error {
            RpcError::ErrorResp(payload) => {
                let message = format!("{method}: {}", payload.message);
                let lower = payload.message.to_lowercase();
                let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
                if says(&STALE_WORDS) {
                    return Self::Stale { message };
                }
                if payload.code == LIMIT_EXCEEDED || says(&TOO_LARGE_WORDS) {
                    return Self::RangeTooLarge { message };
                }
            }
            RpcError::NullResp | RpcError::DeserError { .. } => {
                return Self::malformed(format!("{method}: {}", without_content(&error)));
            }
            RpcError::Transport(TransportErrorKind::HttpError(http)) if http.status == PAYLOAD_TOO_LARGE => {
                return Self::RangeTooLarge {
                    message: format!("{method}: HTTP status {PAYLOAD_TOO_LARGE}"),
                };
            }
            RpcError::Transport(TransportErrorKind::Custom(cause)) if cause.is::<AnswerTooLarge>() => {
                return Self::RangeTooLarge {
                    message: format!("{method}: {cause}"),
                };
            }
            RpcError::Transport(_)
            | RpcError::UnsupportedFeature(_)
            | RpcError::LocalUsageError(_)
            | RpcError::SerError(_) => {}
        }
        Self::Transport {
            method,
            source: Box::new(error),
        }
    }
}

/// An answer that does not parse may have megabytes: its text stays out of errors and logs.
fn without_content(error: &TransportError) -> String {
    match error {
        RpcError::DeserError { err, .. } => err.to_string(),
        RpcError::NullResp
        | RpcError::ErrorResp(_)
        | RpcError::Transport(_)
        | RpcError::UnsupportedFeature(_)
        | RpcError::LocalUsageError(_)
        | RpcError::SerError(_) => "no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests;
