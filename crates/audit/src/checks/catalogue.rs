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

    /// The check with this identity.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain(Self::VIGIL)
            .find(|check| check.id() == id)
    }

    /// Stable identity in SQL, JSON, metrics, alerts and runbooks.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.entry().id
    }

    /// The worst that it can find.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.entry().severity
    }

    /// How often it runs.
    #[must_use]
    pub const fn cadence(self) -> Cadence {
        self.entry().cadence
    }

    /// What it says when it passes.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.entry().meaning
    }

    /// Anchor of its section in the runbooks.
    #[must_use]
    pub const fn runbook(self) -> &'static str {
        self.entry().runbook
    }
}

/// What the methods of [`Check`] return.
struct Entry {
    id: &'static str,
    severity: Severity,
    cadence: Cadence,
    runbook: &'static str,
    meaning: &'static str,
}

macro_rules! entries {
    ($($check:ident $id:literal $severity:ident $cadence:ident $runbook:literal $meaning:literal,)+) => {
        impl Check {
            const fn entry(self) -> Entry {
                match self {
                    $(Self::$check => Entry {
                        id: $id,
                        severity: Severity::$severity,
                        cadence: Cadence::$cadence,
                        runbook: $runbook,
                        meaning: $meaning,
                    },)+
                }
            }
        }
    };
}

entries! {
    Balance "R1" S1 EveryRun "r1-balance"
        "the contract's balance is at least the inflows minus the outflows of its events",
    Surplus "R1b" S3 EveryRun "r1b-surplus"
        "the contract holds no ether beyond what its events account for",
    Totals "R2" S1 EveryRun "r2-totals"
        "the contract's totals match its events",
    Journal "R3" S1 EveryRun "r3-journal"
        "no event is missing: the contract's journal ends where ours does and is fully posted",
    Custody "R4" S1 EveryRun "r4-custody"
        "the ledger's custody, escrow and credits match the events",
    DoubleEntry "R5" S1 EveryRunFullDaily "r5-double-entry"
        "debits equal credits, and every balance is the sum of its transfers",
    Solvency "R6" S1 EveryRunFullDaily "r6-solvency"
        "everything users can claim is covered by what the contract holds for the books",
    Batches "R8" S1 EveryRun "r8-batches"
        "every payout of a batch has exactly one event, and every event exactly one payout",
    Payments "R9" S1 EveryRunFullDaily "r9-payments"
        "for every user, ledger, events and contract agree on what was paid and credited",
    Nonces "R10" S1 EveryRun "r10-nonces"
        "every transaction of our sending accounts is ours, without nonce gaps",
    Signing "R12" S1 EveryRunFullDaily "r12-signing"
        "everything the chain accepted was signed by our signers, whose audit trails are intact",
    Membership "R13" S2 EveryRunFullDaily "r13-membership"
        "every user, deposit and freeze of the ledger has its event, and every event its row",
    Rewards "R14" S2 EveryRunFullDaily "r14-rewards"
        "every payment was divided according to the plan, recomputed here",
    Liabilities "R19" S2 EveryRun "r19-liabilities"
        "the published liabilities match their leaves and what the chain holds and has paid",
    Configuration "R21" S1 EveryRun "r21-configuration"
        "the contract's roles, signers, code and limits are as operators expect",
    Accounts "R7" S2 BetweenRuns "r7-accounts"
        "every account that needs funds has enough",
    Fees "R11" S2 BetweenRuns "r11-fees"
        "the fees paid by our sending accounts match the receipts of our transactions",
    Rescan "R15" S1 BetweenRuns "r15-rescan"
        "another endpoint returns exactly the final logs that we recorded",
    Agreement "R16" S1 BetweenRuns "r16-agreement"
        "all endpoints agree on the final block and the journal, and with our records",
    Freshness "R17" S1 BetweenRuns "r17-freshness"
        "the chain advances and finalizes, and listener, posting and settlement keep up",
    Reconciler "R20" S2 BetweenRuns "r20-reconciler"
        "the reconciler runs all its checks as often as required",
    Quarantine "R22" S2 BetweenRuns "r22-quarantine"
        "no quarantined command or batch is waiting for review",
}
