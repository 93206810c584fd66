//! The table `[generation]` of a plan file.

use serde::Deserialize;

/// Generation income: shares of a purchase for the uplines of who bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GenerationTable {
    /// Shares of the amount of a purchase for generation 1 (the sponsor), 2, …
    pub rates_bps: Vec<u16>,
    /// How many directs an upline needs for generation 1, 2, …; as many entries as there are rates.
    pub directs_required: Vec<u32>,
    /// What happens to an upline who does not get a share.
    pub mode: Mode,
    /// Which directs count.
    #[serde(default)]
    pub directs_counted: DirectsCounted,
}

/// What happens to an upline who does not get a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The share is breakage; the next upline is the next generation.
    Physical,
    /// The upline is skipped, and the same generation is offered to the next.
    Compressed,
    /// Uplines without an active subscription are skipped; the share of any other who does not qualify is breakage.
    ActiveOnly,
}

/// Which directs count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DirectsCounted {
    /// Everyone whom the upline ever referred.
    #[default]
    AllTime,
    /// Those who have an active subscription at the moment of the purchase.
    Active,
}
