//! The signing key, and where it comes from.
//!
//! Not responsible for what is signed: it gets digests from [`crate::Authorizer`] only, never from a request.

mod keystore;
mod local;

pub use keystore::{KeystoreError, create, open};
pub use local::{KeyError, LocalKey};

use abi::development::ACCOUNTS;
use alloy::primitives::Address;

/// Whether everybody knows the private key of this account.
#[must_use]
pub fn is_public_knowledge(account: Address) -> bool {
    ACCOUNTS.iter().any(|known| known.address == account)
}
