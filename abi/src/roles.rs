//! Identifiers of the contract's roles, as `hasRole` and `revokeRole` take them and `RoleChanged` reports them.

use alloy::primitives::{B256, b256};

/// Cancels, pauses and vetoes; grants of it are delayed operations.
pub const GUARDIAN: B256 = b256!("55435dd261a4b9b3364963f7738a7a662ad9c84396d64be3365284bb7f0a5041");
/// Freezes users, for a bounded time.
pub const FREEZER: B256 = b256!("92de27771f92d6942691d73358b3a4673e4880de8356f8f2cf452be87e02d363");
/// Schedules movements of surplus.
pub const TREASURER: B256 = b256!("3496e2e73c4d42b75d702e60d9e48102720b8691234415963a5a857b86425d07");
/// Submits batches and roots.
pub const SUBMITTER: B256 = b256!("e1a65d1a914580ff6931bc952f0fb26573e9282358a4458bceb9ccc6d923d041");
/// Admin of all roles (`DEFAULT_ADMIN_ROLE`).
pub const ADMIN: B256 = B256::ZERO;

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::keccak256;

    #[test]
    fn roles_are_the_hashes_of_their_names() {
        for (role, name) in [
            (GUARDIAN, "GUARDIAN_ROLE"),
            (FREEZER, "FREEZER_ROLE"),
            (TREASURER, "TREASURER_ROLE"),
            (SUBMITTER, "SUBMITTER_ROLE"),
        ] {
            assert_eq!(role, keccak256(name), "{name}");
        }
    }
}
