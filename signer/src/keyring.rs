//! The signing key, and where it comes from.
//!
//! Not responsible for what is signed: it gets digests from [`crate::Authorizer`] only, never from a request.

mod keystore;
mod local;
mod source;

pub use keystore::{KeystoreError, create, open, read_password};
pub use local::{KeyError, LocalKey};
pub use source::{KeySource, KeyVariables, OpenError};

pub use abi::development::is_public_knowledge;
