//! The table `[thanks]` of a plan file.

use serde::Deserialize;

/// Whoever referred a payer's sponsor is thanked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThanksTable {
    /// Share of each payment, in basis points.
    pub bps: u16,
    /// Name of the fund that pays.
    pub fund: String,
}
