//! The chain of a test: its clock, its blocks, and what becomes of them.

use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes};
use alloy::providers::Provider;
use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::World;

impl World {
    /// Moves the chain's clock, so that the next blocks are later by as much.
    pub async fn pass_time(&self, seconds: u64) -> anyhow::Result<()> {
        let _: Value = self
            .provider
            .raw_request("evm_increaseTime".into(), [seconds])
            .await?;
        let _: Value = self.provider.raw_request("evm_mine".into(), ()).await?;
        Ok(())
    }

    /// Replaces the newest `depth` blocks; transactions in `kept` are mined again, in these new blocks (by
    /// their place from the fork).
    ///
    /// # Errors
    /// When the node refuses, or makes the same blocks again.
    pub async fn reorganize(&self, depth: u64, kept: &[(Bytes, u64)]) -> anyhow::Result<()> {
        // Without another time the replacement could be the same blocks: the test would test nothing.
        let head = self.head().await?;
        let before = self.block_hash(head).await?;
        let pairs: Vec<Value> = kept.iter().map(|(raw, block)| json!([raw, block])).collect();
        let _: Value = self
            .provider
            .raw_request("anvil_reorg".into(), json!([depth, pairs]))
            .await?;
        ensure!(
            self.block_hash(head).await? != before,
            "the reorganization changed nothing"
        );
        Ok(())
    }

    /// Switches the making of blocks: one a second, which is the node's finest when it runs, or only on demand.
    pub async fn mine_by_itself(&self, by_itself: bool) -> anyhow::Result<()> {
        let _: Value = self
            .provider
            .raw_request("anvil_setIntervalMining".into(), [u64::from(by_itself)])
            .await
            .context("the node cannot switch its mining")?;
        Ok(())
    }

    /// Mines blocks at once.
    pub async fn mine(&self, blocks: u64) -> anyhow::Result<()> {
        let _: Value = self
            .provider
            .raw_request("anvil_mine".into(), [format!("{blocks:#x}")])
            .await?;
        Ok(())
    }

    /// The number of the newest block.
    pub async fn head(&self) -> anyhow::Result<u64> {
        Ok(self.provider.get_block_number().await?)
    }

    /// The hash of a block.
    pub async fn block_hash(&self, number: u64) -> anyhow::Result<B256> {
        let block = self.provider.get_block(BlockId::number(number)).await?;
        Ok(block.context("no such block")?.header.hash)
    }
}
