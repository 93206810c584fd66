//! [`RunReport`]: what one look saw.

use std::time::Duration;

use audit::checks::{Check, Position, Report};

/// What one look saw.
#[derive(Debug)]
pub struct RunReport {
    /// The moment.
    pub position: Position,
    /// What every check says.
    pub report: Report,
    /// Whether it ended a way through everything.
    pub is_full: bool,
    /// Checks that saw everything there is to see, and listed all that they found.
    pub complete: Vec<Check>,
    /// When it began, in seconds since 1970-01-01 UTC.
    pub started_at: f64,
    /// How long it took.
    pub duration: Duration,
    /// How long it worked, and did not wait for nodes and signers.
    pub working: Duration,
    /// How long the checks alone took.
    pub checking: Duration,
    /// Users of the ledger.
    pub users: usize,
    /// Accounts that were read at the contract.
    pub accounts: usize,
}
