//! Tests of `local`.

use alloy::primitives::{U256, keccak256};
use alloy_signer_local::PrivateKeySigner;

use super::*;

#[test]
fn both_libraries_give_the_same_signature_and_it_recovers() {
    let secret = abi::development::SIGNER.private_key;
    let portable = PrivateKeySigner::from_bytes(&secret).unwrap();
    let key = LocalKey::from_bytes(&secret).unwrap();
    assert_eq!(key.address(), abi::development::SIGNER.address);
    for number in 0..100_u64 {
        let digest = keccak256(number.to_be_bytes());
        let signature = key.sign(digest).unwrap();
        assert_eq!(signature, portable.sign_hash_sync(&digest).unwrap().as_bytes());
        assert!(matches!(signature[64], 27 | 28));
    }
}

#[test]
fn zero_and_the_order_of_the_curve_are_no_keys() {
    assert!(LocalKey::from_bytes(&B256::ZERO).is_err());
    assert!(LocalKey::from_bytes(&B256::repeat_byte(0xff)).is_err());
}

/// What a broken device could give instead of the signature of `key` over `digest`.
fn broken(key: &LocalKey, digest: B256) -> Vec<(&'static str, Signature)> {
    let good = key.0.sign_hash_sync(&digest).unwrap();
    let other = LocalKey::from_bytes(&abi::development::SUBMITTER.private_key).unwrap();
    let signed = |key: &LocalKey, digest| key.0.sign_hash_sync(&digest).unwrap();
    vec![
        ("of another key", signed(&other, digest)),
        ("of another digest", signed(key, keccak256(b"other"))),
        ("the other parity", Signature::new(good.r(), good.s(), !good.v())),
        ("no r", Signature::new(U256::ZERO, good.s(), good.v())),
        ("no s", Signature::new(good.r(), U256::ZERO, good.v())),
        (
            "r beyond the curve",
            Signature::new(U256::MAX, good.s(), good.v()),
        ),
        (
            "s beyond the curve",
            Signature::new(good.r(), U256::MAX, good.v()),
        ),
        (
            "one bit",
            Signature::new(good.r() ^ U256::ONE, good.s(), good.v()),
        ),
    ]
}

#[test]
fn whatever_a_broken_device_gives_is_refused_and_the_high_form_is_turned() {
    let order = U256::from_str_radix(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        16,
    )
    .unwrap();
    let key = LocalKey::from_bytes(&abi::development::SIGNER.private_key).unwrap();
    for number in 0..50_u64 {
        let digest = keccak256(number.to_be_bytes());
        for (what, signature) in broken(&key, digest) {
            let refused = accepted(signature, digest, key.address());
            assert!(matches!(refused, Err(KeyError::Invalid)), "{what}: {refused:?}");
        }
        let good = key.0.sign_hash_sync(&digest).unwrap();
        let high = Signature::new(good.r(), order - good.s(), !good.v());
        let turned = accepted(high, digest, key.address()).unwrap();
        assert_eq!(turned, key.sign(digest).unwrap());
    }
}

#[test]
fn a_key_does_not_show_itself() {
    let key = LocalKey::from_bytes(&abi::development::SIGNER.private_key).unwrap();
    let shown = format!("{key:?}").to_lowercase();
    assert!(!shown.contains("92db14e4"), "{shown}");
}
