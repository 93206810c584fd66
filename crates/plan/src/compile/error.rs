//! Why a plan does not compile: one variant for each rule, each with a stable code, its field, its figures and the
//! hint.

use money::{Amount, Asset};
use thiserror::Error;

use super::{Counterexample, TEXT_BYTES_MAX, TREE_SIZE_MAX};
use plan_file::{NAME_BYTES_MAX, Refusal};

/// Why a plan does not compile.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CompileError {
    /// The file is too long.
    #[error("a plan file may have at most {TEXT_BYTES_MAX} bytes; this one has at least {bytes}")]
    TextTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The name is empty, too long or has other characters than `a-z`, `0-9`, `-`.
    #[error("a name has 1 to {NAME_BYTES_MAX} characters of a-z, 0-9 and hyphen")]
    NameMalformed,
    /// The version is zero.
    #[error("versions start at 1")]
    VersionIsZero,
    /// Nobody knows this asset.
    #[error("unknown asset {code:?}")]
    UnknownAsset {
        /// The code in the file.
        code: String,
    },
    /// A registration has two ways into a pool, or none, or a share that is nothing or everything.
    #[error(
        "registration needs either pool_entry_ordinals or pool_bps, and pool_bps must leave both parts above zero"
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
    #[error("pool.trees_max must be 1 to 2^31 - 1, or be omitted")]
    TreesMaxOutOfRange,
    /// A layer is further up than a tree is deep: its share could never be paid to anyone.
    #[error("pool.layers_bps: a tree of depth {depth} has no layer {layer}")]
    LayerNeverPaid {
        /// The layer.
        layer: usize,
        /// Depth of the deepest node.
        depth: u32,
    },
    /// A registration that enters a pool does not bring exactly the price of a place.
    #[error(
        "a registration provides {} {asset}, but a place in tier 1 costs {}; the two must be equal",
        asset.display_amount(*paid),
        asset.display_amount(*price)
    )]
    PoolEntryNotFunded {
        /// What the plan counts in.
        asset: Asset,
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
        "a forced reserve of place {index} in tier {tier} reaches at most {} of {} {asset}",
        asset.display_amount(*reachable),
        asset.display_amount(*needed)
    )]
    ReserveUnreachable {
        /// What the plan counts in.
        asset: Asset,
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
    /// A rule of the file format, of single fields or of a component.
    #[error(transparent)]
    Component(#[from] Refusal),
}

impl CompileError {
    /// Stable code of the broken rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TextTooLong { .. } => "text_too_long",
            Self::NameMalformed => "name_malformed",
            Self::VersionIsZero => "version_is_zero",
            Self::UnknownAsset { .. } => "unknown_asset",
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

    /// Path of the field that breaks it, entries of lists counted from 0: `pool.tier_prices[2]`. Empty when it is the
    /// file as a whole.
    #[must_use]
    pub fn field(&self) -> String {
        let field = match self {
            Self::TextTooLong { .. } => "",
            Self::NameMalformed => "name",
            Self::VersionIsZero => "version",
            Self::UnknownAsset { .. } => "asset",
            Self::PoolEntryAmbiguous => "registration.pool_bps",
            Self::OrdinalsNotAscending => "registration.pool_entry_ordinals",
            Self::TreeSizeNotFull { .. } => "pool.tree_size",
            Self::TreesMaxOutOfRange | Self::TreesMaxMisplaced => "pool.trees_max",
            Self::LayerNeverPaid { layer, .. } => {
                return format!("pool.layers_bps[{}]", layer.saturating_sub(1));
            }
            Self::PoolEntryNotFunded { .. } => "pool.tier_prices[0]",
            Self::ProgressionNotFunded(_) => "pool.progression",
            Self::ReserveUnreachable { .. } => "pool.reserve",
            Self::ReserveNodesMisplaced => "pool.reserve_nodes",
            Self::ReserveLayersMisplaced => "pool.reserve_layers",
            Self::Component(refusal) => &refusal.field,
        };
        field.to_owned()
    }

    /// What is wrong, with the figures, without the field's path in front.
    #[must_use]
    pub fn problem(&self) -> String {
        if let Self::Component(refusal) = self {
            refusal.problem.clone()
        } else {
            self.to_string()
        }
    }

    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::TextTooLong { .. } => "shorten it: the shipped plans are about two thousand bytes long",
            Self::NameMalformed => "write a name such as \"auto-pool\"",
            Self::VersionIsZero => "write version = 1, and a higher one whenever the plan changes",
            Self::UnknownAsset { .. } => "write one of \"BNB\", \"USDT\", \"INR\"",
            Self::PoolEntryAmbiguous => {
                "write pool_entry_ordinals = [2] or pool_bps = 5000 (1 to 9999), and not both"
            }
            Self::OrdinalsNotAscending => "write each number once, the smallest first, such as [2, 4]",
            Self::TreeSizeNotFull { size } => return tree_size_hint(*size),
            Self::TreesMaxOutOfRange => "write a number from 1, or remove the line for no limit",
            Self::LayerNeverPaid { depth, .. } => {
                return format!("write at most {depth} layers, or a larger tree_size");
            }
            Self::PoolEntryNotFunded { asset, paid, .. } => {
                let paid = asset.display_amount(*paid);
                return format!(
                    "write \"{paid}\" as the first tier's price, or change the price of a registration"
                );
            }
            Self::ProgressionNotFunded(_) => {
                "write progression = \"funded\": the user's own matured reserve must pay the next tier's price, \
                 or the user does not advance"
            }
            Self::ReserveUnreachable {
                asset,
                tier,
                reachable,
                ..
            } => {
                let (reachable, next) = (asset.display_amount(*reachable), tier.saturating_add(1));
                return format!(
                    "lower the price of tier {next} to at most \"{reachable}\", reserve other places or layers, or let users \
                     choose: reserve = \"opt_in\""
                );
            }
            Self::ReserveNodesMisplaced => {
                "with reserve = \"last_nodes\" write reserve_nodes = 4 or another number that the tree has; else remove it"
            }
            Self::ReserveLayersMisplaced => {
                "with reserve = \"last_nodes\" write layers that are paid, such as [2, 3], or remove it"
            }
            Self::TreesMaxMisplaced => "remove the line",
            Self::Component(refusal) => &refusal.hint,
        };
        hint.to_owned()
    }
}

/// The nearest sizes below and above.
fn tree_size_hint(size: u32) -> String {
    let above = size
        .saturating_add(1)
        .checked_next_power_of_two()
        .unwrap_or(u32::MAX);
    let above = above.saturating_sub(1).clamp(3, TREE_SIZE_MAX);
    match above >> 1 {
        below if size > TREE_SIZE_MAX || below < 3 => format!("write {above}"),
        below => format!("write {below} or {above}"),
    }
}
