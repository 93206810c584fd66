//! The signer: rejects everything it cannot justify from the typed request and its own records.
//!
//! It builds every digest itself, records what it will sign before it signs, and never signs two different things under
//! one business key. Not responsible for any ledger: it sees no table but its own.

pub mod audit;
mod authorize;
pub mod callers;
pub mod config;
pub mod database;
mod head;
pub mod http;
pub mod keyring;
pub mod message;
pub mod people;
pub mod policy;
mod protection;
pub mod purpose;
mod refusal;
pub mod serve;

pub use authorize::Authorizer;
pub use protection::{MemoryError, resume};
pub use refusal::{AuthorizeError, Refusal};

/// Milliseconds since 1970-01-01 by this machine's clock, for records only: deadlines are measured by the chain's.
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
