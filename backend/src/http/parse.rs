//! How wallets, hashes, amounts and cursors are written in JSON and read back.

use std::fmt::Display;

use alloy_primitives::{Address, B256};
use approval::SIGNATURE_BYTES_MAX;
use money::Amount;

use super::code::Code;
use super::error::Problem;
use super::schema::{Cursor, STOP_REASON_CHARACTERS_MAX};

/// Microseconds in a second.
pub const MICROS: i64 = 1_000_000;

/// Later than everything that is listed by time, in microseconds since 1970-01-01 UTC: the year 9999.
pub const NEWEST_US: i64 = 253_370_764_800_000_000;

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

/// Why an operator stops: one line, without the spaces around it.
pub fn stop_reason(text: &str) -> Result<&str, Problem> {
    let reason = text.trim();
    let is_short = text.chars().count() <= STOP_REASON_CHARACTERS_MAX;
    (is_short && !reason.is_empty() && !text.contains(char::is_control))
        .then_some(reason)
        .ok_or_else(|| Problem::field("reason", "not 1 to 500 characters in one line"))
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
pub fn cursor(kind: char, first: impl Display, second: impl Display) -> Cursor {
    hex::encode(format!("{kind}{first}.{second}")).into()
}

/// Cuts entries to a page, for which one more was read; the cursor of its last one when there are more.
pub fn next_page<T>(entries: &mut Vec<T>, limit: i64, cursor: impl FnOnce(&T) -> Cursor) -> Option<Cursor> {
    let more = i64::try_from(entries.len()).is_ok_and(|found| found > limit);
    if more {
        entries.pop();
    }
    entries.last().filter(|_| more).map(cursor)
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
