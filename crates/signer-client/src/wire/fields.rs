//! Values as texts: each has exactly one form, and is refused by the name of its field.

use alloy_primitives::{Address, B256, Bytes, hex};
use money::Amount;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// A value with its text.
trait Text: Sized {
    /// What a text must be.
    const EXPECTED: &'static str;

    /// The value of a text.
    fn read(text: &str) -> Option<Self>;

    /// The text of a value.
    fn write(&self) -> String;
}

/// Values whose text is bytes in hexadecimal with prefix.
macro_rules! hexadecimal {
    ($($type:ty = $expected:literal, $read:expr;)+) => {$(
        impl Text for $type {
            const EXPECTED: &'static str = $expected;

            fn read(text: &str) -> Option<Self> {
                $read(text)
            }

            fn write(&self) -> String {
                hex::encode_prefixed(self)
            }
        }
    )+};
}

hexadecimal! {
    Address = "an address of 20 bytes in hexadecimal with prefix", |text| bytes(text).map(Self::new);
    B256 = "32 bytes in hexadecimal with prefix", |text| bytes(text).map(Self::new);
    [u8; 65] = "65 bytes in hexadecimal with prefix", bytes;
    Bytes = "bytes in hexadecimal with prefix", |text: &str| text.parse().ok();
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut found = [0; N];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut found).ok()?;
    // A second prefix would be skipped by the decoder; the length tells.
    (text.len() == 2 + 2 * N).then_some(found)
}

impl Text for Amount {
    const EXPECTED: &'static str = "a decimal integer of base units";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// Wei per gas: the same form as an amount.
impl Text for u128 {
    const EXPECTED: &'static str = Amount::EXPECTED;

    fn read(text: &str) -> Option<Self> {
        Amount::read(text).map(Amount::base_units)
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// A field that is not what it must be.
pub(crate) fn malformed<E: Error>(field: &str, expected: &str) -> E {
    E::custom(format_args!("`{field}` is not {expected}"))
}

/// What is wrong with a JSON. A field that is not what it must be has its name; of everything else the place is said.
pub fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(named) if named.starts_with('`') => named.to_owned(),
        Some(_) | None => text,
    }
}

/// For each field a module for `serde(with)`.
macro_rules! fields {
    ($($field:ident: $type:ty,)+) => {$(
        pub(crate) mod $field {
            use super::*;

            pub(crate) fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&value.write())
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = String::deserialize(deserializer)?;
                Text::read(&text).ok_or_else(|| malformed(stringify!($field), <$type>::EXPECTED))
            }
        }
    )+};
}

fields! {
    amount: Amount,
    batch_id: B256,
    block_hash: B256,
    contract: Address,
    deposit_ref: B256,
    digest: B256,
    disclosure_hash: B256,
    entitled: Amount,
    hash: B256,
    journal_root: B256,
    manifest_hash: B256,
    max_fee_per_gas: u128,
    max_priority_fee_per_gas: u128,
    max_total: Amount,
    plan_hash: B256,
    proposer: Address,
    raw: Bytes,
    root: B256,
    sender: Address,
    signature: [u8; 65],
    signer: Address,
    submitter: Address,
    sum: Amount,
    target: Amount,
    total: Amount,
    user: Address,
    wallet: Address,
}

/// A sponsor; null for nobody.
pub(crate) mod sponsor {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Address>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(sponsor) => serializer.serialize_str(&sponsor.write()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Address>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |text: String| Text::read(&text).ok_or_else(|| malformed("sponsor", Address::EXPECTED));
        text.map(read).transpose()
    }
}
