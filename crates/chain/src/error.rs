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
mod tests {
    use super::*;

    fn refused(code: i64, message: &str) -> ChainError {
        let payload = serde_json::json!({"code": code, "message": message}).to_string();
        let payload = serde_json::from_str(&payload).unwrap();
        ChainError::of("eth_getLogs", RpcError::ErrorResp(payload))
    }

    #[test]
    fn refusals_of_known_nodes_are_told_apart() {
        let too_large = [
            (-32005, "limit exceeded"),
            (-32000, "exceed maximum block range: 5000"),
            (-32602, "query returned more than 10000 results"),
            (-32000, "query timeout exceeded"),
        ];
        for (code, message) in too_large {
            assert!(
                matches!(refused(code, message), ChainError::RangeTooLarge { .. }),
                "{message}"
            );
        }
        let stale = [
            (-32000, "header not found"),
            (-32000, "unknown block"),
            (-32000, "hash 0x01 is not currently canonical"),
            (-32000, "missing trie node 01 (path )"),
        ];
        for (code, message) in stale {
            assert!(
                matches!(refused(code, message), ChainError::Stale { .. }),
                "{message}"
            );
        }
        assert!(matches!(
            refused(-32603, "internal error"),
            ChainError::Transport { .. }
        ));
    }

    #[test]
    fn an_answer_that_does_not_parse_is_malformed_and_not_repeated_in_the_message() {
        let err = serde_json::from_str::<u64>("[").unwrap_err();
        let error = ChainError::of(
            "eth_getLogs",
            RpcError::DeserError {
                err,
                text: "SECRET".to_owned(),
            },
        );
        assert!(matches!(&error, ChainError::Malformed { message } if !message.contains("SECRET")));
    }
}
