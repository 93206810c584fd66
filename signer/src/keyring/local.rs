//! A key in this process's memory, used by libsecp256k1.

use std::fmt;

use alloy::primitives::{Address, B256, Signature};
use alloy::signers::SignerSync;
use alloy_signer_local::Secp256k1Signer;
use thiserror::Error;

/// Why there is no signature.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The bytes are no private key of the curve.
    #[error("not a private key")]
    NotAKey,
    /// The curve's library refused.
    #[error("the key cannot sign")]
    Sign(#[source] alloy::signers::Error),
    /// The fresh signature does not recover to the key's own account, or is not in the form the contract takes.
    #[error("the fresh signature is not valid")]
    Invalid,
}

/// A private key. The curve's library is libsecp256k1: several times faster than the portable one when it recovers, which
/// every signature goes through.
#[derive(Clone)]
pub struct LocalKey(Secp256k1Signer);

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKey({})", self.0.address())
    }
}

impl LocalKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`].
    pub fn from_bytes(bytes: &B256) -> Result<Self, KeyError> {
        Secp256k1Signer::from_bytes(bytes)
            .map(Self)
            .map_err(|_| KeyError::NotAKey)
    }

    /// The key's account.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a digest and verifies the signature by recovery. The same digest gets the same signature (RFC 6979).
    pub fn sign(&self, digest: B256) -> Result<[u8; 65], KeyError> {
        let signature = self.0.sign_hash_sync(&digest).map_err(KeyError::Sign)?;
        accepted(signature, digest, self.address())
    }
}

/// The signature as the contract takes it, whatever made it: of this account over this digest, with the low form of `s`.
///
/// Some devices give the high form, which is as valid and which the contract rejects; it is turned. Everything else that a broken
/// device could give is refused, and nothing of it is stored.
fn accepted(signature: Signature, digest: B256, account: Address) -> Result<[u8; 65], KeyError> {
    let signature = signature.normalized_s();
    let recovered = signature
        .recover_address_from_prehash(&digest)
        .map_err(|_| KeyError::Invalid)?;
    if recovered != account {
        return Err(KeyError::Invalid);
    }
    Ok(signature.as_bytes())
}

#[cfg(test)]
mod tests {
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
}
