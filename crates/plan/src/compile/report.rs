//! An error as text for a person: rule, position in the file and hint.

use plan_file::{Place, Refusal};

use super::CompileError;

impl CompileError {
    /// Where in the file of this text the broken rule is. What is missing is where it should be; what concerns the
    /// whole file is at its beginning.
    #[must_use]
    pub fn place_in(&self, text: &str) -> Place {
        self.as_refusal().place_in(text)
    }

    /// The refusal in full: the rule, the place with the line of the file, the hint.
    #[must_use]
    pub fn report(&self, file: &str, text: &str) -> String {
        self.as_refusal().report(file, text)
    }

    /// Every refusal in one form.
    #[must_use]
    pub fn as_refusal(&self) -> Refusal {
        Refusal::new(self.code(), self.field(), self.problem(), self.hint())
    }
}
