//! Forks: back to the last block that both branches have, or a full stop when that lies below finality.

use store::StoreError;
use store::chain_log;
use store::checkpoint::{self, Checkpoint, Reorganization};
use store::lease::{self, Lease};

use crate::error::{Halt, StepError};
use crate::step::Listener;
use crate::view::{Held, Step, View};

impl Listener {
    /// Takes back what the node's branch does not have.
    pub(crate) async fn rewind(&mut self, lease: Lease, held: &Held, view: &View) -> Result<Step, StepError> {
        let from = held.checkpoint;
        let mut to = from;
        for block in &held.blocks {
            let at_height = self.reader.find_header_at(block.number).await?;
            if at_height.is_some_and(|header| header.hash == block.hash) {
                (to.head_number, to.head_hash) = (block.number, block.hash);
                return self.take_back(lease, &from, &to, view).await;
            }
        }
        match self.reader.find_header_at(from.final_number).await? {
            None => Ok(Step::Stale),
            Some(header) if header.hash == from.final_hash => {
                (to.head_number, to.head_hash) = (from.final_number, from.final_hash);
                self.take_back(lease, &from, &to, view).await
            }
            Some(header) => {
                let fork = Reorganization {
                    fork_number: from.final_number,
                    old_head_number: from.head_number,
                    old_head_hash: from.head_hash,
                    new_head_hash: view.head.hash,
                    orphaned_logs: 0,
                    below_finality: true,
                };
                let mut transaction = self.pool.begin().await.map_err(StoreError::from)?;
                lease::check(&mut transaction, lease).await?;
                checkpoint::insert_reorganization(&mut transaction, &fork).await?;
                transaction.commit().await.map_err(StoreError::from)?;
                Err(Halt::FinalityViolated {
                    number: from.final_number,
                    ours: from.final_hash,
                    theirs: header.hash,
                }
                .into())
            }
        }
    }

    async fn take_back(
        &mut self,
        lease: Lease,
        from: &Checkpoint,
        to: &Checkpoint,
        view: &View,
    ) -> Result<Step, StepError> {
        if to == from {
            // The node was between two branches and is back on ours.
            return Ok(Step::Stale);
        }
        let mut transaction = self.pool.begin().await.map_err(StoreError::from)?;
        lease::check(&mut transaction, lease).await?;
        let orphaned_logs = chain_log::orphan_above(&mut transaction, to.head_number).await?;
        let fork = Reorganization {
            fork_number: to.head_number,
            old_head_number: from.head_number,
            old_head_hash: from.head_hash,
            new_head_hash: view.head.hash,
            orphaned_logs,
            below_finality: false,
        };
        checkpoint::insert_reorganization(&mut transaction, &fork).await?;
        checkpoint::update(&mut transaction, from, to).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.health.rewound();
        tracing::warn!(
            chain.fork = to.head_number,
            chain.old_head = from.head_number,
            chain.depth = from.head_number - to.head_number,
            chain.orphaned_logs = orphaned_logs,
            "the chain was reorganized above the final block"
        );
        Ok(Step::Rewound)
    }
}
