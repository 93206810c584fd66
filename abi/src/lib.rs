//! Contract interface: exported JSON, bindings, EIP-712 structs, golden vectors.
#![deny(missing_docs)]

pub mod bindings;
