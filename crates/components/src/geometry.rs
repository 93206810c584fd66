//! Arithmetic of a binary tree in level order: index 0 is the root, 1 and 2 its children, and so on. No queue
//! is needed to find the next free place, and anyone can recompute where a node belongs.

names::names! {
    /// On which side of its parent a node sits.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Side {
        /// It has no parent.
        Root = "root",
        /// The first child.
        Left = "left",
        /// The second child.
        Right = "right",
    }
}

/// The index of the parent, `⌊(i−1)/2⌋`; the root has none.
#[inline]
pub const fn parent(index: u32) -> Option<u32> {
    match index.checked_sub(1) {
        Some(below) => Some(below >> 1),
        None => None,
    }
}

/// The side on which a node sits: odd indices are left.
#[inline]
pub const fn side(index: u32) -> Side {
    match index {
        0 => Side::Root,
        _ if index & 1 == 1 => Side::Left,
        _ => Side::Right,
    }
}

/// Distance from the root, `⌊log₂(i+1)⌋`.
#[inline]
pub const fn depth(index: u32) -> u32 {
    match index.checked_add(1) {
        Some(place) => place.ilog2(),
        None => u32::BITS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_tree_of_fifteen_are_these() {
        let parents: Vec<_> = (0..15).map(parent).collect();
        let expected = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6];
        assert_eq!(parents[0], None);
        assert!(
            parents[1..]
                .iter()
                .zip(expected)
                .all(|(found, wanted)| *found == Some(wanted))
        );
        let depths: Vec<_> = (0..15).map(depth).collect();
        assert_eq!(depths, [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!((side(0), side(1), side(2)), (Side::Root, Side::Left, Side::Right));
    }

    #[test]
    fn sides_have_stable_names() {
        let names = [0, 1, 2].map(|index| side(index).name());
        assert_eq!(names, ["root", "left", "right"]);
    }

    #[test]
    fn every_index_has_a_place() {
        for index in [u32::MAX, u32::MAX - 1, 1 << 31] {
            assert!(depth(parent(index).unwrap()) == depth(index) - 1);
        }
    }
}
