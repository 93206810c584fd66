//! The file of a jurisdiction profile, before anything is checked.

use serde::Deserialize;

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// Name of the profile, such as `EU`.
    pub name: String,
    /// The day whose state of the law it tries to describe: `"2026-04-01"`.
    pub as_of: String,
    /// Where it may be used.
    pub chains: Chains,
    /// The law on which it relies. An operator's own profile must state it.
    pub legal_basis: Option<String>,
    /// What a reader must know about the profile itself.
    pub notice: String,
    /// What it makes of findings.
    #[serde(default)]
    pub rules: Vec<RuleTable>,
}

/// Where a profile may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chains {
    /// Only on a development chain of one machine.
    Local,
    /// Everywhere.
    Any,
}

/// What a profile makes of a finding: `[[rules]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTable {
    /// Code of the finding.
    pub finding: String,
    /// Name of the figure that decides; without one the finding alone does.
    pub figure: Option<String>,
    /// It decides where it is more than this …
    pub above: Option<u64>,
    /// … or less than this.
    pub below: Option<u64>,
    /// What the finding becomes, at least.
    pub severity: Raised,
    /// What a plan gets that says nothing about it; nothing when it is left out.
    pub when_missing: Option<Raised>,
    /// Why, in one sentence.
    pub reason: String,
    /// Where that is written.
    pub source: String,
    /// How well that is known.
    pub checked: Checked,
}

/// What a finding is raised to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raised {
    /// Participants must be told.
    Warning,
    /// Nothing may start.
    Error,
}

/// How well a source is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The text itself, or an authority's publication, was read.
    Official,
    /// Read in summaries of others.
    Summary,
    /// From general knowledge, not looked up.
    Unverified,
}
