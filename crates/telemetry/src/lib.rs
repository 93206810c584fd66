//! What every process of the system needs around its work: logs, metrics, the chain of an error, a strict
//! reader of environment variables, the TLS provider, and fault points for tests.
//!
//! Not responsible for what is logged or measured, nor for serving the metrics over HTTP: a service renders
//! [`metrics::install`]'s handle in a route of its own.

mod chain;
pub mod env;
mod fault;
pub mod logs;
pub mod metrics;
mod ready;
mod tls;

pub use chain::ErrorChain;
pub use env::{Env, EnvError};
pub use fault::{FAULT_VARIABLE, fault_point};
pub use logs::init;
pub use ready::{READY_FILE_VARIABLE, announce_ready};
pub use tls::install_tls;
