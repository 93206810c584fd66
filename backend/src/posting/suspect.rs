//! [`Suspect`]: which commands may be the reason for which the ledger refuses a batch.

use store::inbox::Entry;

/// Which commands may be the reason for which the ledger refuses a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspect {
    /// Nothing but this one, by its id in the inbox, was to be posted.
    One(i64),
    /// Some command, this one at the latest.
    UpTo(i64),
}

impl Suspect {
    /// The commands among these causes.
    pub(super) fn among(entries: &[Entry]) -> Option<Self> {
        let last = entries.iter().rev().find(|entry| entry.is_command())?;
        Some(if entries.len() == 1 {
            Self::One(last.id)
        } else {
            Self::UpTo(last.id)
        })
    }

    pub(super) const fn last(self) -> i64 {
        match self {
            Self::One(id) | Self::UpTo(id) => id,
        }
    }
}
