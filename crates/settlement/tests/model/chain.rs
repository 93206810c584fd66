//! A chain that forks: a finalized part, a few blocks above it, and everything that was ever sent to it.
//!
//! Its contract is more careless than the real one: it pays amounts, not targets, so nothing but settlement itself
//! keeps it from paying a user twice. What was sent once may land at any time, or never.

use std::collections::BTreeSet;

/// The contract takes each batch up to and including this time.
pub(crate) const DEADLINES: [u64; 2] = [1, 3];

/// No block is later: the first batch's deadline passes, the second one's does not.
pub(crate) const TIME_MAX: u64 = 2;

/// A signed transaction of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tx {
    /// Ours: an attempt to execute a batch, or to fill its nonce.
    Ours {
        batch: usize,
        nonce: u64,
        attempt: u32,
        is_noop: bool,
    },
    /// Someone else's who has the key.
    Foreign { nonce: u64 },
}

impl Tx {
    pub(crate) const fn nonce(self) -> u64 {
        match self {
            Self::Ours { nonce, .. } | Self::Foreign { nonce } => nonce,
        }
    }

    const fn called_batch(self) -> Option<usize> {
        match self {
            Self::Ours {
                batch,
                is_noop: false,
                ..
            } => Some(batch),
            Self::Ours { is_noop: true, .. } | Self::Foreign { .. } => None,
        }
    }
}

/// A transaction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Landed {
    pub(crate) tx: Tx,
    pub(crate) is_reverted: bool,
}

impl Landed {
    pub(crate) fn executes(self, batch: usize) -> bool {
        !self.is_reverted && self.tx.called_batch() == Some(batch)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Block {
    time: u64,
    landed: Option<Landed>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Chain {
    /// Number and time of the finalized block.
    pub(crate) final_number: u64,
    pub(crate) final_time: u64,
    /// What landed in finalized blocks, by nonce, with the block's number.
    finalized: Vec<(u64, Landed)>,
    blocks: Vec<Block>,
    pub(crate) pool: BTreeSet<Tx>,
    /// What last landed in a block that a reorg took away. A node that lags behind still shows it.
    pub(crate) orphan: Option<(u64, Landed)>,
}

impl Chain {
    pub(crate) fn head_number(&self) -> u64 {
        self.final_number + self.depth() as u64
    }

    pub(crate) fn head_time(&self) -> u64 {
        self.blocks.last().map_or(self.final_time, |block| block.time)
    }

    pub(crate) const fn depth(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn final_nonce(&self) -> u64 {
        self.finalized.len() as u64
    }

    pub(crate) fn head_nonce(&self) -> u64 {
        self.landed().count() as u64
    }

    pub(crate) fn finalized(&self) -> impl Iterator<Item = Landed> {
        self.finalized.iter().map(|(_, landed)| *landed)
    }

    /// Everything that landed, with its block's number.
    pub(crate) fn landed(&self) -> impl Iterator<Item = (u64, Landed)> {
        let above = (self.final_number + 1..).zip(&self.blocks);
        let above = above.filter_map(|(number, block)| Some((number, block.landed?)));
        self.finalized.iter().copied().chain(above)
    }

    pub(crate) fn executed(&self, batch: usize) -> bool {
        self.landed().any(|(_, landed)| landed.executes(batch))
    }

    pub(crate) fn executed_finally(&self, batch: usize) -> bool {
        self.finalized().any(|landed| landed.executes(batch))
    }

    /// A new block; `fails` is any reason of the contract's that has nothing to do with time, as missing funds.
    pub(crate) fn mine(&mut self, tx: Option<Tx>, tick: bool, fails: bool) {
        let time = self.head_time() + u64::from(tick);
        let landed = tx.map(|tx| Landed {
            tx,
            is_reverted: tx
                .called_batch()
                .is_some_and(|batch| fails || time > DEADLINES[batch] || self.executed(batch)),
        });
        self.blocks.push(Block { time, landed });
    }

    /// Takes blocks away; says whether one of them had executed the first batch. Nodes may remember what was in them.
    pub(crate) fn reorg(&mut self, depth: usize, is_remembered: bool) -> bool {
        let first = self.blocks.len() - depth;
        let numbers = self.final_number + 1 + first as u64..;
        let removed: Vec<(u64, Landed)> = numbers
            .zip(self.blocks.split_off(first))
            .filter_map(|(number, block)| Some((number, block.landed?)))
            .collect();
        if is_remembered {
            self.orphan = removed.last().copied().or(self.orphan);
        }
        removed.iter().any(|(_, landed)| landed.executes(0))
    }

    pub(crate) fn finalize(&mut self) {
        let block = self.blocks.remove(0);
        self.final_number += 1;
        self.final_time = block.time;
        let landed = block.landed.map(|landed| (self.final_number, landed));
        self.finalized.extend(landed);
    }
}
