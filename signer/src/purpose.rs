//! A signer's purpose, and the requests it accepts. Each purpose has its own process, key and callers.

use std::fmt;
use std::str::FromStr;

use settlement::authorization::IntakeKind;

names::names! {
    /// What one process signs.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Purpose {
        /// Authorizations of intakes and batches.
        Authorizations = "authorizations",
        /// Authorizations of liabilities roots.
        Roots = "roots",
        /// Transactions of its own account.
        Transactions = "transactions",
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Purpose {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::by_name(text).ok_or("must be `authorizations`, `roots` or `transactions`")
    }
}

names::names! {
    /// What can be requested, by its name in configuration and records; intakes have that of their [`IntakeKind`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Kind {
        /// The authorization of a registration.
        Registration = "registration",
        /// The authorization of a retopup.
        Retopup = "retopup",
        /// The authorization of a batch.
        PayoutBatch = "payout-batch",
        /// The authorization of a liabilities root.
        Root = "root",
        /// A transaction.
        Transaction = "transaction",
    }
}

names::names! {
    /// What a pause holds: an equivocation about one thing does not stop the others.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Area {
        /// Registrations and retopups.
        Intakes = "intakes",
        /// Batches.
        Batches = "batches",
        /// Roots.
        Roots = "roots",
        /// Transactions.
        Transactions = "transactions",
    }
}

impl Kind {
    /// Whose it is.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Registration | Self::Retopup | Self::PayoutBatch => Purpose::Authorizations,
            Self::Root => Purpose::Roots,
            Self::Transaction => Purpose::Transactions,
        }
    }

    /// What is paused with it.
    pub const fn area(self) -> Area {
        match self {
            Self::Registration | Self::Retopup => Area::Intakes,
            Self::PayoutBatch => Area::Batches,
            Self::Root => Area::Roots,
            Self::Transaction => Area::Transactions,
        }
    }
}

impl From<IntakeKind> for Kind {
    fn from(kind: IntakeKind) -> Self {
        match kind {
            IntakeKind::Registration => Self::Registration,
            IntakeKind::Retopup => Self::Retopup,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_read_by_its_name_only() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.name().parse(), Ok(purpose));
        }
        assert!("Roots".parse::<Purpose>().is_err() && "".parse::<Purpose>().is_err());
    }
}
