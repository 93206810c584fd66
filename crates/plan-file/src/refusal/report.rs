//! An error as text for a person: rule, position in the file and hint.

use std::fmt::Write as _;

use super::Refusal;
use crate::place::{self, Aim, Place};

impl Refusal {
    /// Where in the file of this text the broken rule is. What is missing is where it should be; what concerns the
    /// whole file is at its beginning.
    pub fn place_in(&self, text: &str) -> Place {
        match self.code {
            "not_toml" | "duplicate_field" => place::of_syntax(text),
            "unknown_field" => place::of_field(text, &self.field, Aim::Key),
            _ => place::of_field(text, &self.field, Aim::Value),
        }
    }

    /// The refusal in full: the rule, the place with the line of the file, the hint.
    pub fn report(&self, file: &str, text: &str) -> String {
        let place = self.place_in(text);
        let mut out = format!("refused  {}: {}\n", self.code, self.problem);
        let Place { line, column, length } = place;
        let field = &self.field;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "  at     {file}:{line}:{column}{}{field}",
            if field.is_empty() { "" } else { "  " }
        );
        if let Some(shown) = text
            .lines()
            .nth(line.saturating_sub(1))
            .filter(|_| (column, length) != (1, 0))
        {
            let number = format!("{line:>6}");
            let indent: String = shown
                .chars()
                .take(column.saturating_sub(1))
                .map(|letter| if letter == '\t' { '\t' } else { ' ' })
                .collect();
            let _ = writeln!(out, "  {number} | {shown}");
            let _ = writeln!(out, "         | {indent}{}", "^".repeat(length.max(1)));
        }
        let _ = writeln!(out, "  hint   {}", self.hint);
        out
    }
}
