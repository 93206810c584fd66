//! Reconnects a worker whose connection failed.

use std::time::Duration;

use sqlx::PgConnection;
use store::{Backoff, StoreError};
use tokio_util::sync::CancellationToken;

/// Connects again and again until it works; `None` when the process is to end. `waits` is told each failure, and returns those that
/// are not for the moment.
///
/// # Errors
/// What `waits` returns.
pub(crate) async fn reconnect<E: From<StoreError>, C: Future<Output = Result<PgConnection, StoreError>>>(
    mut error: E,
    backoff: &mut Backoff,
    stop: &CancellationToken,
    mut waits: impl FnMut(E, Duration) -> Result<(), E>,
    connect: impl Fn() -> C,
) -> Result<Option<PgConnection>, E> {
    loop {
        let wait = backoff.after_failure();
        waits(error, wait)?;
        let _ = tokio::time::timeout(wait, stop.cancelled()).await;
        if stop.is_cancelled() {
            return Ok(None);
        }
        match connect().await {
            Ok(connection) => return Ok(Some(connection)),
            Err(again) => error = again.into(),
        }
    }
}
