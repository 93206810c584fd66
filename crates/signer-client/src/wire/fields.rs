//! Values as texts: each has exactly one form.

use std::str::FromStr;

use alloy_primitives::{Address, B256, hex};
use money::Amount;
use thiserror::Error;

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}` is not {expected}")]
pub struct MalformedField {
    /// The field.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

pub(super) fn lower_hex(value: impl AsRef<[u8]>) -> String {
    hex::encode_prefixed(value)
}

pub(super) fn address(field: &'static str, text: &str) -> Result<Address, MalformedField> {
    bytes::<20>(text).map(Address::new).ok_or(MalformedField {
        field,
        expected: "an address of 20 bytes in hexadecimal with prefix",
    })
}

pub(super) fn hash(field: &'static str, text: &str) -> Result<B256, MalformedField> {
    bytes::<32>(text).map(B256::new).ok_or(MalformedField {
        field,
        expected: "32 bytes in hexadecimal with prefix",
    })
}

pub(super) fn signature(text: &str) -> Result<[u8; 65], MalformedField> {
    bytes(text).ok_or(MalformedField {
        field: "signature",
        expected: "65 bytes in hexadecimal with prefix",
    })
}

pub(super) fn amount(field: &'static str, text: &str) -> Result<Amount, MalformedField> {
    Amount::from_str(text).map_err(|_| MalformedField {
        field,
        expected: "a decimal integer of base units",
    })
}

/// Wei per gas: the same form as an amount.
pub(super) fn fee(field: &'static str, text: &str) -> Result<u128, MalformedField> {
    amount(field, text).map(Amount::base_units)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut found = [0; N];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut found).ok()?;
    // A second prefix would be skipped by the decoder; the length tells.
    (text.len() == 2 + 2 * N).then_some(found)
}
