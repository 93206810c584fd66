//! The tables `[ranks]` and `[[ranks.ladder]]` of a plan file, before anything is checked.

use serde::Deserialize;

/// Ranks of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RanksTable {
    /// `"lifetime"`: volume counts forever. It is what a plan has that says nothing.
    pub window: Option<WindowName>,
    /// Instead of it: only volume of so many weeks counts, the closing one included.
    pub window_weeks: Option<u32>,
    /// Weekly closes for which a promotion opens the bonus, 52 when it is left out.
    pub bonus_weeks: Option<u32>,
    /// Name of the fund that pays the bonuses.
    pub fund: String,
    /// What happens to bonuses that the fund cannot cover.
    pub when_short: WhenShort,
    /// Days for which a bonus is held and given back if its qualification falls away.
    pub hold_days: u32,
    /// The ranks, lowest first.
    pub ladder: Vec<LadderTable>,
}

/// A rank of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LadderTable {
    /// What it is called.
    pub name: String,
    /// Least volume of the largest leg.
    pub main_min: String,
    /// Least volume of all other legs together.
    pub other_min: String,
    /// Least volume of the user's own purchases.
    pub own_min: Option<String>,
    /// Least volume of all legs together, where that is more than the two above.
    pub group_min: Option<String>,
    /// What a week of it grants.
    pub weekly_bonus: String,
}

/// A window that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowName {
    /// Volume counts forever.
    Lifetime,
}

/// What happens to bonuses that the fund cannot cover. Neither promises money that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenShort {
    /// All bonuses of the week are lowered in the same proportion; the rest is not granted, ever.
    ProRata,
    /// They are granted in full in their order (week, then user) as far as the fund reaches; the rest waits for a later close.
    Queue,
}
