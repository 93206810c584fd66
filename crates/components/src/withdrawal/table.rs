//! The table of a plan file that says what a withdrawal costs, before anything is checked.

use serde::Deserialize;

/// What a withdrawal costs: `[withdrawal]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WithdrawalTable {
    /// The operator's share of a withdrawal, inside it.
    pub fee_bps: u16,
    /// The smallest withdrawal, in units of the asset; any when it is left out.
    pub min: Option<String>,
}
