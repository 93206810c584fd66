//! The `[orders]` table of a plan file: what a plan designer writes, before anything is checked.
//!
//! Not responsible for meaning: see [`OrdersTerms::check`](super::OrdersTerms::check).

use serde::Deserialize;

/// How orders become volume, and volume commissions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OrdersTable {
    /// Commission periods.
    pub period: Period,
    /// Volume of an order as a share of what is paid for it. An order may bring less, never more.
    pub pv_bps: u16,
    /// Name of the fund that pays commissions.
    pub fund: String,
    /// The share of each order that funds commissions; the rest is the company's.
    pub fund_bps: u16,
    /// Shares of an order's volume for generation 1, 2, …
    pub generations_bps: Vec<u16>,
    /// What happens to a generation whose upline cannot be paid.
    pub compression: Compression,
    /// Personal volume of the period that makes a participant active.
    pub active_pv_min: String,
    /// What counts as personal volume.
    #[serde(default)]
    pub personal_volume: PersonalVolume,
    /// Personal volume that each generation requests. One entry for each generation.
    pub own_pv_min: Option<Vec<String>>,
    /// Group volume that each generation requests. One entry for each generation.
    pub group_pv_min: Option<Vec<String>>,
    /// Retail customers with an order in the period whom a participant needs to be paid.
    #[serde(default)]
    pub customers_min: u32,
    /// The share of the period's volume that retail customers must have bought.
    #[serde(default)]
    pub retail_share_min_bps: u16,
    /// What happens below that share. Required with it.
    pub retail_rule: Option<RetailRule>,
    /// What happens when commissions exceed what the fund holds. Without it, rates that allow this are refused.
    pub paycut: Option<Paycut>,
    /// Days from release until a commission matures.
    #[serde(default)]
    pub hold_days: u32,
    /// Where an order counts whose own period is closed.
    pub late_orders: LateOrders,
}

/// How long a commission period lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A calendar month.
    Month,
    /// Monday to Sunday.
    Week,
}

/// Who is passed over when an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Nobody: generations are distances in the sponsor tree, and what cannot be paid is breakage.
    None,
    /// Inactive participants; the next active one takes the same generation.
    Standard,
    /// Also active ones who do not meet what the generation requests.
    Generous,
}

/// What counts as personal volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonalVolume {
    /// A participant's own orders.
    #[default]
    Own,
    /// A participant's own orders and those of the customers whom the participant serves.
    OwnAndCustomers,
}

/// What happens to the commissions of a period whose retail share is below the plan's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RetailRule {
    /// Nothing: the share is reported only.
    None,
    /// They are paid in the proportion of the share reached to the share required.
    Scale,
    /// None of them is paid.
    Block,
}

/// What happens when commissions exceed what the fund holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Paycut {
    /// All are cut in the same proportion.
    ProRata,
}

/// Where an order counts whose own period is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LateOrders {
    /// In the first period that is open; it keeps its own day.
    OpenPeriod,
}
