//! Why a plan does not compile.

use thiserror::Error;

use super::Counterexample;
use plan_file::{Place, Refusal};

/// Why a plan does not compile.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CompileError {
    /// A rule of the file format, of single fields or of a component.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A place is given without a debit that pays for it.
    #[error("progression is not funded: {0}")]
    ProgressionNotFunded(Counterexample),
}

impl CompileError {
    /// The broken rule, its field and its hint.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::ProgressionNotFunded(_) => {
                let hint = "write progression = \"funded\": the user's own matured reserve must pay the next tier's price, \
                            or the user does not advance";
                Refusal::new(
                    "progression_not_funded",
                    "pool.progression",
                    self.to_string(),
                    hint,
                )
            }
        }
    }

    /// Stable code of the broken rule.
    pub fn code(&self) -> &'static str {
        self.refusal().code
    }

    /// Path of the field that breaks it, entries of lists counted from 0: `pool.tier_prices[2]`. Empty when it is the
    /// file as a whole.
    pub fn field(&self) -> String {
        self.refusal().field
    }

    /// Where in the file of this text the broken rule is. What is missing is where it should be; what concerns the
    /// whole file is at its beginning.
    pub fn place_in(&self, text: &str) -> Place {
        self.refusal().place_in(text)
    }

    /// The refusal in full: the rule, the place with the line of the file, the hint.
    pub fn report(&self, file: &str, text: &str) -> String {
        self.refusal().report(file, text)
    }
}
