//! [`Finding`]: an observation about a plan, with its severity. Not responsible for making observations.

/// What the compiler noticed about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, such as `recruitment_funded`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence in plain English, figures included.
    pub text: String,
    /// The figures by name, as decimal integers; names say the unit.
    pub figures: Vec<(&'static str, u128)>,
}

impl Finding {
    /// A figure by its name.
    pub fn figure(&self, name: &str) -> Option<u128> {
        let mut figures = self.figures.iter();
        figures
            .find(|(known, _)| *known == name)
            .map(|(_, figure)| *figure)
    }
}

names::names! {
    /// How bad a finding is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Severity {
        /// Worth knowing.
        Info = "info",
        /// Participants must be told.
        Warning = "warning",
        /// Nothing may start.
        Error = "error",
    }
}

/// Basis points as `26 %` or `26.5 %`.
pub fn percent(bps: u128) -> String {
    let text = format!("{}.{:02}", bps / 100, bps % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Hundred-millionths, the product of two shares in basis points, as `26.5 %`.
pub fn percent_of_100m(part: u64) -> String {
    let text = format!("{}.{:06}", part / 1_000_000, part % 1_000_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}
