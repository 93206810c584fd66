//! The state of a user's payments, which decides whether the user earns from the downline.

use ledger::DepositId;

/// The state of a user's payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
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
    /// The standing as a number: that of the retopup, 0 for [`Standing::Registered`], `u32::MAX` for [`Standing::Gone`].
    #[inline]
    pub const fn number(self) -> u32 {
        match self {
            Self::Registered => 0,
            Self::Retopped(retopup) => retopup.get(),
            Self::Gone => GONE,
        }
    }

    /// The standing with this number; `None` if there is none.
    #[inline]
    pub const fn from_number(number: u32) -> Option<Self> {
        match (number, DepositId::new(number)) {
            (0, _) => Some(Self::Registered),
            (GONE, _) => Some(Self::Gone),
            (_, Some(retopup)) => Some(Self::Retopped(retopup)),
            (_, None) => None,
        }
    }
}
