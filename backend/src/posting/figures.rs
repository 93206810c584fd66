//! The figures of the disclosure, computed beside posting without blocking it.
//!
//! They are counted on a connection of their own. After each count the task rests in proportion to the time that it took, so
//! that posting keeps the machine, and at most an hour. Only the process that holds the lease for posting does this; if two
//! did, one of them would fail and nothing would be counted twice.

use std::time::{Duration, Instant};

use service::ErrorChain;
use sqlx::PgConnection;
use store::{Deadlines, StoreError, figures};

use super::writer;

/// Seconds of pause after a count that took one second.
const RESTS_PER_COUNT: u32 = 25;
/// The least time between two counts: what is shown may be so old.
const REST_MIN: Duration = Duration::from_millis(250);
/// The most.
const REST_MAX: Duration = Duration::from_secs(3_600);
/// After an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Counts what is posted, forever.
pub(super) async fn keep(database_url: String) {
    let mut connection = None;
    loop {
        let begun = Instant::now();
        let rest = match count(&database_url, &mut connection).await {
            Ok(()) => {
                let took = begun.elapsed();
                metrics::histogram!("trellis_figures_seconds").record(took);
                (took * RESTS_PER_COUNT).clamp(REST_MIN, REST_MAX)
            }
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "cannot compute the figures of the disclosure");
                connection = None;
                REST_AFTER_ERROR
            }
        };
        tokio::time::sleep(rest).await;
    }
}

async fn count(database_url: &str, kept: &mut Option<PgConnection>) -> Result<(), StoreError> {
    let connection = match kept {
        Some(connection) => connection,
        // The first count of a large ledger is one statement of a minute or more.
        None => kept.insert(writer::connect_within(database_url, Deadlines::OFFLINE).await?),
    };
    figures::refresh(connection).await?;
    Ok(())
}
