//! The signer: refuses what it cannot justify.
