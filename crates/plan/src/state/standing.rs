//! The state of a user's payments, which decides whether the user earns from the downline.

use crate::DepositId;

/// What stands of a user's payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The registration alone.
    Registered,
    /// The registration and retopups, of which this is the oldest.
    Retopped(DepositId),
    /// The registration was refunded, forever, so that nothing else matters.
    Gone,
}

/// Deposits have smaller numbers.
const GONE: u32 = u32::MAX;

impl Standing {
    /// In four bytes, because a walk up a sponsor line reads one for each upline: the number of the retopup, 0 or [`GONE`].
    pub(super) const fn note(self) -> u32 {
        match self {
            Self::Registered => 0,
            Self::Retopped(retopup) => retopup.get(),
            Self::Gone => GONE,
        }
    }

    /// What a note says.
    pub(super) const fn of_note(note: u32) -> Self {
        match (note, DepositId::new(note)) {
            (GONE, _) => Self::Gone,
            (_, Some(retopup)) => Self::Retopped(retopup),
            (_, None) => Self::Registered,
        }
    }
}
