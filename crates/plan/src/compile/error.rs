//! Why a plan does not compile: one variant for each rule, each with a stable code and its figures.

use money::{Amount, AssetError, BpsError};
use thiserror::Error;

use super::{Counterexample, NAME_BYTES_MAX, Refusal, TEXT_BYTES_MAX, TREE_SIZE_MAX};

/// Why a plan does not compile.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CompileError {
    /// The file is too long.
    #[error("a plan file has at most {TEXT_BYTES_MAX} bytes, this one has {bytes}")]
    TextTooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not TOML, a field is missing, unknown or of the wrong type.
    #[error("not a plan file: {reason}")]
    NotAPlanFile {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// The name is empty, too long or has other characters than `a-z`, `0-9`, `-`.
    #[error("a name has 1 to {NAME_BYTES_MAX} characters of a-z, 0-9 and hyphen")]
    NameMalformed,
    /// The version is zero.
    #[error("versions count from 1")]
    VersionIsZero,
    /// Nobody knows this asset.
    #[error("unknown asset {code:?}")]
    UnknownAsset {
        /// The code in the file.
        code: String,
    },
    /// An amount cannot be read.
    #[error("{field} is not an amount")]
    AmountMalformed {
        /// Path of the field.
        field: &'static str,
        /// Why not.
        source: AssetError,
    },
    /// A price is zero or above [`PRICE_MAX`](super::PRICE_MAX).
    #[error("{field} must be more than zero and at most 2^96 - 1 base units")]
    PriceOutOfRange {
        /// Path of the field.
        field: &'static str,
    },
    /// A share is larger than what it is a share of.
    #[error("{field}: {share} base units are more than the {whole} that came in")]
    ShareAboveWhole {
        /// Path of the field.
        field: &'static str,
        /// The share.
        share: Amount,
        /// The whole.
        whole: Amount,
    },
    /// Basis points sum to more than the whole.
    #[error("{field}: more would be paid than came in")]
    SharesAboveWhole {
        /// Path of the field.
        field: &'static str,
        /// The sum.
        source: BpsError,
    },
    /// A list has no or too many entries.
    #[error("{field} must have {min} to {max} entries, it has {found}")]
    ListLength {
        /// Path of the field.
        field: &'static str,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// What it has.
        found: usize,
    },
    /// A registration has two ways into a pool, or none, or a share that is nothing or everything.
    #[error(
        "registration needs either pool_entry_ordinals or pool_bps, and pool_bps leaves something on both sides"
    )]
    PoolEntryAmbiguous,
    /// Ordinals are zero, repeated or not ascending.
    #[error("registration.pool_entry_ordinals must be ascending numbers from 1")]
    OrdinalsNotAscending,
    /// The tree size is not one less than a power of two.
    #[error("pool.tree_size must be one less than a power of two, from 3 to {TREE_SIZE_MAX}; it is {size}")]
    TreeSizeNotFull {
        /// The size in the file.
        size: u32,
    },
    /// The number of trees is zero or too large.
    #[error("pool.trees_max must be 1 to 2^31 - 1, or be left out")]
    TreesMaxOutOfRange,
    /// A layer is further up than a tree is deep: its share could never be paid to anybody.
    #[error("pool.layers_bps: layer {layer} never exists in a tree of depth {depth}")]
    LayerNeverPaid {
        /// The layer.
        layer: usize,
        /// Depth of the deepest node.
        depth: u32,
    },
    /// A registration that enters a pool does not bring exactly the price of a place.
    #[error("a registration brings {paid} base units, a place in tier 1 costs {price}: not funded exactly")]
    PoolEntryNotFunded {
        /// The price of a registration.
        paid: Amount,
        /// The price of a place.
        price: Amount,
    },
    /// A place is given without a debit that pays for it.
    #[error("progression is not funded: {0}")]
    ProgressionNotFunded(Counterexample),
    /// Rewards are reserved although they can never reach the next price.
    #[error(
        "a forced reserve of place {index} in tier {tier} reaches at most {reachable} of {needed} base units"
    )]
    ReserveUnreachable {
        /// Tier whose rewards are reserved.
        tier: u8,
        /// The place, in level order from 0.
        index: u32,
        /// The most it can ever receive.
        reachable: Amount,
        /// Price of the next tier.
        needed: Amount,
    },
    /// `reserve_nodes` is given without a forced reserve, or is missing, zero or larger than the tree.
    #[error(
        "pool.reserve_nodes belongs to reserve = \"last_nodes\" and counts nodes of a tree that can have two children, or \
         of a group in a rolling pool"
    )]
    ReserveNodesMisplaced,
    /// `reserve_layers` is given without a forced reserve, or names no layer, a layer twice or one that is not paid.
    #[error(
        "pool.reserve_layers belongs to reserve = \"last_nodes\" and names layers of pool.layers_bps, ascending from 1"
    )]
    ReserveLayersMisplaced,
    /// A number of trees is given for a pool with one endless tree.
    #[error("pool.trees_max belongs to geometry = \"closed\": a rolling pool has one endless tree")]
    TreesMaxMisplaced,
    /// A rule of a component.
    #[error(transparent)]
    Component(#[from] Refusal),
}

impl CompileError {
    /// Stable code of the broken rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TextTooLong { .. } => "text_too_long",
            Self::NotAPlanFile { .. } => "not_a_plan_file",
            Self::NameMalformed => "name_malformed",
            Self::VersionIsZero => "version_is_zero",
            Self::UnknownAsset { .. } => "unknown_asset",
            Self::AmountMalformed { .. } => "amount_malformed",
            Self::PriceOutOfRange { .. } => "price_out_of_range",
            Self::ShareAboveWhole { .. } => "share_above_whole",
            Self::SharesAboveWhole { .. } => "shares_above_whole",
            Self::ListLength { .. } => "list_length",
            Self::PoolEntryAmbiguous => "pool_entry_ambiguous",
            Self::OrdinalsNotAscending => "ordinals_not_ascending",
            Self::TreeSizeNotFull { .. } => "tree_size_not_full",
            Self::TreesMaxOutOfRange => "trees_max_out_of_range",
            Self::LayerNeverPaid { .. } => "layer_never_paid",
            Self::PoolEntryNotFunded { .. } => "pool_entry_not_funded",
            Self::ProgressionNotFunded(_) => "progression_not_funded",
            Self::ReserveUnreachable { .. } => "reserve_unreachable",
            Self::ReserveNodesMisplaced => "reserve_nodes_misplaced",
            Self::ReserveLayersMisplaced => "reserve_layers_misplaced",
            Self::TreesMaxMisplaced => "trees_max_misplaced",
            Self::Component(refusal) => refusal.code,
        }
    }
}
