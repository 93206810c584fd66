//! All SQL of the ledger database and its migrations.
//!
//! One file for each table or for each use of several. Functions take a connection for one statement and a
//! transaction for several; they decide nothing that the pure crates decide.
//!
//! Every function fails when the database does not respond, or holds a value that no program of ours writes ([`StoreError`]).
//! Only what can go wrong besides is said under `# Errors`.

pub mod alert;
pub mod amount;
mod announcement;
pub mod api;
pub mod approval;
pub mod attestation;
pub mod audit_log;
pub mod audit_seal;
pub mod authorization;
pub mod cause_json;
pub mod chain_log;
pub mod checkpoint;
mod column;
pub mod deadline;
pub mod deployment;
pub mod disclosure;
pub mod error;
pub mod figures;
pub mod inbox;
pub mod journal;
pub mod lease;
mod lease_keeper;
pub mod liabilities;
pub mod liabilities_build;
mod listed;
pub mod operator;
pub mod payout_batch;
pub mod pool;
pub mod posting;
pub mod posting_snapshot;
pub mod proposal;
pub mod quarantine;
pub mod reconciliation;
pub mod relay;
pub mod relay_attempt;
pub mod replay;
pub mod replay_request;
pub mod restore;
pub mod rights;
pub mod schedule;
pub mod schema;
pub mod sealing;
pub mod session;
pub mod settlement_batch;
pub mod settlement_root;
pub mod settlement_sender;
pub mod sign_request;
pub mod snapshot;
pub mod stop;
pub mod submission;
pub mod user;
pub mod withdrawal;

pub use amount::DbAmount;
pub use deadline::{Deadlines, outage, within};
pub use error::{Outage, StoreError};
pub use lease_keeper::LeaseKeeper;
pub use listed::Listed;
pub use pool::{Connections, connect, connect_as, connect_lazily};
pub use schema::migrate;
/// The connections that a process holds; others need no driver of their own.
pub use sqlx::{PgConnection, PgPool, PgTransaction};
