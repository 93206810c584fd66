//! Positions in a binary tree: parents and children, and the next free position below any member.
//!
//! Not responsible for what a place earns. Nobody ever moves or leaves, so ids stay topological: whoever stands above
//! has a smaller one.

use super::Side;

/// The tree, one line per node. Nodes count from 1; 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// Twice the parent, plus one on its right side.
    above: Vec<u32>,
    /// Who stands on the left and on the right side.
    below: Vec<[u32; 2]>,
    /// Layers from a node down to the nearest one below it, itself included, with a free side. A node has `2^gap`
    /// descendants in that layer, so it fits, and all gaps together are less than the number of nodes.
    gap: Vec<u8>,
}

/// Index of a node's line; that of nobody has none.
pub(super) fn line(node: u32) -> usize {
    usize::try_from(node)
        .unwrap_or(usize::MAX)
        .checked_sub(1)
        .unwrap_or(usize::MAX)
}

impl Tree {
    pub(super) const BYTES_PER_NODE: usize = size_of::<u32>() + size_of::<[u32; 2]>() + size_of::<u8>();

    pub(super) fn len(&self) -> usize {
        self.above.len()
    }

    /// By node: twice the parent, plus one on its right side; 0 at a root.
    pub(super) fn above(&self) -> &[u32] {
        &self.above
    }

    /// Parent and side of a node; `None` at a root and for nobody.
    pub(super) fn place(&self, node: u32) -> Option<(u32, Side)> {
        split(*self.above.get(line(node))?)
    }

    /// Who is on a side; 0 for nobody.
    pub(super) fn below(&self, node: u32, side: Side) -> u32 {
        let Some([left, right]) = self.below.get(line(node)) else {
            return 0;
        };
        match side {
            Side::Left => *left,
            Side::Right => *right,
        }
    }

    fn gap(&self, node: u32) -> u8 {
        self.gap.get(line(node)).copied().unwrap_or(0)
    }

    /// The first free place below `node`: the nearest, and of these the leftmost. At most 31 steps, because whoever has no
    /// free place within `g` layers has `2^g` nodes below.
    pub(super) fn first_free(&self, node: u32) -> (u32, Side) {
        let mut at = node;
        loop {
            let (left, right) = (self.below(at, Side::Left), self.below(at, Side::Right));
            if left == 0 {
                return (at, Side::Left);
            }
            if right == 0 {
                return (at, Side::Right);
            }
            at = if self.gap(left) <= self.gap(right) {
                left
            } else {
                right
            };
        }
    }

    /// Adds a node, at a free place or as a root.
    pub(super) fn push(&mut self, place: Option<(u32, Side)>) {
        self.below.push([0; 2]);
        self.gap.push(0);
        let node = u32::try_from(self.below.len()).unwrap_or(u32::MAX);
        let Some((parent, side)) = place else {
            self.above.push(0);
            return;
        };
        self.above
            .push(parent.saturating_mul(2).saturating_add(side.bit()));
        if let Some([left, right]) = self.below.get_mut(line(parent)) {
            match side {
                Side::Left => *left = node,
                Side::Right => *right = node,
            }
        }
        self.widen_gaps(parent);
    }

    /// Corrects the gaps from a node upward until one is right. Gaps only grow and their sum is less than the number of
    /// nodes, so this takes less than two steps per node, counted over the life of the tree.
    fn widen_gaps(&mut self, from: u32) {
        let mut at = from;
        while at != 0 {
            let (left, right) = (self.below(at, Side::Left), self.below(at, Side::Right));
            if left == 0 || right == 0 {
                return;
            }
            let gap = self.gap(left).min(self.gap(right)).saturating_add(1);
            match self.gap.get_mut(line(at)) {
                Some(known) if *known != gap => *known = gap,
                Some(_) | None => return,
            }
            at = self.place(at).map_or(0, |(parent, _)| parent);
        }
    }
}

/// Parent and side out of a line of [`Tree::above`].
pub(super) fn split(above: u32) -> Option<(u32, Side)> {
    let side = if above & 1 == 0 { Side::Left } else { Side::Right };
    match above >> 1 {
        0 => None,
        parent => Some((parent, side)),
    }
}
