//! How wallets, hashes, amounts and cursors are written in JSON and read back.

use std::fmt::Display;

use alloy_primitives::{Address, B256};
use approval::SIGNATURE_BYTES_MAX;
use money::Amount;

use super::code::Code;
use super::error::Problem;

/// Entries of a page when nothing else is requested.
const PAGE_DEFAULT: u32 = 50;
/// Maximum number of entries of a page.
pub const PAGE_MAX: u32 = 100;

/// A wallet: `0x`, 40 digits; with a right checksum (EIP-55) or all in lower case.
pub fn wallet(field: &str, text: &str) -> Result<Address, Problem> {
    let lower = text.len() == 42 && text.starts_with("0x") && text == text.to_ascii_lowercase();
    let parsed = if lower {
        text.parse().ok()
    } else {
        Address::parse_checksummed(text, None).ok()
    };
    parsed
        .filter(|wallet: &Address| !wallet.is_zero())
        .ok_or_else(|| {
            Problem::field(
                field,
                "not a wallet address: 0x and 40 hexadecimal digits, with a valid checksum or in lower case",
            )
        })
}

/// 32 bytes: `0x` and 64 digits.
pub fn hash(field: &str, text: &str) -> Result<B256, Problem> {
    (text.len() == 66 && text.starts_with("0x"))
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| Problem::field(field, "not 32 bytes: 0x and 64 hexadecimal digits"))
}

/// A signature: its bytes in hexadecimal with prefix.
pub fn signature(text: &str) -> Result<Vec<u8>, Problem> {
    let bytes = text
        .strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok());
    bytes
        .filter(|bytes| (1..=SIGNATURE_BYTES_MAX).contains(&bytes.len()))
        .ok_or_else(|| {
            Problem::field(
                "signature",
                "not bytes in hexadecimal with prefix, 1 to 4096 of them",
            )
        })
}

/// Base units as a decimal integer.
pub fn amount(field: &str, text: &str) -> Result<Amount, Problem> {
    text.parse()
        .map_err(|_| Problem::field(field, "not a decimal integer of base units"))
}

/// How a wallet is shown: with its checksum.
pub fn shown(wallet: Address) -> String {
    wallet.to_checksum(None)
}

/// The number of entries of a page.
pub fn page(limit: Option<u32>) -> Result<i64, Problem> {
    match limit.unwrap_or(PAGE_DEFAULT) {
        limit @ 1..=PAGE_MAX => Ok(i64::from(limit)),
        _ => Err(Problem::because(
            Code::MalformedQuery,
            format!("limit must be between 1 and {PAGE_MAX}"),
        )),
    }
}

/// Writes a cursor: the kind of list and the two numbers of its last entry.
pub fn cursor(kind: char, first: impl Display, second: impl Display) -> String {
    hex::encode(format!("{kind}{first}.{second}"))
}

/// Reads a cursor of this kind of list.
pub fn read_cursor<A, B>(kind: char, cursor: Option<&str>) -> Result<Option<(A, B)>, Problem>
where
    A: std::str::FromStr,
    B: std::str::FromStr,
{
    let Some(cursor) = cursor else { return Ok(None) };
    let read = || {
        let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
        let (first, second) = text.strip_prefix(kind)?.split_once('.')?;
        Some((first.parse().ok()?, second.parse().ok()?))
    };
    read()
        .map(Some)
        .ok_or_else(|| Problem::because(Code::MalformedQuery, "cursor does not belong to this list"))
}
