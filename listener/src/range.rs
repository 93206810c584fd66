//! How many blocks a node is asked for at once.

/// Blocks of the first range: what public nodes serve without complaint.
const RANGE_START: u64 = 2_000;

/// The longest range that any vendor of note serves.
const RANGE_MAX: u64 = 5_000;

/// How many blocks are asked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RangeSize(u64);

impl Default for RangeSize {
    fn default() -> Self {
        Self(RANGE_START)
    }
}

impl RangeSize {
    /// After a refusal: half, at least one block. Returns whether it could shrink.
    pub(crate) fn shrink(&mut self) -> bool {
        let before = self.0;
        self.0 = (before / 2).max(1);
        self.0 < before
    }

    /// After a success: half as much again, up to the maximum.
    pub(crate) fn grow(&mut self) {
        self.0 = (self.0 + self.0.div_ceil(2)).min(RANGE_MAX);
    }

    /// The range above `top` that ends at `last` at the latest.
    pub(crate) fn above(self, top: u64, last: u64) -> std::ops::RangeInclusive<u64> {
        top.saturating_add(1)..=last.min(top.saturating_add(self.0))
    }

    /// How many.
    pub(crate) const fn blocks(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_shrink_to_one_block_and_grow_to_the_maximum() {
        let mut range = RangeSize::default();
        while range.shrink() {}
        assert_eq!(range, RangeSize(1));
        range.grow();
        assert_eq!(range, RangeSize(2), "a range of one block grows too");
        for _ in 0..50 {
            range.grow();
        }
        assert_eq!(range, RangeSize(RANGE_MAX));
    }

    #[test]
    fn ranges_follow_each_other_without_gap_or_overlap_and_end_where_they_must() {
        let mut range = RangeSize(7);
        let mut top = 100;
        let mut covered = Vec::new();
        while top < 140 {
            let heights = range.above(top, 140);
            covered.extend(heights.clone());
            top = *heights.end();
            range.grow();
        }
        assert_eq!(covered, (101..=140).collect::<Vec<_>>());
    }
}
