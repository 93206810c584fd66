//! The table `[cap]` of a plan file.

use serde::Deserialize;

/// The earnings cap. Without this table there is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CapTable {
    /// A user earns at most so many times what the user paid in.
    pub multiple: u32,
}
