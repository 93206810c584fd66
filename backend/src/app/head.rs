//! The chain's head: its time, and the amount that may leave the contract.

use std::time::{Duration, Instant};

use chain::{At, Available, BlockHeader, ChainError, ChainReader};
use thiserror::Error;

use super::App;

/// How often the head is looked at before nothing is known about it.
const READS: u32 = 3;
/// Time for a node to finish what it is at.
const BETWEEN_READS: Duration = Duration::from_millis(50);
/// A node that took longer to fail is not asked again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why nothing is known about the head.
#[derive(Debug, Error)]
pub enum HeadError {
    /// No node is configured.
    #[error("no node is configured")]
    NoNode,
    /// The node does not respond as it should.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// The chain.
///
/// # Errors
/// [`HeadError::NoNode`].
pub fn reader(app: &App) -> Result<&ChainReader, HeadError> {
    app.chain.as_ref().ok_or(HeadError::NoNode)
}

/// The newest block.
pub async fn head(app: &App) -> Result<BlockHeader, HeadError> {
    Ok(reader(app)?.head().await?)
}

/// What bounds a batch, at the end of one block.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The block.
    pub head: BlockHeader,
    /// What may leave the contract.
    pub available: Available,
    /// Everything that batches sent or credited, in base units: what is in it is not in `available` any more.
    pub pushed: u128,
}

/// What bounds a batch at the end of the newest block.
pub async fn bounds(app: &App) -> Result<Bounds, HeadError> {
    at_head(app, async |reader, head| {
        let at = At::Block(head.hash);
        Ok(Bounds {
            head: head.clone(),
            available: reader.available(at).await?,
            pushed: reader.totals(at).await?.pushed,
        })
    })
    .await
}

/// What is read at the end of the newest block. Behind one URL several nodes may serve, of which one has the block and the
/// next has not; and a development node that is about to mine answers from a state that it dates wrongly. So a failure is
/// looked at again with the block that is the newest then.
///
/// # Errors
/// [`HeadError`], the last one.
pub async fn at_head<T>(
    app: &App,
    read: impl AsyncFn(&ChainReader, &BlockHeader) -> Result<T, ChainError>,
) -> Result<T, HeadError> {
    let reader = reader(app)?;
    let begun = Instant::now();
    let mut failures = 0;
    loop {
        let failed = match reader.head().await {
            Ok(head) => match read(reader, &head).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            },
            Err(error) => error,
        };
        failures += 1;
        if failures == READS || begun.elapsed() > PATIENCE {
            return Err(failed.into());
        }
        tracing::debug!(error = %service::ErrorChain(&failed), "following a newer head");
        tokio::time::sleep(BETWEEN_READS).await;
    }
}
