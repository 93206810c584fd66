//! The listener: follows one contract's chain and records what is final; it makes no decisions.
//!
//! [`Listener::step`] is one look at the node, followed by at most one transaction: newer blocks with their logs
//! (`follow`, `backfill`), or a rewind from a fork above finality (`rewind`). Blocks that became final turn their journal
//! entries into causes in the inbox, in the same transaction (`record`). What the node answers is believed only when the
//! contract's own journal proves that no log is missing (`span`).

mod backfill;
mod config;
mod error;
mod follow;
mod health;
mod range;
mod record;
pub mod replay;
mod rewind;
mod run;
mod span;
mod step;
mod view;

pub use config::{Config, ConfigError};
pub use error::{Halt, StepError};
pub use run::{RunError, run};
pub use step::Listener;
pub use view::Step;
