//! Wire types and client of the signer.
