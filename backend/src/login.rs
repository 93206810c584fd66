//! What a wallet signs to sign in: an EIP-4361 message under an EIP-191 signature.
//!
//! Reads and checks; pure. Not responsible for whether a nonce was issued or used, nor for sessions. Wallets that
//! are contracts (EIP-1271) cannot sign in: their signature could only be checked by a call to the chain.

mod message;
mod signature;
pub mod timestamp;

use alloy_primitives::Address;
use thiserror::Error;

use crate::config::Origin;
pub use message::{MESSAGE_BYTES_MAX, Message, MessageError};
pub use signature::{SignatureError, recover};

/// How long after its time of issue a message can be used: a person confirms it in the wallet. Also the life of a
/// nonce, in seconds.
pub const MESSAGE_SECONDS_MAX: u32 = 600;

/// How far a wallet's clock may be ahead of ours, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// What a message must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The site.
    pub origin: &'a Origin,
    /// The chain.
    pub chain_id: u64,
    /// The present, in seconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Why a signed message lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] MessageError),
    /// Scheme, domain or URI are those of another site.
    #[error("the message is for another site")]
    WrongDomain,
    /// It is for another chain.
    #[error("the message is for another chain")]
    WrongChain,
    /// It was issued or ended too long ago.
    #[error("the message has expired")]
    Expired,
    /// It begins in the future.
    #[error("the message is not valid yet")]
    NotYetValid,
    /// The signature is malformed or of another key.
    #[error("the signature is not that of the wallet in the message")]
    BadSignature,
}

/// A message that passed every check but that of its nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who signed.
    pub wallet: Address,
    /// To be used up.
    pub nonce: String,
}

/// Checks a signed message.
///
/// # Errors
/// The first broken rule.
pub fn check(text: &str, signature: &str, expected: Expected<'_>) -> Result<SignedIn, Refused> {
    let message = Message::parse(text)?;
    let origin = expected.origin;
    let other_scheme = message.scheme.is_some_and(|scheme| scheme != origin.scheme());
    if other_scheme || message.domain != origin.domain || message.uri != origin.uri {
        return Err(Refused::WrongDomain);
    }
    if message.chain_id != expected.chain_id {
        return Err(Refused::WrongChain);
    }
    let Expected { now, .. } = expected;
    let too_old = message.issued_at < now - i64::from(MESSAGE_SECONDS_MAX);
    if too_old || message.expiration_time.is_some_and(|end| end <= now) {
        return Err(Refused::Expired);
    }
    let begins = message.issued_at.max(message.not_before.unwrap_or(i64::MIN));
    if begins > now + CLOCK_SKEW_SECONDS {
        return Err(Refused::NotYetValid);
    }
    match recover(text, signature) {
        Ok(signer) if signer == message.address => Ok(SignedIn {
            wallet: signer,
            nonce: message.nonce,
        }),
        Ok(_) | Err(_) => Err(Refused::BadSignature),
    }
}
