//! A misbehaving node: a JSON-RPC proxy in front of a real one, with scripted or seeded faults.
//!
//! Each replica has a URL of its own and may see an older chain than the others, or another one. Raw transactions are
//! held to geth's rules for replacement, which the development node does not have. Everything that was asked is recorded.
//!
//! A tool for tests and trials: not responsible for serving anyone in earnest.

mod chance;
mod exchange;
mod fault;
mod pool;
mod replica;
mod script;
mod server;
mod sim;
mod upstream;
mod view;

pub use chance::Rates;
pub use exchange::Exchange;
pub use fault::{Alteration, Fault};
pub use pool::PRICE_BUMP_PERCENT;
pub use sim::{Replica, RpcSim, Spec};
pub use view::View;
