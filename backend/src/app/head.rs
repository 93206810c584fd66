//! What the chain's head says: its time, and what may leave the contract.

use chain::{At, Available, BlockHeader, ChainError, ChainReader};
use thiserror::Error;

use super::App;

/// Why nothing is known about the head.
#[derive(Debug, Error)]
pub enum HeadError {
    /// No node is configured.
    #[error("no node is configured")]
    NoNode,
    /// The node does not answer as it should.
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
///
/// # Errors
/// [`HeadError`].
pub async fn head(app: &App) -> Result<BlockHeader, HeadError> {
    Ok(reader(app)?.head().await?)
}

/// The newest block, and what may leave the contract at its end.
///
/// # Errors
/// [`HeadError`].
pub async fn limits(app: &App) -> Result<(BlockHeader, Available), HeadError> {
    let reader = reader(app)?;
    let head = reader.head().await?;
    let available = reader.available(At::Block(head.hash)).await?;
    Ok((head, available))
}
