//! The time by the chain's head, read by the signer itself: no caller and no machine's clock moves a deadline.

use std::time::{Duration, Instant};

use chain::{ChainError, ChainReader};
use tokio::sync::Mutex;

/// How long one reading serves. Deadlines are at least half a minute away; a second makes no difference to them, and
/// keeps a burst of requests from becoming a burst of calls.
const SERVES: Duration = Duration::from_secs(1);

/// The chain's clock.
#[derive(Debug)]
pub(crate) struct HeadClock {
    reader: ChainReader,
    last: Mutex<Option<(Instant, u64)>>,
}

impl HeadClock {
    pub(crate) fn new(reader: ChainReader) -> Self {
        Self {
            reader,
            last: Mutex::new(None),
        }
    }

    /// The head's timestamp, at most a second old. Never called while a database transaction is open.
    pub(crate) async fn timestamp(&self) -> Result<u64, ChainError> {
        // Held during the call: those who come meanwhile take its answer instead of asking, too.
        let mut last = self.last.lock().await;
        if let Some((read_at, timestamp)) = *last
            && read_at.elapsed() < SERVES
        {
            return Ok(timestamp);
        }
        self.read_into(&mut last).await
    }

    /// The head's timestamp, read now. Never called while a database transaction is open.
    pub(crate) async fn read(&self) -> Result<u64, ChainError> {
        let mut last = self.last.lock().await;
        self.read_into(&mut last).await
    }

    async fn read_into(&self, last: &mut Option<(Instant, u64)>) -> Result<u64, ChainError> {
        let read_at = Instant::now();
        let timestamp = self.reader.head_timestamp().await?;
        *last = Some((read_at, timestamp));
        Ok(timestamp)
    }
}
