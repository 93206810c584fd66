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
mod tests;
