//! What tests on real parts need: a database per test, and waiting for a
//! condition instead of sleeping.
//!
//! Not responsible for starting services; that is `devstack`.

mod database;
mod failover;
mod proxy;
mod server;
mod template;
mod wait;

pub use database::TestDatabase;
pub use devstack::Wallet;
pub use failover::Replica;
pub use proxy::Proxy;
pub use server::{Server, server, stop_server};
pub use template::{Migrations, Template};
pub use wait::wait_for;
