//! What a refusal says to whom: rule, place in the file and mend, as text for a person.

use std::fmt::Write as _;

use super::place::{self, Aim, Place};
use super::{CompileError, Refusal};

impl CompileError {
    /// Where in the file of this text the broken rule is. What is missing is where it should be; what concerns the
    /// whole file is at its beginning.
    #[must_use]
    pub fn place_in(&self, text: &str) -> Place {
        place_in(text, self.code(), &self.field())
    }

    /// The line, from 1; see [`CompileError::place_in`].
    #[must_use]
    pub fn line_in(&self, text: &str) -> usize {
        self.place_in(text).line
    }

    /// The refusal in full: the rule, the place with the line of the file, the mend.
    #[must_use]
    pub fn report(&self, file: &str, text: &str) -> String {
        report(file, text, &self.as_refusal())
    }

    /// Every refusal in one form.
    #[must_use]
    pub fn as_refusal(&self) -> Refusal {
        Refusal::new(self.code(), self.field(), self.problem(), self.mend())
    }
}

impl Refusal {
    /// Where in the file of this text the broken rule is; see [`CompileError::place_in`].
    #[must_use]
    pub fn place_in(&self, text: &str) -> Place {
        place_in(text, self.code, &self.field)
    }

    /// The refusal in full; see [`CompileError::report`].
    #[must_use]
    pub fn report(&self, file: &str, text: &str) -> String {
        report(file, text, self)
    }
}

fn place_in(text: &str, code: &str, field: &str) -> Place {
    match code {
        "not_toml" | "duplicate_field" => place::of_syntax(text),
        "unknown_field" => place::of_field(text, field, Aim::Key),
        _ => place::of_field(text, field, Aim::Value),
    }
}

fn report(file: &str, text: &str, refusal: &Refusal) -> String {
    let place = place_in(text, refusal.code, &refusal.field);
    let mut out = format!("refused  {}: {}\n", refusal.code, refusal.problem);
    let Place { line, column, length } = place;
    let field = &refusal.field;
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
    let _ = writeln!(out, "  mend   {}", refusal.mend);
    out
}
