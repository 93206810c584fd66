//! The ledger's balances beside the contract's.

use alloy_primitives::B256;
use chain::{At, Available, BlockHeader, PublishedRoot, Totals};
use store::StoreError;
use store::api::treasury::{self, KindTotal, LastBatch};

use super::App;
use super::access::{Looking, Operator};
use super::head::{self, HeadError};

/// Both sides.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The last posting batch; `None` before the first.
    pub posted: Option<LastBatch>,
    /// The ledger's accounts by kind.
    pub totals: Vec<KindTotal>,
    /// The contract at the head; `None` when no node responds.
    pub chain: Option<OnChain>,
}

/// The contract at one block.
#[derive(Debug, Clone)]
pub struct OnChain {
    /// The block.
    pub head: BlockHeader,
    /// What the contract holds, in base units.
    pub balance: u128,
    /// Its own sums.
    pub totals: Totals,
    /// What may leave.
    pub available: Available,
    /// The newest published root.
    pub root: Option<PublishedRoot>,
}

/// Reads both sides. The chain's is of its head, so it may be ahead of the ledger's.
pub async fn summary(app: &App, _: &Operator<Looking>) -> Result<Summary, StoreError> {
    let chain = match on_chain(app).await {
        Ok(chain) => Some(chain),
        Err(error) => {
            tracing::warn!(error = %service::ErrorChain(&error), "showing the treasury without chain data");
            None
        }
    };
    let mut connection = app.connection().await?;
    Ok(Summary {
        posted: treasury::find_last_batch(&mut connection).await?,
        totals: treasury::list_totals(&mut connection).await?,
        chain,
    })
}

async fn on_chain(app: &App) -> Result<OnChain, HeadError> {
    let reader = head::reader(app)?;
    let head = reader.head().await?;
    let block: B256 = head.hash;
    Ok(OnChain {
        balance: reader.balance_at(block).await?.saturating_to(),
        totals: reader.totals(At::Block(block)).await?,
        available: reader.available(At::Block(block)).await?,
        root: reader.latest_root(At::Block(block)).await?,
        head,
    })
}
