//! The public list of a tree's leaves as text: anyone can recompute the root from it.
//!
//! Canonical: one tree has one text, and what parses is exactly what would be written.
//!
//! ```text
//! trellis liabilities 1
//! chain 56
//! contract 0x5fbdb2315678afecb367f032d93f642f64180aa3
//! as_of_seq 1234
//! block 987 0x…
//! leaves 2
//! total 300
//! root 0x…
//! 0x1111111111111111111111111111111111111111 100
//! 0x2222222222222222222222222222222222222222 200
//! ```

use std::fmt::Write as _;
use std::str::FromStr;

use alloy_primitives::{Address, B256};
use money::Amount;
use thiserror::Error;

use crate::liabilities::{LEAVES_MAX, Leaf, Tree, TreeError};

const TITLE: &str = "trellis liabilities 1";

/// A leaf is at least an address, a space, a digit and the end of the line: bounds what a count can reserve.
const LEAF_LINE_MIN: usize = 45;

/// What a tree is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Id of the chain.
    pub chain_id: u64,
    /// The custody contract.
    pub contract: Address,
    /// Journal entry up to which the tree counts.
    pub as_of_seq: u64,
    /// Number of the last block that was posted whole.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
}

/// A tree and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// What it is about.
    pub header: Header,
    /// The tree.
    pub tree: Tree,
}

/// Why a text is not a list.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ListError {
    /// A line is not what belongs there.
    #[error("line {line}: expected {expected}")]
    Line {
        /// From 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// Leaves are not ascending by wallet.
    #[error("line {0}: leaves are not in ascending order of wallets")]
    Unordered(usize),
    /// There are more or fewer leaves than the header says.
    #[error("the list declares {said} leaves but has {found}")]
    LeafCount {
        /// What the header says.
        said: usize,
        /// What there are.
        found: usize,
    },
    /// No tree can be built from the leaves.
    #[error("no tree can be built from the leaves")]
    Tree(#[source] TreeError),
    /// The leaves sum to something else than the header says.
    #[error("the list declares a total of {said}, but its leaves sum to {found}")]
    Total {
        /// What the header says.
        said: Amount,
        /// What they are.
        found: Amount,
    },
    /// The leaves have another root than the header says.
    #[error("the list declares root {said}, but its leaves give {found}")]
    Root {
        /// What the header says.
        said: B256,
        /// What they have.
        found: B256,
    },
}

impl List {
    /// The canonical text.
    pub fn write(&self) -> String {
        let Header {
            chain_id,
            contract,
            as_of_seq,
            block_number,
            block_hash,
        } = self.header;
        let leaves = self.tree.leaves();
        let mut text = format!(
            "{TITLE}\nchain {chain_id}\ncontract {contract:#x}\nas_of_seq {as_of_seq}\nblock {block_number} \
             {block_hash:#x}\nleaves {}\ntotal {}\nroot {:#x}\n",
            leaves.len(),
            self.tree.total(),
            self.tree.root()
        );
        text.reserve(leaves.len().saturating_mul(LEAF_LINE_MIN.saturating_add(20)));
        for Leaf { wallet, entitled } in leaves {
            let written = writeln!(text, "{wallet:#x} {entitled}");
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        text
    }

    /// Reads a list and recomputes its root and total.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        let mut lines = Lines { rest: text, line: 0 };
        lines.exact(TITLE)?;
        let chain_id = lines.field("chain", natural)?;
        let contract = lines.field("contract", hexadecimal)?;
        let as_of_seq = lines.field("as_of_seq", natural)?;
        let (block_number, block_hash) = lines.field("block", |value| {
            let (number, hash) = value.split_once(' ')?;
            Some((natural(number)?, hexadecimal(hash)?))
        })?;
        let said = lines.field("leaves", |value| {
            usize::try_from(natural(value)?)
                .ok()
                .filter(|count| *count <= LEAVES_MAX)
        })?;
        let total = lines.field("total", |value| Amount::from_str(value).ok())?;
        let root = lines.field("root", hexadecimal)?;
        let leaves = lines.leaves(said)?;
        if leaves.len() != said {
            let found = leaves.len();
            return Err(ListError::LeafCount { said, found });
        }
        let tree = Tree::build(leaves).map_err(ListError::Tree)?;
        if tree.total() != total {
            let (said, found) = (total, tree.total());
            return Err(ListError::Total { said, found });
        }
        if tree.root() != root {
            let (said, found) = (root, tree.root());
            return Err(ListError::Root { said, found });
        }
        let header = Header {
            chain_id,
            contract,
            as_of_seq,
            block_number,
            block_hash,
        };
        Ok(Self { header, tree })
    }
}

/// What is left of a text; every line of it ends in a line feed, the last one, too.
struct Lines<'a> {
    rest: &'a str,
    /// Number of the last line taken.
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, expected: &'static str) -> Result<&'a str, ListError> {
        self.line = self.line.saturating_add(1);
        let (line, rest) = self.rest.split_once('\n').ok_or(self.broken(expected))?;
        self.rest = rest;
        Ok(line)
    }

    const fn broken(&self, expected: &'static str) -> ListError {
        let line = self.line;
        ListError::Line { line, expected }
    }

    fn exact(&mut self, expected: &'static str) -> Result<(), ListError> {
        if self.next(expected)? == expected {
            Ok(())
        } else {
            Err(self.broken(expected))
        }
    }

    fn field<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, ListError> {
        let line = self.next(name)?;
        line.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(read)
            .ok_or(self.broken(name))
    }

    fn leaves(&mut self, said: usize) -> Result<Vec<Leaf>, ListError> {
        const LEAF: &str = "a wallet, a space and an amount";
        let room = self.rest.len().checked_div(LEAF_LINE_MIN).unwrap_or_default();
        let mut leaves: Vec<Leaf> = Vec::with_capacity(said.min(room));
        while !self.rest.is_empty() {
            let line = self.next(LEAF)?;
            let leaf = line.split_once(' ').and_then(|(wallet, entitled)| {
                Some(Leaf {
                    wallet: hexadecimal(wallet)?,
                    entitled: entitled.parse().ok()?,
                })
            });
            let leaf = leaf.ok_or(self.broken(LEAF))?;
            if leaves.last().is_some_and(|last| last.wallet >= leaf.wallet) {
                return Err(ListError::Unordered(self.line));
            }
            if leaves.len() == said {
                let found = said.saturating_add(1);
                return Err(ListError::LeafCount { said, found });
            }
            leaves.push(leaf);
        }
        Ok(leaves)
    }
}

/// A canonical decimal number of 64 bits.
fn natural(text: &str) -> Option<u64> {
    let amount = Amount::from_str(text).ok()?;
    u64::try_from(amount.base_units()).ok()
}

/// `0x` and lower-case digits, as many as the type has.
fn hexadecimal<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix("0x")?;
    let is_lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.bytes().all(is_lower).then(|| text.parse().ok())?
}
