//! People's signatures: recovery of the signer, and the serialized form.

use std::fmt;

use alloy_primitives::{Address, B256, Signature};

/// The longest signature that is taken: a contract wallet of many owners has a few hundred bytes.
pub const SIGNATURE_BYTES_MAX: usize = 4_096;

/// A person's agreement to a proposal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Approval {
    /// The wallet that signed, of a person or of a contract.
    pub wallet: Address,
    /// Until when it agrees, in seconds of the chain's time.
    pub expires: u64,
    /// 65 bytes `r ‖ s ‖ v` of a key, or whatever the contract at `wallet` takes.
    pub signature: Vec<u8>,
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Approval({} until {})", self.wallet, self.expires)
    }
}

/// A signature as it is kept: in the canonical form when the wallet's key made it and the wallet wrote it in another usual
/// one (`v` 0 or 1; 64 bytes of EIP-2098), and unchanged otherwise, since a contract wallet may take any bytes.
pub fn normalize(wallet: Address, digest: B256, signature: Vec<u8>) -> Vec<u8> {
    match canonical(&signature) {
        Some(canonical) if recover(digest, &canonical) == Some(wallet) => canonical.to_vec(),
        Some(_) | None => signature,
    }
}

fn canonical(signature: &[u8]) -> Option<[u8; 65]> {
    const PARITY: u8 = 0x80;
    let mut bytes = [0; 65];
    bytes.get_mut(..signature.len())?.copy_from_slice(signature);
    bytes[64] = match (signature.len(), bytes[64]) {
        (65, 0) => 27,
        (65, 1) => 28,
        (64, _) if bytes[32] & PARITY == 0 => 27,
        (64, _) => 28,
        _ => return None,
    };
    if signature.len() == 64 {
        bytes[32] &= !PARITY;
    }
    Some(bytes)
}

/// Who signed a digest with a key; `None` for anything but the one canonical form of a signature (65 bytes, low `s`,
/// `v` 27 or 28), so that nobody can make a second signature of a first.
pub fn recover(digest: B256, signature: &[u8]) -> Option<Address> {
    let bytes: &[u8; 65] = signature.try_into().ok()?;
    if !matches!(bytes[64], 27 | 28) {
        return None;
    }
    let signature = Signature::from_raw_array(bytes).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&digest).ok()
}
