//! All RPC of the system: blocks, logs and journal heads of one contract, read from one node.
//!
//! Nothing here decides what to believe over time: a [`ChainReader`] checks each answer against itself and tells
//! transport failures, oversized ranges, stale nodes and malformed answers apart. Whoever reads retries.

mod block;
mod error;
mod http;
mod log;
mod node;
mod reader;

pub use block::{BlockHeader, BlockRef};
pub use error::ChainError;
pub use log::ContractLog;
pub use node::At;
pub use reader::{ChainReader, LogRange};
