//! All RPC of the system: blocks, logs and journal heads of one contract, read from one node, and transactions, sent to all.
//!
//! Nothing here decides what to believe over time: a [`ChainReader`] checks each answer against itself and tells
//! transport failures, oversized ranges, stale nodes and malformed answers apart; a [`Sender`] tells what every node said.
//! Whoever reads or sends tries again.

mod access;
mod answer;
mod asset;
mod block;
mod call_error;
mod custody;
mod deployment;
mod error;
mod fees;
mod foresee;
mod http;
mod log;
mod node;
mod nonce;
mod reader;
mod receipt;
mod revert;
mod send;
mod settlement;
mod signers;
mod simulate;
mod wallet;
mod witnesses;

pub use abi::governance::Permission;
pub use access::{SLOTS_FROM, account_slot, batch_access_list};
pub use answer::{Answer, Outcome};
pub use asset::TokenState;
pub use block::{BlockHeader, BlockRef};
pub use call_error::CallError;
pub use custody::{Constructed, Totals};
pub use error::ChainError;
pub use fees::Fees;
pub use foresee::ForeseenPayouts;
pub use log::ContractLog;
pub use node::At;
pub use reader::{ChainReader, LogRange};
pub use receipt::Receipt;
pub use revert::Revert;
pub use send::Sender;
pub use settlement::{AccountState, Available, BatchState, DepositState, Liabilities, PublishedRoot};
pub use simulate::Call;
pub use witnesses::{Testimony, Witnesses};
