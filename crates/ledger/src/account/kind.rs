//! Kinds of accounts: their stable numbers and names, the side they grow on, and which of them are guarded.

names::names! {
    /// The kind of an account: what SQL stores in `account.kind`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[expect(
        missing_docs,
        reason = "each variant is described at the variant of `Account` of the same name"
    )]
    pub enum AccountKind {
        Custody = "custody",
        Held = "held",
        Available = "available",
        InTransit = "in_transit",
        Reserve = "reserve",
        Receivable = "receivable",
        Company = "company",
        Credit = "credit",
        Residual = "residual",
        Breakage = "breakage",
        Revenue = "revenue",
        Tax = "tax",
        Clearing = "clearing",
        Deferred = "deferred",
        Wallet = "wallet",
    }
}

impl AccountKind {
    /// Stable number, from 1.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Custody => 1,
            Self::Held => 2,
            Self::Available => 3,
            Self::InTransit => 4,
            Self::Reserve => 5,
            Self::Receivable => 6,
            Self::Company => 7,
            Self::Credit => 8,
            Self::Residual => 9,
            Self::Breakage => 10,
            Self::Revenue => 11,
            Self::Tax => 12,
            Self::Clearing => 13,
            Self::Deferred => 14,
            Self::Wallet => 15,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn by_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The side on which the account grows.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Custody | Self::Receivable => Side::Debit,
            Self::Held
            | Self::Available
            | Self::InTransit
            | Self::Reserve
            | Self::Company
            | Self::Credit
            | Self::Residual
            | Self::Breakage
            | Self::Revenue
            | Self::Tax
            | Self::Deferred
            | Self::Wallet
            | Self::Clearing => Side::Credit,
        }
    }

    /// Whether debits, pending ones included, may never exceed credits. The database checks it too.
    #[must_use]
    pub const fn is_guarded(self) -> bool {
        match self {
            Self::Held
            | Self::Available
            | Self::InTransit
            | Self::Reserve
            | Self::Credit
            | Self::Deferred
            | Self::Wallet => true,
            Self::Custody
            | Self::Receivable
            | Self::Company
            | Self::Residual
            | Self::Breakage
            | Self::Revenue
            | Self::Tax
            | Self::Clearing => false,
        }
    }
}

/// The side on which an account grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Grows by debits: what the ledger has or is owed.
    Debit,
    /// Grows by credits: what the ledger owes.
    Credit,
}
