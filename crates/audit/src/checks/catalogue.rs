//! Which checks there are: identity, severity, how often they run, and what each means.

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

/// What the methods of [`Check`] return.
struct Entry {
    id: &'static str,
    severity: Severity,
    cadence: Cadence,
    runbook: &'static str,
    meaning: &'static str,
}

/// Declares [`Check`]: its variants with what each of them is, those of a run and those between the runs.
macro_rules! checks {
    (@count $($check:ident)+) => { [$(Check::$check),+].len() };
    (
        run { $($run:ident $run_entry:tt)+ }
        vigil { $($vigil:ident $vigil_entry:tt)+ }
    ) => {
        checks! { @enum $($run $run_entry)+ $($vigil $vigil_entry)+ }

        impl Check {
            /// Every check of a run, in the order in which they run.
            pub const ALL: [Self; checks!(@count $($run)+)] = [$(Self::$run),+];

            /// Every check that looks between the runs: at what must go on, whatever the books say.
            pub const VIGIL: [Self; checks!(@count $($vigil)+)] = [$(Self::$vigil),+];
        }
    };
    (@enum $($check:ident ($id:literal $severity:ident $cadence:ident $runbook:literal $meaning:literal))+) => {
        /// A check of the reconciler.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = concat!($id, ": ", $meaning, ".")] $check,)+
        }

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

checks! {
    run {
        Balance ("R1" S1 EveryRun "r1-balance"
            "the contract has at least what its events say came in and did not leave")
        Surplus ("R1b" S3 EveryRun "r1b-surplus"
            "the contract has no ether that no event speaks of")
        Totals ("R2" S1 EveryRun "r2-totals"
            "the contract's own totals are those of its events")
        Journal ("R3" S1 EveryRun "r3-journal"
            "no event is missing: the contract's journal ends where ours does, and all of it is posted")
        Custody ("R4" S1 EveryRun "r4-custody"
            "the ledger's custody, escrow and credits are those of the events")
        DoubleEntry ("R5" S1 EveryRunFullDaily "r5-double-entry"
            "debits equal credits, and every balance is the sum of its transfers")
        Solvency ("R6" S1 EveryRunFullDaily "r6-solvency"
            "what users can ever ask for is covered by what the contract holds for the books")
        Batches ("R8" S1 EveryRun "r8-batches"
            "every payout of a batch has exactly one event, and every event exactly one payout")
        Payments ("R9" S1 EveryRunFullDaily "r9-payments"
            "for every user the ledger, the events and the contract agree on what was paid and credited")
        Nonces ("R10" S1 EveryRun "r10-nonces"
            "every transaction of our sending accounts is one of ours, without a gap")
        Signing ("R12" S1 EveryRunFullDaily "r12-signing"
            "whatever the chain accepted was signed by our signers, whose audit trails are intact")
        Users ("R13" S2 EveryRunFullDaily "r13-membership"
            "every user, deposit and freeze of the ledger has its event, and every event its row")
        Rewards ("R14" S2 EveryRunFullDaily "r14-rewards"
            "every payment was divided as the plan says, recomputed here")
        Liabilities ("R19" S2 EveryRun "r19-liabilities"
            "the published liabilities are the tree of their leaves, and what the chain holds and paid of them")
        Configuration ("R21" S1 EveryRun "r21-configuration"
            "roles, signers, code and limits of the contract are those that operators expect")
    }
    vigil {
        Accounts ("R7" S2 BetweenRuns "r7-accounts"
            "every account that must have money has it")
        Fees ("R11" S2 BetweenRuns "r11-fees"
            "what left our sending accounts is what the receipts of our transactions say")
        Rescan ("R15" S1 BetweenRuns "r15-rescan"
            "another endpoint has exactly the final logs that we recorded")
        Agreement ("R16" S1 BetweenRuns "r16-agreement"
            "all endpoints have the same final block, the same journal, and those that we recorded")
        Freshness ("R17" S1 BetweenRuns "r17-freshness"
            "the chain goes on and becomes final, and listener, posting and settlement keep up with it")
        Reconciler ("R20" S2 BetweenRuns "r20-reconciler"
            "the reconciler looks as often as it must, at everything that it must")
        Quarantine ("R22" S2 BetweenRuns "r22-quarantine"
            "no command and no batch is put aside that nobody has looked at")
        Schedule ("R23" S2 BetweenRuns "r23-schedule"
            "every day of the plan's calendar is posted soon after it ended")
        Trail ("R24" S2 BetweenRuns "r24-audit-log"
            "the audit log is what was sealed, and new rows of it are sealed soon")
    }
}

impl Check {
    /// The check with this identity.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain(Self::VIGIL)
            .find(|check| check.id() == id)
    }

    /// Stable identity in SQL, JSON, metrics, alerts and runbooks.
    pub const fn id(self) -> &'static str {
        self.entry().id
    }

    /// The worst that it can find.
    pub const fn severity(self) -> Severity {
        self.entry().severity
    }

    /// How often it runs.
    pub const fn cadence(self) -> Cadence {
        self.entry().cadence
    }

    /// What it says when it passes.
    pub const fn meaning(self) -> &'static str {
        self.entry().meaning
    }

    /// Anchor of its section in the runbooks.
    pub const fn runbook(self) -> &'static str {
        self.entry().runbook
    }
}
