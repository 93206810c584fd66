//! What a step begins with, what is held and what the node says, and what it did.

use abi::Journal;
use alloy_primitives::B256;
use chain::{BlockHeader, BlockRef};
use store::chain_log::StoredBlock;
use store::checkpoint::Checkpoint;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another instance is the listener.
    Standby,
    /// The node is behind what is held already, or not consistent yet: it is waited for.
    Stale,
    /// There is nothing new.
    Idle,
    /// Something was recorded; there may be more.
    Advanced,
    /// Blocks above finality were taken back.
    Rewound,
}

/// What is held: the checkpoint, and the blocks above finality, newest first.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) blocks: Vec<StoredBlock>,
}

/// What the node says.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) head: BlockHeader,
    pub(crate) finalized: BlockHeader,
}

impl Held {
    /// The newest block that is held.
    pub(crate) fn top(&self) -> BlockRef {
        BlockRef {
            number: self.checkpoint.head_number,
            hash: self.checkpoint.head_hash,
        }
    }

    /// The journal after it.
    pub(crate) fn journal(&self) -> Journal {
        match self.blocks.first() {
            Some(block) => Journal {
                seq: block.seq_end,
                root: block.root_end,
            },
            None => Journal {
                seq: self.checkpoint.final_seq,
                root: self.checkpoint.final_root,
            },
        }
    }

    /// The hash that is held at a height from finality to the newest.
    pub(crate) fn hash_at(&self, number: u64) -> Option<B256> {
        if number == self.checkpoint.final_number {
            return Some(self.checkpoint.final_hash);
        }
        let block = self.blocks.iter().find(|block| block.number == number);
        block.map(|block| block.hash)
    }

    pub(crate) fn is_whole(&self) -> bool {
        let newest = self
            .blocks
            .first()
            .map_or(self.checkpoint.final_hash, |block| block.hash);
        newest == self.checkpoint.head_hash
    }
}
