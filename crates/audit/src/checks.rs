//! The reconciler's checks: one snapshot of books, events and contract in, findings out.
//!
//! Everything is read at the block of the last posting batch, the contract at that block's hash, so nothing is in
//! flight and the tolerance on amounts is zero. Contract, events and ledger are three accounts of the same money, each
//! computed by other code; a check compares two of them. A check that cannot run says why, and that is never a pass.
//!
//! Not responsible for reading, for remembering what was found before, for alerts, and never for repairing.

mod batches;
mod books;
mod catalogue;
mod configuration;
mod events;
pub(crate) mod finding;
mod leaves;
mod nonces;
mod payments;
mod payout_words;
mod rewards;
mod roots;
mod signing;
mod snapshot;
mod totals;
mod users;

pub use batches::LATE_AFTER;
pub use catalogue::{Cadence, Check, Severity};
pub use configuration::PAUSED;
pub use events::{
    BatchEvents, DepositEvents, Entry, Event, EventSums, Events, JournalRoot, LeavesEvents, LineOutcome,
    RootEvents, Settled, UserEvents,
};
pub use finding::{BreakCause, FINDINGS_MAX, Finding, Skip, Verdict};
pub use roots::PROOFS_SAMPLED;
pub use snapshot::{
    Batch, BatchState, Chain, ChainAccount, Configuration, Counters, Deposit, DepositState, Ledger, Node,
    Part, Payout, PayoutState, Position, Recount, Root, Sender, SignerMemory, Snapshot, Split, SubmissionEnd,
    Totals, User,
};

pub(crate) use books::double_entry;
use finding::Findings;

/// What came of every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In the order of [`Check::ALL`].
    pub verdicts: Vec<(Check, Verdict)>,
}

/// Runs one check. What compares the ledger with events runs without the contract, too, but then cannot pass.
pub fn run_one(check: Check, snapshot: &Snapshot) -> Verdict {
    let mut out = Findings::of(check);
    let (books, events, chain) = (&snapshot.books, &snapshot.events, snapshot.chain.as_ref());
    match (check, chain) {
        (Check::Balance, Ok(chain)) => totals::balance(chain, events, &mut out),
        (Check::Surplus, Ok(chain)) => totals::surplus(chain, events, &mut out),
        (Check::Totals, Ok(chain)) => totals::totals(chain, events, &mut out),
        (Check::Journal, Ok(chain)) => totals::journal(snapshot, chain, &mut out),
        (Check::Nonces, Ok(chain)) => nonces::check(snapshot, chain, &mut out),
        (Check::Custody, _) => totals::custody(snapshot, &mut out),
        (Check::DoubleEntry, _) => books::double_entry(books, &mut out),
        (Check::Solvency, _) => books::solvency(books, &mut out),
        (Check::Rewards, _) => rewards::check(snapshot, &mut out),
        (Check::Batches, chain) => batches::check(snapshot, chain.ok(), &mut out),
        (Check::Payments, chain) => payments::check(snapshot, chain.ok(), &mut out),
        (Check::Users, chain) => users::check(snapshot, chain.ok(), &mut out),
        (Check::Liabilities, chain) => roots::check(snapshot, chain.ok(), &mut out),
        (Check::Signing, _) => match &snapshot.signers {
            Ok(signers) => signing::check(snapshot, signers, &mut out),
            Err(skip) => return Verdict::Skipped(skip.clone()),
        },
        (Check::Configuration, Ok(chain)) => match &snapshot.expected {
            Ok(expected) => configuration::check(expected, &chain.configuration, &mut out),
            Err(skip) => return Verdict::Skipped(skip.clone()),
        },
        (
            Check::Balance
            | Check::Surplus
            | Check::Totals
            | Check::Journal
            | Check::Nonces
            | Check::Configuration,
            Err(skip),
        ) => return Verdict::Skipped(skip.clone()),
        (
            Check::Accounts
            | Check::Fees
            | Check::Rescan
            | Check::Agreement
            | Check::Freshness
            | Check::Reconciler
            | Check::Quarantine
            | Check::Schedule
            | Check::Trail,
            _,
        ) => return Verdict::Skipped(Skip::NotConfigured("it runs between reconciliation runs")),
    }
    match (out.verdict(), needs_contract(check), chain) {
        // Half a check that found nothing is no pass.
        (Verdict::Passed, true, Err(skip)) => Verdict::Skipped(skip.clone()),
        (verdict, _, _) => verdict,
    }
}

/// Whether a check without the contract leaves a part of its question open.
const fn needs_contract(check: Check) -> bool {
    matches!(
        check,
        Check::Balance
            | Check::Surplus
            | Check::Totals
            | Check::Journal
            | Check::Batches
            | Check::Payments
            | Check::Nonces
            | Check::Users
            | Check::Liabilities
            | Check::Configuration
    )
}

impl Report {
    /// Everything that was found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.verdicts.iter().flat_map(|(_, verdict)| match verdict {
            Verdict::Failed { findings, .. } => findings.as_slice(),
            Verdict::Passed | Verdict::Skipped(_) => &[],
        })
    }
}
