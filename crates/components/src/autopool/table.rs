//! The tables `[registration]`, `[retopup]` and `[pool]` of a plan file, before anything is checked.

use serde::Deserialize;

/// The first payment of a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RegistrationTable {
    /// What a registration costs.
    pub price: String,
    /// What the sponsor gets of it when it does not go to a pool. The rest is the company's.
    pub direct_share: String,
    /// Which directs of a sponsor enter a pool with their whole price, counted from 1. This or `pool_bps`.
    pub pool_entry_ordinals: Option<Vec<u32>>,
    /// The share with which every registration enters a pool; sponsor and company divide what is left in the proportion
    /// in which they divide a whole price.
    pub pool_bps: Option<u16>,
}

/// Any further payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RetopupTable {
    /// What a retopup costs.
    pub price: String,
    /// What the company gets of it before the rest is distributed.
    pub company_share: String,
    /// Shares of what is distributed, for generation 1 (the sponsor), 2, …
    pub generations_bps: Vec<u16>,
}

/// The pools.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolTable {
    /// The form of trees.
    pub geometry: Geometry,
    /// Places of a tree: one less than a power of two. In the endless tree of a rolling pool, places of a group: a forced
    /// reserve counts the last of each group.
    pub tree_size: u32,
    /// Trees that a tier may open one after another; unlimited when it is left out.
    pub trees_max: Option<u32>,
    /// Price of a place in tier 1, 2, …
    pub tier_prices: Vec<String>,
    /// Shares of a place's price for the parent, the grandparent, … The rest is the company's.
    pub layers_bps: Vec<u16>,
    /// What happens to a registration that finds tier 1 full.
    pub when_full: WhenFull,
    /// What pays for a place in the next tier.
    pub progression: Progression,
    /// Whose pool rewards are reserved for the next tier.
    pub reserve: Reserve,
    /// With `reserve = "last_nodes"`: how many nodes.
    pub reserve_nodes: Option<u32>,
    /// With `reserve = "last_nodes"`: the layers whose shares are reserved, 1 for those of children; all when it is
    /// left out.
    pub reserve_layers: Option<Vec<u8>>,
}

/// The form of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Geometry {
    /// Trees of a fixed size, one open at a time.
    Closed,
    /// One endless tree.
    Rolling,
}

/// What happens to a registration that finds tier 1 full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// It is divided like one that does not go to a pool.
    Direct,
}

/// What pays for a place in the next tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progression {
    /// The user's own matured reserve, debited by the full price.
    Funded,
    /// Nothing: a node with two children moves for free. Never compiles; it exists so that a plan that does
    /// this can be written down, checked and refused with its counter-example.
    Free,
}

/// Whose pool rewards are reserved for the next tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reserve {
    /// Nobody's.
    None,
    /// Those of users who chose so.
    OptIn,
    /// Those of the last nodes, whether they want it or not: of a closed tree the last that can have two children, of
    /// an endless one the last of each group.
    LastNodes,
}
