//! A strict reader of EIP-4361 messages: exactly the standard's grammar with no leniency, so that the text
//! shown by the wallet is the text checked here.

use alloy_primitives::Address;
use thiserror::Error;

use super::timestamp;

/// Longest message: the standard's fields with generous values; a wallet shows all of it to a person.
pub const MESSAGE_BYTES_MAX: usize = 4_096;

/// The end of the first line.
const GREETING: &str = " wants you to sign in with your Ethereum account:";

/// The fields that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Scheme of the site that asks, if the message names it.
    pub scheme: Option<String>,
    /// Authority of the site that asks.
    pub domain: String,
    /// Who signs.
    pub address: Address,
    /// The subject of the signature.
    pub uri: String,
    /// The chain.
    pub chain_id: u64,
    /// Issued by us.
    pub nonce: String,
    /// Seconds since 1970-01-01 UTC.
    pub issued_at: i64,
    /// Seconds since 1970-01-01 UTC.
    pub expiration_time: Option<i64>,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: Option<i64>,
}

/// Why a text is no login message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageError {
    /// It is longer than any of ours.
    #[error("the message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// It has other characters than printable ASCII and line feeds.
    #[error("the message may contain only printable ASCII characters and line feeds")]
    NotPlain,
    /// A line is missing or is not what stands there in the standard.
    #[error("the message does not have the expected {0}")]
    Expected(&'static str),
    /// The address is not in its checksummed form (EIP-55).
    #[error("the address is not written with its checksum")]
    AddressChecksum,
    /// Only version 1 exists.
    #[error("the version is not 1")]
    UnknownVersion,
    /// Something follows after the last field.
    #[error("unexpected text after the end of the message")]
    TrailingText,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// The first line that is not as it must be.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(MessageError::TooLong);
        }
        if !text
            .bytes()
            .all(|byte| byte == b'\n' || matches!(byte, b' '..=b'~'))
        {
            return Err(MessageError::NotPlain);
        }
        let mut lines = Lines(text.split('\n').peekable());
        let first = lines.next("first line")?;
        let site = first
            .strip_suffix(GREETING)
            .ok_or(MessageError::Expected("first line"))?;
        let (scheme, domain) = match site.split_once("://") {
            Some((scheme, domain)) => (Some(scheme.to_owned()), domain),
            None => (None, site),
        };
        if domain.is_empty() || scheme.as_deref() == Some("") {
            return Err(MessageError::Expected("first line"));
        }
        let address = lines.next("address")?;
        let address = Address::parse_checksummed(address, None).map_err(|_| MessageError::AddressChecksum)?;
        lines.empty("empty line after the address")?;
        // A statement has one line and an empty line behind it; without one there are two empty lines.
        if !lines.next("statement or empty line")?.is_empty() {
            lines.empty("empty line after the statement")?;
        }
        let uri = lines.field("URI: ", "URI")?;
        if lines.field("Version: ", "version")? != "1" {
            return Err(MessageError::UnknownVersion);
        }
        let chain_id = number(lines.field("Chain ID: ", "chain id")?)?;
        let nonce = lines.field("Nonce: ", "nonce")?;
        if !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) || nonce.len() < 8 {
            return Err(MessageError::Expected("nonce"));
        }
        let message = Self {
            scheme,
            domain: domain.to_owned(),
            address,
            uri: uri.to_owned(),
            chain_id,
            nonce: nonce.to_owned(),
            issued_at: time(lines.field("Issued At: ", "time of issue")?)?,
            expiration_time: lines.find_field("Expiration Time: ").map(time).transpose()?,
            not_before: lines.find_field("Not Before: ").map(time).transpose()?,
        };
        lines.find_field("Request ID: ");
        if lines.find_field("Resources:") == Some("") {
            while lines.find_field("- ").is_some() {}
        }
        match lines.0.next() {
            None => Ok(message),
            Some(_) => Err(MessageError::TrailingText),
        }
    }
}

struct Lines<'a>(std::iter::Peekable<std::str::Split<'a, char>>);

impl<'a> Lines<'a> {
    fn next(&mut self, what: &'static str) -> Result<&'a str, MessageError> {
        self.0.next().ok_or(MessageError::Expected(what))
    }

    fn empty(&mut self, what: &'static str) -> Result<(), MessageError> {
        match self.next(what)? {
            "" => Ok(()),
            _ => Err(MessageError::Expected(what)),
        }
    }

    fn field(&mut self, label: &str, what: &'static str) -> Result<&'a str, MessageError> {
        self.next(what)?
            .strip_prefix(label)
            .filter(|value| !value.is_empty() && value.trim() == *value)
            .ok_or(MessageError::Expected(what))
    }

    /// An optional field, taken only if it comes next.
    fn find_field(&mut self, label: &str) -> Option<&'a str> {
        let value = self.0.peek()?.strip_prefix(label)?;
        self.0.next();
        Some(value)
    }
}

fn number(text: &str) -> Result<u64, MessageError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse()
        .ok()
        .filter(|_| plain)
        .ok_or(MessageError::Expected("chain id"))
}

fn time(text: &str) -> Result<i64, MessageError> {
    timestamp::parse(text).ok_or(MessageError::Expected("time"))
}

#[cfg(test)]
mod tests;
