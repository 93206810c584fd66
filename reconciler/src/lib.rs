//! The reconciler: reads books, events and contract at one block, runs the pure checks of `audit::checks`, stores and
//! tells what they find. A grave finding stops settlement; it never repairs anything.
//!
//! [`Reconciler::run`] is one look; `watch` repeats it. What only grows is read whole at the first run, daily in between
//! by cadence, and in every run while something is open; else each run reads what came since.

mod alert;
mod attest;
mod config;
mod contract;
mod decode;
mod governance;
mod memory;
mod once;
mod run;
mod server;
mod signers;
mod vigil;
mod watch;

pub use alert::{Courier, Destination, signature};
pub use config::Config;
pub use once::once;
pub use run::{Looked, Reconciler};
pub use vigil::{Looks, Vigil, VigilConfig};
pub use watch::watch;
