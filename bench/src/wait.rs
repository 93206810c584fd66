//! Waiting for something that other processes do.

use std::time::{Duration, Instant};

use anyhow::ensure;

/// How long a benchmark waits, and how often it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) within: Duration,
    pub(crate) every: Duration,
}

impl Patience {
    pub(crate) async fn until<T>(
        self,
        what: &str,
        mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            ensure!(begun.elapsed() < self.within, "waited in vain for {what}");
            tokio::time::sleep(self.every).await;
        }
    }
}
