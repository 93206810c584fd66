//! Parts of the tree: neighbouring leaves below one node, which the contract settles by one proof.

use std::num::NonZeroUsize;

use crate::liabilities::{Leaf, SumNode, Tree};

/// All leaves below one node, and the way from that node to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Ascending by wallet.
    pub leaves: &'a [Leaf],
    /// The partners on the way from the node to the root, lowest first; empty when the part is the whole tree.
    pub proof: Vec<SumNode>,
}

impl Tree {
    /// The leaves below the node that stands `height` levels above the leaves, over leaf number `first` (from 0): 2^height
    /// of them, or fewer at the tree's end. `None` when no node of that height begins there.
    pub fn part(&self, first: usize, height: u32) -> Option<Part<'_>> {
        let span = 1usize.checked_shl(height)?;
        if first.checked_rem(span)? != 0 || first >= self.leaves.len() {
            return None;
        }
        let end = first.saturating_add(span).min(self.leaves.len());
        Some(Part {
            leaves: self.leaves.get(first..end)?,
            proof: self.way(first.checked_shr(height)?, usize::try_from(height).ok()?)?,
        })
    }

    /// The tree in as few parts as there are with at most `leaves_max` leaves each, in the order of the leaves.
    pub fn parts(&self, leaves_max: NonZeroUsize) -> Vec<Part<'_>> {
        let whole = self.leaves.len().checked_next_power_of_two();
        let span = match whole.filter(|_| self.leaves.len() <= leaves_max.get()) {
            Some(span) => span,
            None => 1 << leaves_max.ilog2(),
        };
        let firsts = (0..self.leaves.len()).step_by(span);
        firsts
            .filter_map(|first| self.part(first, span.ilog2()))
            .collect()
    }

    /// The partners on the way up from node number `index` of a level; levels count from the leaves, and whoever is above
    /// the root is there already.
    pub(super) fn way(&self, mut index: usize, level: usize) -> Option<Vec<SumNode>> {
        let mut start = 0usize;
        let mut way = Vec::with_capacity(self.level_lengths.len());
        for (number, length) in self.level_lengths.iter().enumerate() {
            if number >= level {
                let partner = index ^ 1;
                if partner < *length {
                    way.push(*self.nodes.get(start.checked_add(partner)?)?);
                }
                index >>= 1;
            }
            start = start.checked_add(*length)?;
        }
        Some(way)
    }
}
