//! The tables `[subscription]` and `[bonus]` of a plan file.

use serde::Deserialize;

/// Subscriptions: a user buys one for an amount, and it accrues by the day out of a fund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTable {
    /// Rates by amount, ascending.
    pub tiers: Vec<SubscriptionTierTable>,
    /// Largest amount of one subscription; any when it is left out.
    pub amount_max: Option<String>,
    /// On which days subscriptions accrue.
    pub accrual_days: AccrualDays,
    /// By what a monthly rate is divided for one day.
    pub month_divisor: MonthDivisor,
    /// Name of the fund that pays accruals.
    pub fund: String,
    /// What happens on a day on which the fund does not cover all accruals.
    pub when_short: WhenShort,
    /// A subscription accrues at most so many times what was paid for it, and ends then; without it there is no end.
    pub cap_multiple: Option<u32>,
    /// Who gets what the generations leave of a purchase; the company gets the rest.
    #[serde(default)]
    pub allocations: Vec<AllocationTable>,
}

/// A rate for amounts from here on, up to the next tier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTierTable {
    /// Smallest amount. The tier reaches to just below the next one's.
    pub from: String,
    /// Nominal rate for a month.
    pub monthly_bps: u16,
}

/// On which days subscriptions accrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccrualDays {
    /// Monday to Friday.
    Working,
    /// Every day.
    All,
}

/// By what a monthly rate is divided for one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum MonthDivisor {
    /// By this number.
    Days(u32),
    /// By the days of the month that accrue.
    Named(NamedDivisor),
}

/// A divisor that is not the same each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NamedDivisor {
    /// By the number of days from Monday to Friday in the month of the accrual.
    WorkingDays,
}

/// What happens on a day on which the fund does not cover all accruals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenShort {
    /// Everyone gets the same part.
    ProRata,
    /// Older subscriptions first, until the fund is empty.
    Queue,
}

/// A fund's share of what the generations leave of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AllocationTable {
    /// Name of the fund.
    pub fund: String,
    /// Its share of what the generations leave.
    pub bps: u16,
}

/// Registration bonus: it pays a part of a purchase and cannot be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BonusTable {
    /// How much a user gets, once.
    pub amount: String,
    /// When.
    pub grant: BonusGrant,
    /// The part of a purchase that bonus money may pay.
    pub use_bps_max: u16,
    /// The most that bonus money pays of one purchase; no limit of its own when it is left out.
    pub use_max: Option<String>,
    /// Name of the fund that pays for it when it is used.
    pub fund: String,
}

/// When a user gets the bonus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BonusGrant {
    /// With the first purchase; usable from the second on.
    FirstPurchase,
    /// When operators have verified who the user is.
    Verified,
}
