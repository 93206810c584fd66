//! The tree, built from leaves one after another: the same root as [`Tree::build`](super::Tree::build), in the memory of one node
//! for each level.

use alloy_primitives::{Address, B256};
use money::Amount;

use crate::liabilities::{LEAVES_MAX, Leaf, SUM_MAX, SumNode, TreeError};

/// Nodes of this level and above are given out: a block has 2^8 leaves.
pub const BLOCK_LEVEL: u16 = 8;

/// A node of the upper part of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpperNode {
    /// Levels above the leaves, at least [`BLOCK_LEVEL`].
    pub level: u16,
    /// Number in its level, from 0.
    pub place: usize,
    /// The node.
    pub node: SumNode,
    /// Wallet of the first leaf below.
    pub first_wallet: Address,
}

/// A tree in the making.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    levels: Vec<Level>,
    last: Option<Address>,
    leaves: usize,
    upper: Vec<UpperNode>,
}

/// A finished tree, without its lower nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The root with the sum of all leaves.
    pub root: SumNode,
    /// Number of leaves.
    pub leaves: usize,
    /// Nodes of the blocks and above. A tree of one block has one: its root.
    pub upper: Vec<UpperNode>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Nodes so far.
    count: usize,
    /// The last one, when it has no partner yet, with the first wallet below.
    lone: Option<(SumNode, Address)>,
}

impl Folded {
    /// The root's hash: what is published.
    pub const fn hash(&self) -> B256 {
        self.root.hash
    }

    /// The sum of all leaves.
    pub const fn total(&self) -> Amount {
        self.root.sum
    }
}

impl Fold {
    /// Adds the next leaf; leaves come in ascending order of wallets.
    ///
    /// # Errors
    /// [`TreeError`]; a wallet that is not above the last one counts as a second leaf of the last.
    pub fn push(&mut self, leaf: &Leaf) -> Result<(), TreeError> {
        if self.leaves >= LEAVES_MAX {
            return Err(TreeError::TooManyLeaves(self.leaves.saturating_add(1)));
        }
        if self.last.is_some_and(|last| last >= leaf.wallet) {
            return Err(TreeError::WalletTwice(leaf.wallet));
        }
        if leaf.entitled.is_zero() {
            return Err(TreeError::ZeroLeaf(leaf.wallet));
        }
        if leaf.entitled > SUM_MAX {
            return Err(TreeError::SumTooLarge);
        }
        self.last = Some(leaf.wallet);
        self.leaves = self.leaves.saturating_add(1);
        self.put(0, leaf.node(), leaf.wallet)
    }

    /// Closes the tree: a node without a partner moves up unchanged.
    ///
    /// # Errors
    /// [`TreeError::Empty`], or a sum that is too large.
    pub fn finish(mut self) -> Result<Folded, TreeError> {
        let mut number = 0;
        loop {
            let level = *self.levels.get(number).ok_or(TreeError::Empty)?;
            if level.count == 1 {
                let (root, first_wallet) = level.lone.ok_or(TreeError::Empty)?;
                if number < usize::from(BLOCK_LEVEL) {
                    self.upper = vec![UpperNode {
                        level: BLOCK_LEVEL,
                        place: 0,
                        node: root,
                        first_wallet,
                    }];
                }
                return Ok(Folded {
                    root,
                    leaves: self.leaves,
                    upper: self.upper,
                });
            }
            number = number.saturating_add(1);
            if let Some((node, first_wallet)) = level.lone {
                self.put(number, node, first_wallet)?;
            }
        }
    }

    fn put(&mut self, number: usize, node: SumNode, first_wallet: Address) -> Result<(), TreeError> {
        let (mut number, mut node, mut first_wallet) = (number, node, first_wallet);
        loop {
            if self.levels.len() <= number {
                self.levels.resize_with(number.saturating_add(1), Level::default);
            }
            let Some(level) = self.levels.get_mut(number) else {
                return Err(TreeError::Empty);
            };
            if let Some(name) = u16::try_from(number).ok().filter(|name| *name >= BLOCK_LEVEL) {
                self.upper.push(UpperNode {
                    level: name,
                    place: level.count,
                    node,
                    first_wallet,
                });
            }
            level.count = level.count.saturating_add(1);
            match level.lone.take() {
                None => {
                    level.lone = Some((node, first_wallet));
                    return Ok(());
                }
                Some((left, wallet)) => {
                    node = left.join(node).ok_or(TreeError::SumTooLarge)?;
                    first_wallet = wallet;
                    number = number.saturating_add(1);
                }
            }
        }
    }
}
