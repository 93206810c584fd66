//! A node's verbatim answer to a transaction. Not responsible for what it means (`settlement::answer`).

use std::fmt;

use alloy::primitives::B256;
use alloy::transports::{RpcError, TransportError, TransportErrorKind};

use crate::error::AnswerTooLarge;

/// How much of a node's words is kept.
const WORDS_MAX: usize = 500;

/// The answer of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Host and port of the node.
    pub node: String,
    /// What it said.
    pub outcome: Outcome,
}

/// What a node said to a transaction. Only [`Outcome::Accepted`] is a promise, and it is one of that node alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took the transaction.
    Accepted {
        /// The hash of the transaction, as the node computed it.
        hash: B256,
    },
    /// It answered with an error of JSON-RPC.
    Refused {
        /// The error's code.
        code: i64,
        /// The error's text, cut after some hundred characters.
        message: String,
    },
    /// It, or what stands before it, answered with a status and no JSON-RPC.
    HttpStatus {
        /// The status.
        status: u16,
        /// The beginning of the page.
        page: String,
    },
    /// No answer came in time. It may have taken the transaction.
    TimedOut,
    /// The connection was not made, or ended before the answer. It may have taken the transaction.
    Unreachable {
        /// What happened.
        message: String,
    },
    /// The answer is no JSON-RPC. It may have taken the transaction.
    Malformed {
        /// What is wrong.
        message: String,
    },
}

impl Outcome {
    pub(crate) fn of(answer: Result<B256, TransportError>) -> Self {
        let error = match answer {
            Ok(hash) => return Self::Accepted { hash },
            Err(error) => error,
        };
        match error {
            RpcError::ErrorResp(payload) => Self::Refused {
                code: payload.code,
                message: cut(&payload.message),
            },
            RpcError::Transport(TransportErrorKind::HttpError(http)) => Self::HttpStatus {
                status: http.status,
                page: cut(&http.body),
            },
            RpcError::Transport(TransportErrorKind::Custom(cause)) if cause.is::<AnswerTooLarge>() => {
                Self::Malformed {
                    message: cause.to_string(),
                }
            }
            RpcError::Transport(TransportErrorKind::Custom(cause)) => {
                match cause.downcast_ref::<reqwest::Error>() {
                    Some(error) if error.is_timeout() && !error.is_connect() => Self::TimedOut,
                    Some(_) | None => Self::Unreachable {
                        message: chain_of(cause.as_ref()),
                    },
                }
            }
            RpcError::Transport(other) => Self::Unreachable {
                message: cut(&other.to_string()),
            },
            RpcError::NullResp => Self::Malformed {
                message: "null".to_owned(),
            },
            RpcError::DeserError { err, .. } => Self::Malformed {
                message: cut(&err.to_string()),
            },
            RpcError::UnsupportedFeature(what) => Self::Unreachable {
                message: what.to_owned(),
            },
            RpcError::LocalUsageError(error) => Self::Unreachable {
                message: cut(&error.to_string()),
            },
            RpcError::SerError(error) => Self::Unreachable {
                message: cut(&error.to_string()),
            },
        }
    }

    /// Whether the node took the transaction.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// A short name, for metrics and records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::HttpStatus { .. } => "http_status",
            Self::TimedOut => "timed_out",
            Self::Unreachable { .. } => "unreachable",
            Self::Malformed { .. } => "malformed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { hash } => write!(f, "{hash}"),
            Self::Refused { code, message } => write!(f, "{code} {message}"),
            Self::HttpStatus { status, page } => write!(f, "HTTP status {status} {page}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Unreachable { message } => write!(f, "not reached: {message}"),
            Self::Malformed { message } => write!(f, "no JSON-RPC: {message}"),
        }
    }
}

/// The words, no more than are kept. A NUL, which no database takes as text, is replaced.
fn cut(words: &str) -> String {
    let kept = words.chars().take(WORDS_MAX);
    kept.map(|character| if character == '\0' { ' ' } else { character })
        .collect()
}

/// An error with its causes: "error sending request" alone says nothing.
fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    cut(&texts.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_and_hold_no_nul() {
        let words = cut(&"a\0ü".repeat(1_000));
        assert_eq!(words.chars().count(), WORDS_MAX);
        assert!(!words.contains('\0'));
    }
}
