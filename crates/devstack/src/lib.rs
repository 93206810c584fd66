//! Finds and starts PostgreSQL, anvil and the services for development and tests.
//!
//! Everything started here is a child process on a free port of 127.0.0.1 that does not outlive its parent.
//! Not responsible for production: there, each service is configured and supervised by its operator.

pub mod agreement;
pub mod anvil;
pub mod artifact;
mod checkout;
mod child;
#[cfg(feature = "world")]
pub mod development;
pub mod endpoints;
pub mod guard;
#[cfg(feature = "world")]
mod kept_ports;
pub mod migrations;
mod ports;
pub mod postgres;
pub mod services;
mod tools;
mod unprivileged;
mod wallets;
#[cfg(feature = "world")]
pub mod world;

pub use checkout::{Checkout, FileLock};
pub use child::{Child, ChildSpec, ProcessId};
pub use ports::free_port;
pub use tools::{PostgresTools, Tools};
pub use unprivileged::Account;
pub use wallets::Wallet;
