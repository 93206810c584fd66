//! The reconciler's health, last result and metrics over HTTP.

use std::time::Duration;

pub(crate) use service::health::{Pulse, serve};

/// A reconciler that did not look for so long does not work: an observation of everything of a large ledger takes two minutes.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(150);
