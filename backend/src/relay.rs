//! Exits without gas: messages that users sign for others to send, and the lane of the settlement process that sends them.
//!
//! The relayer is an account of its own. It pays gas and can do nothing else: recipient, amount and deadline are what the user
//! signed, and the contract takes each message for what it says or not at all. Not responsible for taking messages in (`app`).

mod account;
mod config;
mod lane;
mod network;
pub mod order;
mod refusal;

pub use account::{Relayer, RelayerError};
pub use config::RelayerConfig;
pub(crate) use lane::{Task, keep};
pub use refusal::{code, is_passing};
