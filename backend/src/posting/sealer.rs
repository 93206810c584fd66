//! Seals the audit log into its hash chain, beside posting and on a connection of its own.
//!
//! Only the process that holds the lease for posting does this; if two did, one of them would fail and no row would be sealed
//! twice. Not responsible for whether the chain is intact: the reconciler looks (R24).

use std::time::Duration;

use service::ErrorChain;
use sqlx::PgConnection;
use store::audit_seal::{self, ROWS_AT_ONCE, SealError};
use store::within;

use super::writer;

/// Between two looks when everything is sealed.
const REST: Duration = Duration::from_millis(500);
/// After an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Seals what is settled, forever.
pub(super) async fn keep(database_url: String, deadline: Duration) {
    let mut connection = None;
    loop {
        let rest = match seal(&database_url, deadline, &mut connection).await {
            Ok(sealed) if is_full(sealed) => Duration::ZERO,
            Ok(_) => REST,
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "cannot seal the audit log");
                connection = None;
                REST_AFTER_ERROR
            }
        };
        tokio::time::sleep(rest).await;
    }
}

fn is_full(sealed: usize) -> bool {
    i64::try_from(sealed).is_ok_and(|sealed| sealed >= ROWS_AT_ONCE)
}

async fn seal(
    database_url: &str,
    deadline: Duration,
    kept: &mut Option<PgConnection>,
) -> Result<usize, SealError> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(writer::connect(database_url).await?),
    };
    let sealed = within(deadline, audit_seal::seal_next(connection)).await?;
    if sealed > 0 {
        let sealed = u64::try_from(sealed).unwrap_or(u64::MAX);
        metrics::counter!("trellis_audit_sealed_total").increment(sealed);
    }
    Ok(sealed)
}
