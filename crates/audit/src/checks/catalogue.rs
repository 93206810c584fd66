//! Which checks there are: identity, severity, how often they run, and what each means.

/// A check of the reconciler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// R1.
    Balance,
    /// R1b.
    Surplus,
    /// R2.
    Totals,
    /// R3.
    Journal,
    /// R4.
    Custody,
    /// R5.
    DoubleEntry,
    /// R6.
    Solvency,
    /// R8.
    Batches,
    /// R9.
    Payments,
    /// R10.
    Nonces,
    /// R12.
    Signing,
    /// R13.
    Membership,
    /// R14.
    Rewards,
    /// R19.
    Liabilities,
    /// R21.
    Configuration,
    /// R7.
    Accounts,
    /// R11.
    Fees,
    /// R15.
    Rescan,
    /// R16.
    Agreement,
    /// R17.
    Freshness,
    /// R20.
    Reconciler,
    /// R22.
    Quarantine,
}

names::names! {
    /// How bad a finding is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Severity {
        /// Page at once, and stop new batches.
        S1 = "S1",
        /// Page when two runs in a row find it.
        S2 = "S2",
        /// A ticket.
        S3 = "S3",
    }
}

names::names! {
    /// How often a check runs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Cadence {
        /// Whenever something was posted, and at the reconciler's interval.
        EveryRun = "every_run",
        /// The same; what only grows is read whole once a day.
        EveryRunFullDaily = "every_run_full_daily",
        /// Every few seconds, whether a run is possible or not.
        BetweenRuns = "between_runs",
    }
}

impl Check {
    /// Every check of a run, in the order in which they run.
    pub const ALL: [Self; 15] = [
        Self::Balance,
        Self::Surplus,
        Self::Totals,
        Self::Journal,
        Self::Custody,
        Self::DoubleEntry,
        Self::Solvency,
        Self::Batches,
        Self::Payments,
        Self::Nonces,
        Self::Signing,
        Self::Membership,
        Self::Rewards,
        Self::Liabilities,
        Self::Configuration,
    ];

    /// Every check that looks between the runs: at what must go on, whatever the books say.
    pub const VIGIL: [Self; 7] = [
        Self::Accounts,
        Self::Fees,
        Self::Rescan,
        Self::Agreement,
        Self::Freshness,
        Self::Reconciler,
        Self::Quarantine,
    ];

    /// Stable identity in SQL, JSON, metrics, alerts and runbooks.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Balance => "R1",
            Self::Surplus => "R1b",
            Self::Totals => "R2",
            Self::Journal => "R3",
            Self::Custody => "R4",
            Self::DoubleEntry => "R5",
            Self::Solvency => "R6",
            Self::Batches => "R8",
            Self::Payments => "R9",
            Self::Nonces => "R10",
            Self::Signing => "R12",
            Self::Membership => "R13",
            Self::Rewards => "R14",
            Self::Liabilities => "R19",
            Self::Configuration => "R21",
            Self::Accounts => "R7",
            Self::Fees => "R11",
            Self::Rescan => "R15",
            Self::Agreement => "R16",
            Self::Freshness => "R17",
            Self::Reconciler => "R20",
            Self::Quarantine => "R22",
        }
    }

    /// The check with this identity.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain(Self::VIGIL)
            .find(|check| check.id() == id)
    }

    /// The worst that it can find.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Balance
            | Self::Totals
            | Self::Journal
            | Self::Custody
            | Self::DoubleEntry
            | Self::Solvency
            | Self::Batches
            | Self::Payments
            | Self::Nonces
            | Self::Signing
            | Self::Configuration
            | Self::Rescan
            | Self::Agreement
            | Self::Freshness => Severity::S1,
            Self::Membership
            | Self::Rewards
            | Self::Liabilities
            | Self::Accounts
            | Self::Fees
            | Self::Reconciler
            | Self::Quarantine => Severity::S2,
            Self::Surplus => Severity::S3,
        }
    }

    /// How often it runs.
    #[must_use]
    pub const fn cadence(self) -> Cadence {
        match self {
            Self::Balance
            | Self::Surplus
            | Self::Totals
            | Self::Journal
            | Self::Custody
            | Self::Batches
            | Self::Nonces
            | Self::Liabilities
            | Self::Configuration => Cadence::EveryRun,
            Self::DoubleEntry
            | Self::Solvency
            | Self::Payments
            | Self::Signing
            | Self::Membership
            | Self::Rewards => Cadence::EveryRunFullDaily,
            Self::Accounts
            | Self::Fees
            | Self::Rescan
            | Self::Agreement
            | Self::Freshness
            | Self::Reconciler
            | Self::Quarantine => Cadence::BetweenRuns,
        }
    }

    /// What it says when it passes.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Balance => "the contract has at least what its events say came in and did not leave",
            Self::Surplus => "the contract has no ether that no event speaks of",
            Self::Totals => "the contract's own totals are those of its events",
            Self::Journal => {
                "no event is missing: the contract's journal ends where ours does, and all of it is posted"
            }
            Self::Custody => "the ledger's custody, escrow and credits are those of the events",
            Self::DoubleEntry => "debits equal credits, and every balance is the sum of its transfers",
            Self::Solvency => {
                "what users can ever ask for is covered by what the contract holds for the books"
            }
            Self::Batches => {
                "every payout of a batch has exactly one event, and every event exactly one payout"
            }
            Self::Payments => {
                "for every user the ledger, the events and the contract agree on what was paid and credited"
            }
            Self::Nonces => "every transaction of our sending accounts is one of ours, without a gap",
            Self::Signing => {
                "whatever the chain accepted was signed by our signers, whose audit trails are intact"
            }
            Self::Membership => {
                "every user, deposit and freeze of the ledger has its event, and every event its row"
            }
            Self::Rewards => "every payment was divided as the plan says, recomputed here",
            Self::Liabilities => {
                "the published liabilities are the tree of their leaves, and what the chain holds and paid of them"
            }
            Self::Configuration => {
                "roles, signers, code and limits of the contract are those that operators expect"
            }
            Self::Accounts => "every account that must have money has it",
            Self::Fees => "what left our sending accounts is what the receipts of our transactions say",
            Self::Rescan => "another endpoint has exactly the final logs that we recorded",
            Self::Agreement => {
                "all endpoints have the same final block, the same journal, and those that we recorded"
            }
            Self::Freshness => {
                "the chain goes on and becomes final, and listener, posting and settlement keep up with it"
            }
            Self::Reconciler => "the reconciler looks as often as it must, at everything that it must",
            Self::Quarantine => "no command and no batch is put aside that nobody has looked at",
        }
    }

    /// Anchor of its section in the runbooks.
    #[must_use]
    pub const fn runbook(self) -> &'static str {
        match self {
            Self::Balance => "r1-balance",
            Self::Surplus => "r1b-surplus",
            Self::Totals => "r2-totals",
            Self::Journal => "r3-journal",
            Self::Custody => "r4-custody",
            Self::DoubleEntry => "r5-double-entry",
            Self::Solvency => "r6-solvency",
            Self::Batches => "r8-batches",
            Self::Payments => "r9-payments",
            Self::Nonces => "r10-nonces",
            Self::Signing => "r12-signing",
            Self::Membership => "r13-membership",
            Self::Rewards => "r14-rewards",
            Self::Liabilities => "r19-liabilities",
            Self::Configuration => "r21-configuration",
            Self::Accounts => "r7-accounts",
            Self::Fees => "r11-fees",
            Self::Rescan => "r15-rescan",
            Self::Agreement => "r16-agreement",
            Self::Freshness => "r17-freshness",
            Self::Reconciler => "r20-reconciler",
            Self::Quarantine => "r22-quarantine",
        }
    }
}
