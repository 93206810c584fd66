//! The contract's logs as causes of the ledger: every journal entry exactly one; and whether commands of operators carry the
//! signatures that they need.
//!
//! One decoder for recording what the chain says and for posting it. Not responsible for where logs come from, for
//! their completeness (the journal's fold), nor for what a cause does.
#![deny(missing_docs)]

pub mod commands;
mod decode;
#[cfg(feature = "encode")]
mod encode;

pub use decode::{DecodeError, Decoder, PayoutsError, ReadError};
#[cfg(feature = "encode")]
pub use encode::logs_of;
