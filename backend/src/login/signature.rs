//! Recovers who signed a text as wallets do (EIP-191, `personal_sign`).

use alloy::primitives::{Address, Signature};
use thiserror::Error;

/// Why a signature proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Not 65 bytes in hexadecimal with prefix.
    #[error("the signature must be 65 bytes in hexadecimal with prefix 0x")]
    Malformed,
    /// The last byte is neither 27 nor 28.
    #[error("the signature's last byte must be 27 or 28")]
    RecoveryByte,
    /// `s` is in the upper half: whoever has one signature could make this second one of it.
    #[error("the signature's s is in the upper half of the curve's order")]
    HighS,
    /// No key could have made it.
    #[error("no key could have made this signature")]
    Unrecoverable,
}

/// Who signed `text`.
///
/// # Errors
/// The signature is not in its one canonical form.
pub fn recover(text: &str, signature: &str) -> Result<Address, SignatureError> {
    let mut bytes = [0u8; 65];
    let digits = signature.strip_prefix("0x").ok_or(SignatureError::Malformed)?;
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| SignatureError::Malformed)?;
    if !matches!(bytes[64], 27 | 28) {
        return Err(SignatureError::RecoveryByte);
    }
    let signature = Signature::from_raw_array(&bytes).map_err(|_| SignatureError::Malformed)?;
    if signature.normalize_s().is_some() {
        return Err(SignatureError::HighS);
    }
    signature
        .recover_address_from_msg(text)
        .map_err(|_| SignatureError::Unrecoverable)
}
