//! Which chains are local, without real money.

/// Chain ids of development nodes. Development defaults, keys that everyone knows and connections without TLS are allowed
/// on no other.
const LOCAL_CHAIN_IDS: [u64; 2] = [31_337, 1_337];

/// Whether this is the chain of a development node.
#[must_use]
pub fn is_local_chain(chain_id: u64) -> bool {
    LOCAL_CHAIN_IDS.contains(&chain_id)
}
