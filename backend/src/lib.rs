//! The backend: the API server and, in other processes of the same program, the workers.
//!
//! `http` speaks HTTP and nothing else, `app` has one file per use case, `login` reads what wallets sign.
//! Not responsible for rules (`plan`), SQL (`store`), RPC (`chain`) or keys (the signer).

pub mod agreement;
pub mod app;
pub mod config;
pub mod http;
pub mod lease_guard;
pub mod login;
pub mod posting;
pub mod relay;
pub mod restore;
pub mod schedule;
pub mod serve;
pub mod settle;
pub mod settlement;
mod succession;
pub mod way;
pub mod work;
