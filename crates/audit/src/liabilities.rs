//! The liabilities tree: a Merkle-sum tree over what users are entitled to, as the contract verifies it.
//!
//! A leaf is `keccak256(abi.encode(wallet, entitled))`; a node is `keccak256(abi.encode(hashA, sumA, hashB, sumB))` of
//! its two children, the smaller hash first; leaves are sorted by wallet, and a node without a partner moves up as
//! it is. Every sum stays below 2^96. Leaves are 64 bytes before hashing and nodes 128, so neither passes as the other.
//!
//! The root's hash covers the sums of its two children, not its own: what binds the total is that a proof adds up
//! the sums on its way and is refused unless they reach the published total, so a root published with another total
//! than its tree's has no valid proof at all.
//!
//! Not responsible for who is entitled to how much, nor for publishing.

mod fold;
mod list;
mod part;
mod proof;

use alloy_primitives::{Address, B256, keccak256};
use money::Amount;
use thiserror::Error;

pub use fold::{BLOCK_LEVEL, Fold, Folded, UpperNode};
pub use list::{Header, List, ListError};
pub use part::Part;
pub use proof::{ProofError, verify};

/// Every sum of the tree, the total included, is at most this: the contract keeps targets in 96 bits.
pub const SUM_MAX: Amount = Amount::new((1 << 96) - 1);

/// More leaves than the chain has users is a mistake; the limit bounds what a hostile list can make us hold.
pub const LEAVES_MAX: usize = 1 << 24;

/// What one user is entitled to in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Whose.
    pub wallet: Address,
    /// Lifetime matured entitlement, more than zero.
    pub entitled: Amount,
}

/// A place in the tree: its hash and the sum of the leaves below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumNode {
    /// Hash of the leaf, or of both children with their sums.
    pub hash: B256,
    /// Sum of the leaves below.
    pub sum: Amount,
}

/// Why no tree can be built from leaves.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TreeError {
    /// Nobody is entitled to anything.
    #[error("there is no leaf")]
    Empty,
    /// More than [`LEAVES_MAX`].
    #[error("{0} leaves; the limit is {LEAVES_MAX}")]
    TooManyLeaves(usize),
    /// Two leaves of one user.
    #[error("{0} has two leaves")]
    WalletTwice(Address),
    /// A leaf of nothing: who is entitled to nothing is not in the tree.
    #[error("the leaf of {0} is zero")]
    ZeroLeaf(Address),
    /// The sum reaches 2^96.
    #[error("the leaves sum to 2^96 or more")]
    SumTooLarge,
}

/// A tree with all its nodes, level after level from the leaves up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    leaves: Vec<Leaf>,
    nodes: Vec<SumNode>,
    /// Number of nodes of each level; the last is 1.
    level_lengths: Vec<usize>,
    root: SumNode,
}

impl Leaf {
    /// The leaf's place in the tree.
    pub fn node(&self) -> SumNode {
        let mut bytes = [0; 64];
        put(&mut bytes, 0, self.wallet.into_word());
        put(&mut bytes, 1, word(self.entitled));
        SumNode {
            hash: keccak256(bytes),
            sum: self.entitled,
        }
    }
}

impl SumNode {
    /// The parent of two nodes, in either order; `None` if the sum reaches 2^96.
    #[must_use]
    pub fn join(self, other: Self) -> Option<Self> {
        let (first, second) = if self.hash <= other.hash {
            (self, other)
        } else {
            (other, self)
        };
        let sum = first
            .sum
            .checked_add(second.sum)
            .ok()
            .filter(|sum| *sum <= SUM_MAX)?;
        let mut bytes = [0; 128];
        put(&mut bytes, 0, first.hash);
        put(&mut bytes, 1, word(first.sum));
        put(&mut bytes, 2, second.hash);
        put(&mut bytes, 3, word(second.sum));
        Some(Self {
            hash: keccak256(bytes),
            sum,
        })
    }
}

impl Tree {
    /// The tree of these leaves, whatever their order.
    pub fn build(mut leaves: Vec<Leaf>) -> Result<Self, TreeError> {
        if leaves.len() > LEAVES_MAX {
            return Err(TreeError::TooManyLeaves(leaves.len()));
        }
        leaves.sort_unstable();
        for (leaf, next) in leaves.iter().zip(leaves.iter().skip(1)) {
            if leaf.wallet == next.wallet {
                return Err(TreeError::WalletTwice(leaf.wallet));
            }
        }
        let mut nodes = Vec::with_capacity(leaves.len().saturating_mul(2).saturating_add(32));
        for leaf in &leaves {
            if leaf.entitled.is_zero() {
                return Err(TreeError::ZeroLeaf(leaf.wallet));
            }
            if leaf.entitled > SUM_MAX {
                return Err(TreeError::SumTooLarge);
            }
            nodes.push(leaf.node());
        }
        let mut level_lengths = vec![leaves.len()];
        let (mut start, mut length) = (0usize, leaves.len());
        while length > 1 {
            let end = start.saturating_add(length);
            let next = length.div_ceil(2);
            for pair in (start..end).step_by(2) {
                let parent = match nodes.get(pair..end.min(pair.saturating_add(2))) {
                    Some([left, right]) => left.join(*right).ok_or(TreeError::SumTooLarge)?,
                    Some([lone]) => *lone,
                    Some(_) | None => return Err(TreeError::Empty),
                };
                nodes.push(parent);
            }
            level_lengths.push(next);
            (start, length) = (end, next);
        }
        let root = *nodes.last().ok_or(TreeError::Empty)?;
        Ok(Self {
            leaves,
            nodes,
            level_lengths,
            root,
        })
    }

    /// The root's hash: what is published.
    pub const fn root(&self) -> B256 {
        self.root.hash
    }

    /// The sum of all leaves: published beside the root.
    pub const fn total(&self) -> Amount {
        self.root.sum
    }

    /// The leaves, ascending by wallet.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The leaf of a user, if there is one.
    pub fn leaf(&self, wallet: Address) -> Option<Leaf> {
        self.leaves.get(self.index_of(wallet)?).copied()
    }

    /// The partners on the way from the user's leaf to the root, lowest first; `None` if the user has no leaf.
    pub fn proof(&self, wallet: Address) -> Option<Vec<SumNode>> {
        self.way(self.index_of(wallet)?, 0)
    }

    fn index_of(&self, wallet: Address) -> Option<usize> {
        self.leaves.binary_search_by_key(&wallet, |leaf| leaf.wallet).ok()
    }
}

fn word(amount: Amount) -> B256 {
    B256::left_padding_from(&amount.base_units().to_be_bytes())
}

/// Writes the 32-byte word number `index`.
fn put(bytes: &mut [u8], index: usize, word: B256) {
    for (place, byte) in bytes.iter_mut().skip(index.saturating_mul(32)).zip(word.0) {
        *place = byte;
    }
}
