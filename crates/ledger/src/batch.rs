//! The hash chain over posting batches: anyone with the facts and the transfers can recompute it.
//!
//! `hash = keccak256(prev ‖ header ‖ Σ (fact_seq ‖ fingerprint) ‖ Σ transfer)`, all integers big-endian:
//! the header is `seq u64 ‖ first_fact u64 ‖ last_fact u64 ‖ block_number u64 ‖ block_hash`; a transfer is
//! `fact_seq u64 ‖ leg u32 ‖ debit i64 ‖ credit i64 ‖ amount u128 ‖ reason i16 ‖ phase i16`, and for a
//! resolution also `resolved fact u64 ‖ resolved leg u32`. Facts come first, then transfers, both in order.

use alloy_primitives::{B256, Keccak256};

use crate::Transfer;

/// Hash of a posting batch. The chain starts at zero.
pub type BatchHash = B256;

/// What a posting batch says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Number of the batch, from 1, without gaps.
    pub seq: u64,
    /// First fact of the batch.
    pub first_fact: u64,
    /// Last fact of the batch.
    pub last_fact: u64,
    /// Last finalized block whose facts are all posted by the end of this batch.
    pub block_number: u64,
    /// Hash of that block.
    pub block_hash: B256,
}

/// Computes the hash of one batch. Feed the facts, then the transfers, each in order.
#[derive(Clone)]
pub struct BatchHasher(Keccak256);

impl std::fmt::Debug for BatchHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BatchHasher")
    }
}

impl BatchHasher {
    /// Starts the batch that follows the one with hash `prev`.
    pub fn new(prev: BatchHash, header: &BatchHeader) -> Self {
        let mut hasher = Keccak256::new();
        hasher.update(prev);
        for number in [
            header.seq,
            header.first_fact,
            header.last_fact,
            header.block_number,
        ] {
            hasher.update(number.to_be_bytes());
        }
        hasher.update(header.block_hash);
        Self(hasher)
    }

    /// Adds a fact by its number and the fingerprint of what the inbox says about it.
    pub fn fact(&mut self, seq: u64, fingerprint: B256) {
        self.0.update(seq.to_be_bytes());
        self.0.update(fingerprint);
    }

    /// Adds a transfer.
    pub fn transfer(&mut self, transfer: &Transfer) {
        let mut bytes = [0u8; 48];
        bytes[..8].copy_from_slice(&transfer.fact_seq.to_be_bytes());
        bytes[8..12].copy_from_slice(&transfer.leg.to_be_bytes());
        bytes[12..20].copy_from_slice(&transfer.debit.get().to_be_bytes());
        bytes[20..28].copy_from_slice(&transfer.credit.get().to_be_bytes());
        bytes[28..44].copy_from_slice(&transfer.amount.base_units().to_be_bytes());
        bytes[44..46].copy_from_slice(&transfer.reason.code().to_be_bytes());
        bytes[46..].copy_from_slice(&transfer.phase.code().to_be_bytes());
        self.0.update(bytes);
        if let Some(pending) = transfer.resolves {
            self.0.update(pending.fact_seq.to_be_bytes());
            self.0.update(pending.leg.to_be_bytes());
        }
    }

    /// The hash of the batch.
    #[must_use]
    pub fn finish(self) -> BatchHash {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests;
