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
    /// Stable number: its place in the declaration, from 1. It is stored: new kinds stand at the end.
    pub const fn code(self) -> u8 {
        (self as u8).saturating_add(1)
    }

    /// The kind with this number.
    pub fn by_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The side on which the account grows.
    pub const fn side(self) -> Side {
        self.rules().0
    }

    /// Whether debits, pending ones included, may never exceed credits. The database checks it too.
    pub const fn is_guarded(self) -> bool {
        self.rules().1
    }

    /// Side, and whether it is guarded.
    const fn rules(self) -> (Side, bool) {
        match self {
            Self::Custody | Self::Receivable => (Side::Debit, false),
            Self::Held
            | Self::Available
            | Self::InTransit
            | Self::Reserve
            | Self::Credit
            | Self::Deferred
            | Self::Wallet => (Side::Credit, true),
            Self::Company | Self::Residual | Self::Breakage | Self::Revenue | Self::Tax | Self::Clearing => {
                (Side::Credit, false)
            }
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
