//! The canonical encoding of parameters: integers are big-endian, texts and lists start with their length as `u32`.

use alloy_primitives::{B256, Keccak256};
use money::Amount;

/// Writes a canonical encoding into a keccak256 hash.
#[derive(Debug)]
pub struct Encoder(Keccak256);

impl Encoder {
    /// Starts with the name of the encoding, so that no two encodings have the same hashes.
    pub fn new(domain: &[u8]) -> Self {
        let mut out = Self(Keccak256::new());
        out.bytes(domain);
        out
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// A number.
    pub fn u32(&mut self, number: u32) {
        self.bytes(&number.to_be_bytes());
    }

    /// Base units as `u128`.
    pub fn amount(&mut self, amount: Amount) {
        self.bytes(&amount.base_units().to_be_bytes());
    }

    /// A length. The compiler limits all of them, far below `u32`.
    pub fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).unwrap_or(u32::MAX));
    }

    /// A list of amounts.
    pub fn amounts(&mut self, amounts: &[Amount]) {
        self.length(amounts.len());
        for amount in amounts {
            self.amount(*amount);
        }
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    /// The hash of everything written.
    #[must_use]
    pub fn finish(self) -> B256 {
        self.0.finalize()
    }
}
