//! What the reconciler attests: that a batch or a root follows from facts verified against the contract's
//! journal, after a run without severe findings.

use alloy_primitives::B256;
use money::Amount;

use crate::{Message, Value};

/// What is attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attested {
    /// No line of the batch pays a wallet more than it is entitled to.
    Batch {
        /// Its replay key on the chain.
        batch_id: B256,
        /// Hash of wallets and targets, in order.
        list_hash: B256,
    },
    /// No leaf of the root promises a wallet more than it is entitled to.
    Root {
        /// The root.
        root: B256,
        /// Sum of its leaves.
        total: Amount,
    },
}

/// Up to where the attestor verified, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The last fact that was counted.
    pub fact_seq: u64,
    /// The contract's journal at the block: the last entry.
    pub journal_seq: u64,
    /// The contract's journal at the block: its root, 24 bytes in the upper part.
    pub journal_root: B256,
    /// Height of the final block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// When exactly this was first seen by the attestor, in seconds of the chain's time.
    pub seen_at: u64,
    /// The head's timestamp when it was attested.
    pub attested_at: u64,
}

/// An attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attestation {
    /// What.
    pub subject: Attested,
    /// As of when.
    pub moment: Moment,
}

impl Attestation {
    /// The message that the attestor signs.
    pub fn message(&self) -> Message {
        let (primary, mut fields) = match self.subject {
            Attested::Batch { batch_id, list_hash } => (
                "PayoutBatchAttestation",
                vec![
                    ("batchId", Value::Hash(batch_id)),
                    ("listHash", Value::Hash(list_hash)),
                ],
            ),
            Attested::Root { root, total } => (
                "LiabilitiesRootAttestation",
                vec![
                    ("root", Value::Hash(root)),
                    ("total", Value::number(total.base_units())),
                ],
            ),
        };
        let moment = &self.moment;
        fields.extend([
            ("factSeq", Value::number(moment.fact_seq)),
            ("journalSeq", Value::number(moment.journal_seq)),
            ("journalRoot", Value::Hash(moment.journal_root)),
            ("blockNumber", Value::number(moment.block_number)),
            ("blockHash", Value::Hash(moment.block_hash)),
            ("seenAt", Value::number(moment.seen_at)),
            ("attestedAt", Value::number(moment.attested_at)),
        ]);
        Message::new(primary, fields)
    }
}
