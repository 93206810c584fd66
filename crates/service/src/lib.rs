//! What every process of the system needs around its work: configuration from the environment, the wait for what it cannot
//! begin without, logs, metrics, health, the HTTP server with its limits, who a client is and how often it may ask, TLS, the end by signals, files that are read within limits,
//! answers on standard output, the chain of an error, and fault points for tests.
//!
//! Not responsible for what is logged, measured or served.

mod backoff;
mod chain;
pub mod client;
pub mod env;
mod fault;
pub mod headers;
pub mod health;
pub mod input;
pub mod limiter;
pub mod logs;
pub mod metrics;
pub mod output;
pub mod problem;
mod reach;
mod ready;
mod redact;
pub mod request_id;
pub mod server;
pub mod shutdown;
pub mod tls;
pub mod trace;
pub mod transport;

pub use abi::development::is_local_chain;
pub use backoff::Backoff;
pub use chain::ErrorChain;
pub use env::{Env, EnvError};
pub use fault::{FAULT_VARIABLE, fault_point};
pub use logs::init;
pub use reach::reach;
pub use ready::{READY_FILE_VARIABLE, announce_ready};
pub use tls::install_tls;
