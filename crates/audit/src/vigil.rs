//! Checks between reconciliation runs: liveness, agreement of nodes, balances of
//! accounts. Plain observations in, findings out; an age is in seconds of the observer's own clock.
//!
//! Not responsible for observing, and never for what the books ought to say: see [`crate::checks`].

mod accounts;
mod agreement;
mod canary;
mod fees;
mod freshness;
mod quarantine;
mod reconciler;
mod rescan;
mod schedule;
mod trail;

pub use accounts::{AccountSeen, accounts};
pub use agreement::{EndpointSeen, FinalSeen, RecordedFinal, agreement};
pub use canary::canary_is_caught;
pub use fees::{FeeWindow, PaidTransaction, fees, top_up};
pub use freshness::{FreshnessLimits, HeadSeen, Progress, RecordedHead, Worker, WorkerSeen, freshness};
pub use quarantine::{CommandSeen, quarantine};
pub use reconciler::{LookSeen, reconciler};
pub use rescan::{LogKey, RescannedLog, rescan};
pub use schedule::{DaySeen, schedule};
pub use trail::{TrailSeen, trail};
