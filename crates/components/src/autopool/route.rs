//! Where the price of a registration goes.

use ledger::TreeNumber;

/// Room in the open tree of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolRoom {
    /// The next node goes here.
    Open {
        /// Tree that is open, or is opened by the next node.
        tree: TreeNumber,
        /// Index of the next node in level order.
        next_index: u32,
    },
    /// All trees that the plan allows are closed.
    Full,
}

/// What a registration's price does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// It is divided between sponsor and company.
    Direct,
    /// It buys this place of tier 1.
    Pool {
        /// The tree.
        tree: TreeNumber,
        /// The index in it.
        index: u32,
    },
    /// A part of it buys this place of tier 1, sponsor and company divide the rest.
    Split {
        /// The tree.
        tree: TreeNumber,
        /// The index in it.
        index: u32,
    },
    /// It would buy a place, but tier 1 is full: divided like [`Route::Direct`].
    PoolFull,
}

impl Route {
    /// Stable name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Pool { .. } => "pool",
            Self::Split { .. } => "split",
            Self::PoolFull => "pool_full",
        }
    }

    /// The place that it buys.
    #[inline]
    pub const fn place(self) -> Option<(TreeNumber, u32)> {
        match self {
            Self::Pool { tree, index } | Self::Split { tree, index } => Some((tree, index)),
            Self::Direct | Self::PoolFull => None,
        }
    }
}
