//! Contract interface: exported JSON, bindings, EIP-712 structs, golden vectors.
