//! Why a request was rejected, by the broken rule.

use approval::QuorumRule;
use chain::ChainError;
use settlement::authorization::BrokenRule;
use thiserror::Error;

use crate::keyring::KeyError;
use crate::policy::{AttestationRule, BatchRule, RootRule, TransactionRule};
use crate::protection::MemoryError;
use crate::purpose::Purpose;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The key is missing or unknown.
    #[error("unknown caller")]
    Unauthorized,
    /// Another process signs that.
    #[error("this signer is for {0}")]
    WrongPurpose(Purpose),
    /// The caller may not request this.
    #[error("the caller is not allowed to request this")]
    NotPermitted,
    /// The caller asks too often.
    #[error("too many requests from the caller")]
    RateLimited,
    /// The request is not what it must be.
    #[error("{0}")]
    Malformed(String),
    /// The terms break a rule of every authorization.
    #[error(transparent)]
    Rule(#[from] BrokenRule),
    /// The terms break a rule of batches.
    #[error(transparent)]
    Batch(#[from] BatchRule),
    /// The terms break a rule of roots.
    #[error(transparent)]
    Root(#[from] RootRule),
    /// The terms break a rule of transactions.
    #[error(transparent)]
    Transaction(#[from] TransactionRule),
    /// Not enough people agree.
    #[error(transparent)]
    Quorum(#[from] QuorumRule),
    /// The attestation does not count.
    #[error(transparent)]
    Attestation(#[from] AttestationRule),
    /// The signer has no list of people that it can use.
    #[error("{0}")]
    People(String),
    /// Other terms are known under the business key.
    #[error("different terms were recorded under this reference")]
    Equivocation,
    /// The key signs nothing until a person has looked at an equivocation.
    #[error("the key is paused for this; `signer resume` ends it")]
    KeyPaused,
}

impl Refusal {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::WrongPurpose(_) => "wrong_purpose",
            Self::NotPermitted => "not_permitted",
            Self::RateLimited => "rate_limited",
            Self::Malformed(_) => "malformed",
            Self::Rule(rule) => rule.code(),
            Self::Batch(rule) => rule.code(),
            Self::Root(rule) => rule.code(),
            Self::Transaction(rule) => rule.code(),
            Self::Quorum(rule) => rule.code(),
            Self::Attestation(rule) => rule.code(),
            Self::People(_) => "people_unknown",
            Self::Equivocation => "equivocation",
            Self::KeyPaused => "key_paused",
        }
    }

    /// Whether the caller could cause any number of them at no cost. Of these only some are written down.
    pub(crate) fn is_cheap(&self) -> bool {
        match self {
            Self::Unauthorized | Self::WrongPurpose(_) | Self::RateLimited | Self::KeyPaused => true,
            Self::NotPermitted
            | Self::Malformed(_)
            | Self::Rule(_)
            | Self::Batch(_)
            | Self::Root(_)
            | Self::Transaction(_)
            | Self::Quorum(_)
            | Self::Attestation(_)
            | Self::People(_)
            | Self::Equivocation => false,
        }
    }
}

/// Why there is no signature.
#[derive(Debug, Error)]
pub enum AuthorizeError {
    /// The request is refused, and that still has to be recorded.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request is refused, and that is recorded.
    #[error(transparent)]
    RefusedOnRecord(Refusal),
    /// The signer's memory cannot be used.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The chain's time or state is not known.
    #[error("the chain's state is not known")]
    Chain(#[from] ChainError),
    /// The key cannot be used.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
}

impl From<sqlx::Error> for AuthorizeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Memory(error.into())
    }
}
