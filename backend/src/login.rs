//! The message that a wallet signs to log in: an EIP-4361 message under an EIP-191 signature.
//!
//! Reads and checks; pure. Not responsible for whether the wallet signed it, since a wallet that is a contract (EIP-1271)
//! has to be asked at the chain; nor for whether a nonce was issued or used, nor for sessions.

mod message;
pub mod timestamp;

use alloy_primitives::{Address, B256, eip191_hash_message};
use thiserror::Error;

use crate::config::Origin;
pub use message::{MESSAGE_BYTES_MAX, Message, MessageError};

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
    #[error("the message is for a different site: its domain must be {domain} and its URI {uri} or below it")]
    WrongDomain {
        /// The domain of this site.
        domain: String,
        /// The URI of this site.
        uri: String,
    },
    /// It is for another chain.
    #[error("the message is for a chain other than {0}")]
    WrongChain(u64),
    /// It was issued or ended too long ago.
    #[error("the message has expired")]
    Expired,
    /// It begins in the future.
    #[error("the message is not valid yet")]
    NotYetValid,
}

/// A message that passed every check but those of its signature and nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Who is said to have signed.
    pub wallet: Address,
    /// What is to be signed (EIP-191).
    pub digest: B256,
    /// To be used up.
    pub nonce: String,
}

/// Checks a message that is said to be signed.
pub fn check(text: &str, expected: Expected<'_>) -> Result<Claimed, Refused> {
    let message = Message::parse(text)?;
    let origin = expected.origin;
    let other_scheme = message.scheme.is_some_and(|scheme| scheme != origin.scheme());
    if other_scheme || message.domain != origin.domain || !is_below(&message.uri, &origin.uri) {
        return Err(Refused::WrongDomain {
            domain: origin.domain.clone(),
            uri: origin.uri.clone(),
        });
    }
    if message.chain_id != expected.chain_id {
        return Err(Refused::WrongChain(expected.chain_id));
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
    Ok(Claimed {
        wallet: message.address,
        digest: eip191_hash_message(text),
        nonce: message.nonce,
    })
}

/// Whether a URI is a page of the site.
fn is_below(uri: &str, site: &str) -> bool {
    uri.strip_prefix(site)
        .is_some_and(|page| page.is_empty() || page.starts_with(['/', '?', '#']))
}
