//! The tables of a plan file that say what is withheld, before anything is checked.

use serde::Deserialize;

/// One version of one policy: `[[withholding]]`. Several with the same name replace each other by date.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WithholdingTable {
    /// The policy: letters, digits and hyphens, such as `IN-194H`.
    pub name: String,
    /// Share of what is taxed.
    pub rate_bps: u16,
    /// At which moment it is withheld.
    pub basis: Basis,
    /// What a year's payments to a user must exceed before anything is withheld.
    pub threshold: Option<String>,
    /// Over what the threshold is counted; `none` when it is left out.
    #[serde(default)]
    pub threshold_scope: ThresholdScope,
    /// What is taxed once the threshold is exceeded; `whole_aggregate` when it is left out.
    #[serde(default)]
    pub crossing: Crossing,
    /// The most that is withheld.
    pub ceiling: Option<String>,
    /// From what the ceiling is counted; needed with a ceiling.
    pub ceiling_scope: Option<CeilingScope>,
    /// The rate for users without a known tax id, where it is the higher one.
    pub no_tax_id_rate_bps: Option<u16>,
    /// The month with which a financial year starts, 1 to 12.
    pub financial_year_starts_month: u32,
    /// First day on which this version is in force: `"2026-04-01"`.
    pub valid_from: String,
    /// Kinds of rewards to which it applies; all when it is left out.
    pub kinds: Option<Vec<String>>,
    /// Of what the rate is taken.
    pub on: On,
}

/// At which moment a policy withholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// When a reward is credited to its user.
    Credit,
    /// When a user withdraws.
    Payout,
}

/// Over what a threshold is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ThresholdScope {
    /// There is no threshold.
    #[default]
    None,
    /// All payments to the user in the financial year.
    FinancialYear,
}

/// What is taxed once a year's payments exceed the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// The whole year's payments, those below the threshold included.
    #[default]
    WholeAggregate,
    /// Only what lies above the threshold.
    AboveOnly,
}

/// From what a ceiling is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CeilingScope {
    /// Each payment for itself.
    Payment,
    /// All payments to the user in the financial year.
    FinancialYear,
}

/// Of what a rate is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Of the amount before any other deduction.
    Gross,
}
