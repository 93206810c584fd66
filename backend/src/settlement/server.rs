//! The worker's health, readiness and metrics over HTTP.

use std::time::Duration;

pub(super) use service::health::{Pulse, Role, serve};

/// A worker that did not begin a step for so long does not work: the longest wait of a step is for signers.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(60);
