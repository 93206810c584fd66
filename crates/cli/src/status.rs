//! Exit statuses: one table for every subcommand.

use std::process::ExitCode;

use crate::input::InputError;

/// Their description in `--help`.
pub(crate) const TABLE: &str = "\
Exit status:
  0    done: a plan is sound and nothing needs saying, no differences, no fault was found
  1    the command failed, or what it examined has a fault
  2    wrong arguments, or a file that cannot be read or used
  3    a plan is sound, but its warnings must be disclosed to participants; or something differs
  4    the plan was rejected, or must not run on that chain
  141  standard output was closed before everything was written";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Success, with nothing to report.
    Done,
    /// Failure not caused by the arguments.
    Failed,
    /// Arguments or files cannot be used: what clap ends with, too.
    Unusable,
    /// It did what it was asked, and there is something to notice.
    Notable,
    /// A plan is refused, or must not run where it is to run.
    Refused,
}

impl Status {
    /// The number, as in [`TABLE`].
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Unusable => 2,
            Self::Notable => 3,
            Self::Refused => 4,
        }
    }

    /// How much it weighs where several files were examined: one that could not be examined weighs most.
    const fn weight(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Notable => 1,
            Self::Refused => 2,
            Self::Unusable => 3,
            Self::Failed => 4,
        }
    }

    /// The worse of two.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        if other.weight() > self.weight() {
            other
        } else {
            self
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.number())
    }
}

/// An error that ends the command with another status than [`Status::Failed`].
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Ending {
    status: Status,
    text: String,
}

/// Marks an error as one of arguments or files.
pub(crate) fn unusable(error: impl Into<anyhow::Error>) -> anyhow::Error {
    ending(Status::Unusable, format!("{:#}", error.into()))
}

/// An error with a status of its own.
pub(crate) fn ending(status: Status, text: String) -> anyhow::Error {
    Ending { status, text }.into()
}

/// The status with which an error ends the command.
pub(crate) fn of(error: &anyhow::Error) -> Status {
    match error.downcast_ref::<Ending>() {
        Some(ending) => ending.status,
        None if error.chain().any(<dyn std::error::Error>::is::<InputError>) => Status::Unusable,
        None => Status::Failed,
    }
}

#[cfg(test)]
mod tests;
