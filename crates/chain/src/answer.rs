//! A node's verbatim answer to a transaction, with its usual meaning.

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

names::names! {
    /// What a refusal's words usually mean. No state may change because of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Objection {
        /// The node has this very transaction.
        AlreadyKnown = "already_known",
        /// The account's nonce is already used at the node's head.
        NonceTooLow = "nonce_too_low",
        /// There are too many nonces between the account's and this one.
        NonceTooHigh = "nonce_too_high",
        /// Another transaction with this nonce waits, and the price is not enough above its.
        ReplacementUnderpriced = "replacement_underpriced",
        /// The price is below what the node takes.
        Underpriced = "underpriced",
        /// The node's pool is full.
        PoolFull = "pool_full",
        /// The node wants fewer requests.
        RateLimited = "rate_limited",
        /// The sender cannot pay value and gas.
        InsufficientFunds = "insufficient_funds",
        /// The gas limit is below what any such transaction costs.
        IntrinsicGas = "intrinsic_gas",
        /// The gas limit is above what a block or a transaction may have.
        GasLimit = "gas_limit",
        /// The transaction is too long.
        Oversized = "oversized",
        /// The transaction is for another chain.
        WrongChain = "wrong_chain",
    }
}

/// Parts of texts, of geth and its descendants, anvil, and others. The first that occurs counts.
const PHRASES: [(&str, Objection); 25] = [
    ("already known", Objection::AlreadyKnown),
    ("already imported", Objection::AlreadyKnown),
    ("already in mempool", Objection::AlreadyKnown),
    ("nonce too low", Objection::NonceTooLow),
    ("nonce is too low", Objection::NonceTooLow),
    ("nonce too high", Objection::NonceTooHigh),
    (
        "replacement transaction underpriced",
        Objection::ReplacementUnderpriced,
    ),
    ("could not replace existing", Objection::ReplacementUnderpriced),
    ("transaction underpriced", Objection::Underpriced),
    ("max fee per gas less than block base fee", Objection::Underpriced),
    ("fee too low", Objection::Underpriced),
    ("txpool is full", Objection::PoolFull),
    ("pool is full", Objection::PoolFull),
    ("pool overflow", Objection::PoolFull),
    ("account limit exceeded", Objection::PoolFull),
    ("too many requests", Objection::RateLimited),
    ("rate limit", Objection::RateLimited),
    ("insufficient funds", Objection::InsufficientFunds),
    ("intrinsic gas too low", Objection::IntrinsicGas),
    ("intrinsic gas too high", Objection::GasLimit),
    ("exceeds block gas limit", Objection::GasLimit),
    ("gas limit too high", Objection::GasLimit),
    ("oversized data", Objection::Oversized),
    ("invalid chain id", Objection::WrongChain),
    ("invalid sender", Objection::WrongChain),
];

/// The HTTP status of a request too many.
const TOO_MANY_REQUESTS: u16 = 429;

impl Objection {
    fn of(words: &str) -> Option<Self> {
        let words = words.to_lowercase();
        let found = PHRASES.iter().find(|(phrase, _)| words.contains(phrase));
        found.map(|(_, objection)| *objection)
    }
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
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// What the node objects to, if its words are known.
    #[must_use]
    pub fn objection(&self) -> Option<Objection> {
        match self {
            Self::Refused { message, .. } => Objection::of(message),
            Self::HttpStatus { status, .. } if *status == TOO_MANY_REQUESTS => Some(Objection::RateLimited),
            Self::HttpStatus { page, .. } => Objection::of(page),
            Self::Accepted { .. } | Self::TimedOut | Self::Unreachable { .. } | Self::Malformed { .. } => {
                None
            }
        }
    }

    /// A short name, for metrics and records.
    #[must_use]
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

    fn refused(message: &str) -> Outcome {
        Outcome::Refused {
            code: -32000,
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_words_of_known_nodes_are_understood() {
        let table = [
            ("already known", Objection::AlreadyKnown),
            ("transaction already imported", Objection::AlreadyKnown),
            ("nonce too low: next nonce 5, tx nonce 4", Objection::NonceTooLow),
            (
                "replacement transaction underpriced",
                Objection::ReplacementUnderpriced,
            ),
            (
                "transaction underpriced: gas tip cap 1, minimum needed 50000000",
                Objection::Underpriced,
            ),
            ("txpool is full", Objection::PoolFull),
            (
                "insufficient funds for gas * price + value",
                Objection::InsufficientFunds,
            ),
            ("intrinsic gas too low", Objection::IntrinsicGas),
            ("exceeds block gas limit", Objection::GasLimit),
            ("oversized data", Objection::Oversized),
            ("invalid chain id for signer", Objection::WrongChain),
        ];
        for (words, objection) in table {
            assert_eq!(refused(words).objection(), Some(objection), "{words}");
        }
        assert_eq!(refused("internal error").objection(), None);
    }

    #[test]
    fn a_status_objects_to_the_rate_only() {
        let status = |status| Outcome::HttpStatus {
            status,
            page: String::new(),
        };
        assert_eq!(status(429).objection(), Some(Objection::RateLimited));
        assert_eq!(status(500).objection(), None);
    }

    #[test]
    fn long_words_are_cut_and_hold_no_nul() {
        let words = cut(&"a\0ü".repeat(1_000));
        assert_eq!(words.chars().count(), WORDS_MAX);
        assert!(!words.contains('\0'));
    }
}
