//! The state of a user's payments, which decides whether the user earns from the downline.

use crate::DepositId;
use crate::code::{Code, Source};

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

/// A [`Standing`] in four bytes, since a walk up a sponsor line reads one for each upline: the number of the retopup, 0 or
/// [`GONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedStanding(u32);

/// Deposits have smaller numbers.
const GONE: u32 = u32::MAX;

impl PackedStanding {
    /// Something that it takes reading it to know.
    pub(super) const fn mark(self) -> u32 {
        self.0
    }

    pub(super) const fn get(self) -> Standing {
        match (self.0, DepositId::new(self.0)) {
            (GONE, _) => Standing::Gone,
            (_, Some(retopup)) => Standing::Retopped(retopup),
            (_, None) => Standing::Registered,
        }
    }
}

impl From<Standing> for PackedStanding {
    fn from(standing: Standing) -> Self {
        Self(match standing {
            Standing::Registered => 0,
            Standing::Retopped(retopup) => retopup.get(),
            Standing::Gone => GONE,
        })
    }
}

impl Code for PackedStanding {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let read = Self(u32::take(from)?);
        (Self::from(read.get()) == read).then_some(read)
    }
}
