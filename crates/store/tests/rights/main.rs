//! What each role of the database may do, tried as that role on a real PostgreSQL.
//!
//! `matrix.txt` states every right of every role on every table, so that a new grant has to be stated there, too.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

mod causes;
mod excess;
mod leases;
mod matrix;
mod proposals;
mod stops;

use sqlx::{Connection, PgConnection};
use testkit::TestDatabase;

/// The roles of processes that write, and the one for people who look.
const ROLES: [&str; 8] = [
    "trellis_api",
    "trellis_listener",
    "trellis_poster",
    "trellis_reader",
    "trellis_reconciler",
    "trellis_scheduler",
    "trellis_settler",
    "trellis_signer",
];

/// What PostgreSQL answers to whoever lacks a right, also by a policy of rows.
const DENIED: &str = "42501";

async fn connect_as(database: &TestDatabase, role: &str) -> PgConnection {
    PgConnection::connect(&database.url_as(role)).await.unwrap()
}

/// Whether an error is PostgreSQL's refusal for want of a right.
fn is_denied(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<sqlx::Error>())
        .filter_map(sqlx::Error::as_database_error)
        .any(|error| error.code().as_deref() == Some(DENIED))
}
