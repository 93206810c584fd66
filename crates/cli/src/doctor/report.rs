//! What a comparison found, line by line, for people and as JSON.

use std::fmt::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

/// One compared thing, or one that is only told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    name: String,
    expected: Option<String>,
    actual: String,
}

impl Line {
    fn is_different(&self) -> bool {
        self.expected
            .as_ref()
            .is_some_and(|expected| *expected != self.actual)
    }

    fn verdict(&self) -> &'static str {
        match &self.expected {
            None => "info",
            Some(expected) if *expected == self.actual => "ok",
            Some(_) => "DIFFERS",
        }
    }
}

/// All lines, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// Adds something that must be as expected.
    pub(crate) fn compare(
        &mut self,
        name: impl Into<String>,
        expected: &impl ToString,
        actual: &impl ToString,
    ) {
        self.lines.push(Line {
            name: name.into(),
            expected: Some(expected.to_string()),
            actual: actual.to_string(),
        });
    }

    /// Adds something that nobody expects anything of.
    pub(crate) fn tell(&mut self, name: impl Into<String>, actual: &impl ToString) {
        self.lines.push(Line {
            name: name.into(),
            expected: None,
            actual: actual.to_string(),
        });
    }

    /// Whether everything is as expected.
    pub(crate) fn is_healthy(&self) -> bool {
        !self.lines.iter().any(Line::is_different)
    }

    /// Zero only when everything is as expected.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.is_healthy() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// One line for each.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let Line {
                name,
                expected,
                actual,
            } = line;
            let result = match expected {
                Some(expected) if line.is_different() => {
                    writeln!(
                        text,
                        "{:<8} {name}: {actual}, expected {expected}",
                        line.verdict()
                    )
                }
                Some(_) | None => writeln!(text, "{:<8} {name}: {actual}", line.verdict()),
            };
            result.expect("writing to a String does not fail");
        }
        text
    }

    /// `{"healthy": …, "lines": [{"name", "verdict", "expected", "actual"}]}`; what nobody expects anything of has null.
    pub(crate) fn to_json(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            json!({
                "name": line.name, "verdict": line.verdict().to_lowercase(),
                "expected": line.expected, "actual": line.actual,
            })
        });
        json!({ "healthy": self.is_healthy(), "lines": lines.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_difference_is_enough_and_what_is_only_told_is_none() {
        let mut report = Report::default();
        report.compare("veto", &1, &1);
        report.tell("balance", &5);
        assert!(report.is_healthy());
        report.compare("cap", &2, &3);
        assert!(!report.is_healthy());
        assert_eq!(
            report.to_text(),
            "ok       veto: 1\ninfo     balance: 5\nDIFFERS  cap: 3, expected 2\n"
        );
        let json = report.to_json();
        assert_eq!(json["healthy"], false);
        assert_eq!(json["lines"][2]["verdict"], "differs");
        assert_eq!(json["lines"][1]["expected"], Value::Null);
    }
}
