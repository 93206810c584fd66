//! The tables of a plan file that describe a referral campaign, before anything is checked.

use serde::Deserialize;

/// A referral campaign: `[campaign]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CampaignTable {
    /// What a qualified referral brings its referrer. This or `reward_bps`.
    pub reward: Option<String>,
    /// The share of the conversion's amount that a qualified referral brings its referrer.
    pub reward_bps: Option<u16>,
    /// Name of the budget fund that pays.
    pub fund: String,
    /// Days from the conversion until its reward is the referrer's.
    pub hold_days: u32,
    /// The most that one referrer is granted; no limit when it is left out.
    pub per_user_cap: Option<String>,
    /// The most conversions for which one referrer is granted something; no limit when it is left out.
    pub per_user_count: Option<u32>,
    /// The most that the campaign grants.
    pub budget: String,
    /// First day: `"2026-04-01"`.
    pub starts: String,
    /// Last day.
    pub ends: String,
    /// Which conversions count.
    pub qualifies: QualifiesTable,
    /// Marks of honour, without money.
    #[serde(default)]
    pub achievements: Vec<AchievementTable>,
}

/// Which conversions count: `[campaign.qualifies]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QualifiesTable {
    /// The smallest amount of a conversion. With `"0"` a mere sign-up counts.
    pub conversion_min: String,
    /// What happens to conversions of which the referrer is the referee.
    pub self_referral: SelfReferral,
    /// How many conversions of one referee count.
    pub per_referee: PerReferee,
}

/// What happens to conversions of which the referrer is the referee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SelfReferral {
    /// They do not count.
    Refuse,
}

/// How many conversions of one referee count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PerReferee {
    /// One that stands.
    One,
}

/// A mark of honour: `[[campaign.achievements]]`. One of the two conditions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AchievementTable {
    /// What it is called.
    pub name: String,
    /// Qualified conversions that stand.
    pub conversions_min: Option<u32>,
    /// Granted rewards that stand.
    pub earned_min: Option<String>,
}
