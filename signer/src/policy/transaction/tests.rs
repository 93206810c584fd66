//! Tests of `transaction`.

use super::*;

#[test]
fn a_price_is_raised_by_the_rule_of_the_nodes() {
    for (old, new, raised) in [
        (0, 0, false),
        (0, 1, true),
        // A tenth of little is nothing, but the same is not more.
        (1, 1, false),
        (1, 2, true),
        (9, 9, false),
        (9, 10, true),
        (100, 109, false),
        (100, 110, true),
        (1_005, 1_104, false),
        (1_005, 1_105, true),
    ] {
        assert_eq!(is_raised(new, old), raised, "{old} {new}");
    }
}

#[test]
fn a_proof_leads_from_its_leaf_to_its_root_only() {
    let leaf = |user, entitled: u128| keccak256((user, U256::from(entitled)).abi_encode());
    let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
    let (hash_a, hash_b) = (leaf(a, 5), leaf(b, 7));
    let root = if hash_a < hash_b {
        keccak256((hash_a, U256::from(5), hash_b, U256::from(7)).abi_encode())
    } else {
        keccak256((hash_b, U256::from(7), hash_a, U256::from(5)).abi_encode())
    };
    let sibling = |hash, sum| ProofNode {
        hash,
        sum: Amount::new(sum),
    };
    let check =
        |user, entitled, proof: &[ProofNode]| check_proof(user, Amount::new(entitled), root, proof).is_ok();
    assert!(check(a, 5, &[sibling(hash_b, 7)]) && check(b, 7, &[sibling(hash_a, 5)]));
    assert!(!check(a, 6, &[sibling(hash_b, 7)]), "another entitlement");
    assert!(!check(a, 5, &[sibling(hash_b, 8)]), "another sum");
    assert!(!check(b, 5, &[sibling(hash_b, 7)]), "another user");
    assert!(!check(a, 5, &[]), "a leaf is not the root");
    let huge = check_proof(a, Amount::new(1 << 96), leaf(a, 1 << 96), &[]);
    assert_eq!(huge, Err(TransactionRule::ProofInvalid));
}
