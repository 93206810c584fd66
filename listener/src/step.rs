//! One step: compares the listener's state with the node's and decides what to do.

use std::time::Duration;

use abi::Journal;
use chain::{At, BlockHeader, BlockRef, ChainReader, Witnesses};
use store::chain_log::{self, StoredBlock};
use store::checkpoint::{self, Checkpoint};
use store::deployment::Deployment;
use store::lease::{Lease, LeaseError, LeaseName};
use store::{LeaseKeeper, PgPool, StoreError};

use crate::error::{Halt, StepError};
use crate::health::Health;
use crate::range::RangeSize;
use crate::record;
use crate::view::{Held, Step, View};

/// How long the lease lasts without renewal. It decides only how soon another instance takes over: fencing is by epoch.
const LEASE_TTL: Duration = Duration::from_secs(2);

/// Finality that is further ahead than this is caught up with by ranges, below it block by block.
const FOLLOW_GAP_MAX: u64 = 64;

/// Polls of an endpoint that stays behind before the next one is used: about two seconds.
const STALE_LOOKS_MAX: u32 = 20;

/// The listener of one ledger. A step reads from one endpoint; what becomes final, enough of them must agree on.
#[derive(Debug)]
pub struct Listener {
    pub(crate) pool: PgPool,
    pub(crate) reader: ChainReader,
    /// Every endpoint, in the order in which they are turned to.
    readers: Vec<ChainReader>,
    witnesses: Witnesses,
    stale_looks: u32,
    pub(crate) deployment: Deployment,
    pub(crate) range: RangeSize,
    pub(crate) health: Health,
    lease: LeaseKeeper,
}

impl Listener {
    /// A listener for the ledger that the database is bound to; a block counts as final when this many of the endpoints agree.
    /// `holder` names this instance for people.
    ///
    /// # Errors
    /// [`Halt::WrongChain`] when an endpoint is of another chain, [`Halt::TokenForm`] when the contract holds a token; what
    /// cannot be read at any endpoint.
    pub async fn of(
        pool: PgPool,
        mut readers: Vec<ChainReader>,
        needed: usize,
        deployment: Deployment,
        holder: String,
    ) -> Result<Self, StepError> {
        // The first that answers is read from first; one that is down may come back.
        let mut failure = None;
        let mut found = None;
        for (index, reader) in readers.iter().enumerate() {
            match examine(reader, &deployment).await {
                Ok(()) => found = found.or(Some(index)),
                Err(error @ StepError::Halt(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(chain.node = reader.name(), error = %service::ErrorChain(&error), "an endpoint does not respond");
                    failure = Some(error);
                }
            }
        }
        let Some(found) = found else {
            let nobody = || StepError::Contradiction("there is no endpoint".to_owned());
            return Err(failure.unwrap_or_else(nobody));
        };
        readers.rotate_left(found);
        Ok(Self {
            pool,
            reader: readers[0].clone(),
            witnesses: Witnesses::new(readers.clone(), needed),
            readers,
            stale_looks: 0,
            deployment,
            range: RangeSize::default(),
            health: Health::default(),
            lease: LeaseKeeper::new(LeaseName::Listener, holder, LEASE_TTL),
        })
    }

    /// Looks at the node once and records at most one transaction.
    ///
    /// # Errors
    /// [`StepError`]; after any but [`StepError::Halt`], the next step tries again from what is recorded.
    pub async fn step(&mut self) -> Result<Step, StepError> {
        let Some(lease) = self.hold_lease().await? else {
            return Ok(Step::Standby);
        };
        let result = self.step_as(lease).await;
        if let Err(StepError::Lease(LeaseError::Lost { .. })) = &result {
            self.lease.lose();
        }
        self.judge(&result);
        result
    }

    /// Turns to the next endpoint when this one failed, or is behind for too long.
    fn judge(&mut self, result: &Result<Step, StepError>) {
        let has_failed = match result {
            Ok(Step::Stale) => {
                self.stale_looks = self.stale_looks.saturating_add(1);
                self.stale_looks >= STALE_LOOKS_MAX
            }
            Ok(Step::Standby | Step::Idle | Step::Advanced | Step::Rewound) => {
                self.stale_looks = 0;
                false
            }
            Err(error) => error.is_of_the_endpoint(),
        };
        if has_failed && self.readers.len() > 1 {
            self.stale_looks = 0;
            self.readers.rotate_left(1);
            self.reader = self.readers[0].clone();
            metrics::counter!("trellis_listener_endpoint_turns_total").increment(1);
            tracing::info!(chain.node = self.reader.name(), "switched to another endpoint");
        }
    }

    /// Makes sure that enough endpoints have this final block with this journal.
    pub(crate) async fn agreed(&self, end: &StoredBlock) -> Result<(), StepError> {
        let needed = self.witnesses.needed();
        if needed < 2 {
            return Ok(());
        }
        let block = BlockRef {
            number: end.number,
            hash: end.hash,
        };
        let journal = Journal {
            seq: end.seq_end,
            root: end.root_end,
        };
        let testimony = self.witnesses.testify(block, journal).await;
        if testimony.agree.len() >= needed {
            return Ok(());
        }
        metrics::counter!("trellis_listener_disagreements_total").increment(1);
        Err(StepError::NotAgreed {
            block: end.number,
            needed,
            testimony,
        })
    }

    /// The newest block that enough endpoints call final, as far as this one is.
    async fn finalized(&self, held: &Checkpoint) -> Result<Option<BlockHeader>, StepError> {
        let finalized = self.reader.finalized().await?;
        if self.witnesses.needed() < 2 || finalized.number <= held.final_number {
            return Ok(Some(finalized));
        }
        match self.witnesses.final_height().await {
            // Too few answer: what is final already stays so.
            None => Ok(self.reader.find_header_at(held.final_number).await?),
            Some(height) if height < finalized.number => {
                let height = height.max(held.final_number);
                Ok(self.reader.find_header_at(height).await?)
            }
            Some(_) => Ok(Some(finalized)),
        }
    }

    /// Lets another instance take over at once.
    pub async fn release(&mut self) -> Result<(), StepError> {
        if self.lease.is_holding() {
            let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
            self.lease.release(&mut connection).await?;
        }
        Ok(())
    }

    async fn step_as(&mut self, lease: Lease) -> Result<Step, StepError> {
        let Some(held) = self.held().await? else {
            return self.begin(lease).await;
        };
        // In this order: a head that is read later is not below finality.
        let Some(finalized) = self.finalized(&held.checkpoint).await? else {
            return Ok(Step::Stale);
        };
        let head = self.reader.head().await?;
        let view = View { head, finalized };
        let Checkpoint {
            final_number,
            final_hash,
            ..
        } = held.checkpoint;
        self.health.observe(&view);
        if view.head.number < final_number
            || view.finalized.number < final_number
            || view.head.number < view.finalized.number
        {
            return Ok(Step::Stale);
        }
        if view.finalized.number == final_number && view.finalized.hash != final_hash {
            return self.rewind(lease, &held, &view).await;
        }
        if view.finalized.number > held.top().number.saturating_add(FOLLOW_GAP_MAX) {
            self.backfill(lease, &held, &view).await
        } else {
            self.follow(lease, &held, &view).await
        }
    }

    /// The lease, claimed or kept; `None` when another instance has it.
    pub(crate) async fn hold_lease(&mut self) -> Result<Option<Lease>, StepError> {
        if let Some(lease) = self.lease.fresh() {
            return Ok(Some(lease));
        }
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        Ok(self.lease.hold(&mut connection).await?)
    }

    async fn held(&self) -> Result<Option<Held>, StepError> {
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let Some(checkpoint) = checkpoint::find(&mut connection).await? else {
            return Ok(None);
        };
        let blocks = chain_log::list_canonical_above(&mut connection, checkpoint.final_number).await?;
        let held = Held { checkpoint, blocks };
        if held.is_whole() {
            return Ok(Some(held));
        }
        // Two reads of two moments: another instance recorded between them, or the database was tampered with.
        Err(StepError::Contradiction(
            "the newest stored block differs from the checkpoint".to_owned(),
        ))
    }

    /// Writes the first checkpoint, just below the contract's first block, as soon as that block is final.
    async fn begin(&mut self, lease: Lease) -> Result<Step, StepError> {
        let Deployment {
            contract_block,
            contract_block_hash,
            ..
        } = self.deployment;
        if self.reader.finalized().await?.number < contract_block {
            return Ok(Step::Stale);
        }
        let Some(first) = self.reader.find_header_at(contract_block).await? else {
            return Ok(Step::Stale);
        };
        if first.hash != contract_block_hash {
            return Err(Halt::WrongChain(format!(
                "block {contract_block} is {}, the contract was deployed in {contract_block_hash}",
                first.hash
            ))
            .into());
        }
        let Some(below) = self.reader.find_header(first.parent_hash).await? else {
            return Ok(Step::Stale);
        };
        record::begin(&self.pool, lease, &below).await?;
        tracing::info!(chain.block = below.number, "the listener begins after this block");
        Ok(Step::Advanced)
    }
}

/// Whether an endpoint is of this ledger's chain, and the contract of the form that is followed.
async fn examine(reader: &ChainReader, deployment: &Deployment) -> Result<(), StepError> {
    let chain_id = reader.chain_id().await?;
    if chain_id != deployment.chain_id {
        let expected = deployment.chain_id;
        return Err(Halt::WrongChain(format!("chain {chain_id} instead of {expected}")).into());
    }
    if let Some(token) = reader.held_token(At::Latest).await? {
        return Err(Halt::TokenForm { token }.into());
    }
    Ok(())
}
