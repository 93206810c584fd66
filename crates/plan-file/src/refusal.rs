//! [`Refusal`]: which field of a plan file breaks which rule, and how to fix it.

mod report;

use std::fmt;

/// A broken rule of a plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code of the rule, such as `tiers_overlap`.
    pub code: &'static str,
    /// Path of the field as in TOML, entries of lists counted from 0: `subscription.tiers[1].from`.
    pub field: String,
    /// What is wrong, with the figures.
    pub problem: String,
    /// What to write instead.
    pub hint: String,
}

impl Refusal {
    /// A broken rule.
    pub fn new(
        code: &'static str,
        field: impl Into<String>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code,
            field: field.into(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.problem, self.hint)
    }
}

impl std::error::Error for Refusal {}
