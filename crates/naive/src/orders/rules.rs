//! The parameters of orders, as plain numbers.

/// The plan's parameters, in base units and ten-thousandths.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Months or weeks.
    pub by_month: bool,
    /// Most volume of an order.
    pub pv_bps: u128,
    /// Part of an order that funds commissions.
    pub fund_bps: u128,
    /// For generation 1, 2, …
    pub generations: Vec<Generation>,
    /// Who is passed over.
    pub passes: Passes,
    /// To be active.
    pub active_pv_min: u128,
    /// Whether customers' orders count as personal volume.
    pub customers_count: bool,
    /// To be paid.
    pub customers_min: usize,
    /// Of the volume.
    pub retail_share_min_bps: u128,
    /// Below it.
    pub retail_rule: RetailRule,
    /// Whether commissions are cut when the fund is too small.
    pub paycut: bool,
    /// After release.
    pub hold_days: u32,
}

/// A generation's rate and what it requests.
#[derive(Clone, Copy, Debug)]
pub struct Generation {
    /// Of the volume.
    pub bps: u128,
    /// Personal volume.
    pub own_pv_min: u128,
    /// Group volume.
    pub group_pv_min: u128,
}

/// Who is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Nobody.
    Nobody,
    /// The inactive.
    Inactive,
    /// Everyone who would not be paid.
    Unpaid,
}

/// Below the least retail share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetailRule {
    /// Nothing.
    Nothing,
    /// In proportion.
    Scale,
    /// All or nothing.
    Block,
}
