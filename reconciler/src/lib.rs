//! The reconciler: reads books, events and contract at one block, runs the pure checks of `audit::checks`, stores and
//! reports their findings. A severe finding stops settlement; it never repairs anything.
//!
//! [`Reconciler::run`] is one look; `watch` repeats it. A look reads what is new, and keeps the books in memory; beside that
//! everything is re-read and recounted slice by slice, one slice in each look.

mod alert;
mod attest;
mod carried;
mod checking;
mod config;
mod contract;
mod decode;
mod fold;
mod governance;
mod memory;
mod mirror;
mod once;
mod run;
mod run_report;
mod signers;
mod vigil;
mod watch;

pub use alert::{Courier, Destination, signature};
pub use config::Config;
pub use once::once;
pub use run::Reconciler;
pub use run_report::RunReport;
pub use vigil::{Looks, Vigil, VigilConfig};
pub use watch::watch;
