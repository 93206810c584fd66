//! Contract interface: exported JSON, bindings, EIP-712 structs, the words of batches, the journal's fold, golden vectors.
//!
//! The only crate that contains `sol!`. It opens no connection: bindings and [`deploy`] use the provider they are given.
#![deny(missing_docs)]

pub mod bindings;
pub mod deploy;
pub mod development;
pub mod events;
pub mod governance;
pub mod journal;
pub mod operations;
pub mod payouts;
pub mod roles;
pub mod typed_data;

pub use bindings::ICustody;
pub use events::CustodyEvent;
pub use journal::Journal;
