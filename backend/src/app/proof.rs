//! A user's way to a published root: what the contract needs to pay a claim.

use std::sync::{Arc, Mutex};

use alloy_primitives::B256;
use audit::liabilities::Tree;

/// The tree of the root that proofs were last asked for: building it takes a hash for every user, and everybody asks
/// about the same.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<Option<(B256, Arc<Tree>)>>);
