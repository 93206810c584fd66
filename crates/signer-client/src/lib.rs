//! Wire types and client of the signer: typed terms go in, a signature or a signed transaction comes out.
//!
//! Not responsible for which terms may be signed (`settlement`), nor for remembering a request before it is requested:
//! whoever asks stores its intent first, so that a repeat requests the same terms.

mod client;
mod error;
mod terms;
pub mod wire;

pub use client::{CallerKey, DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY, SignerClient, SignerHealth};
pub use error::SignerError;
pub use settlement::authorization::{IntakeKind, IntakeTerms};
pub use terms::{
    AttestedRoot, BatchTerms, Call, Justification, LiabilitiesRoot, Payout, PayoutBatch, ProofNode,
    RootTerms, SignedBy, SignedMoment, SignedTransaction, TransactionTerms,
};

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::wire::fields;

/// What the signer answers: everything that the contract needs beside the terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The account whose signature it is.
    #[serde(with = "fields::signer")]
    pub signer: Address,
    /// `r ‖ s ‖ v` with a low `s` and `v` 27 or 28, as the contract takes it.
    #[serde(with = "fields::signature")]
    pub signature: [u8; 65],
    /// The EIP-712 digest that was signed.
    #[serde(with = "fields::digest")]
    pub digest: B256,
}
