//! Seals batches whose money is held: fixes list and manifest for the second operator to review.

use std::collections::HashMap;
use std::time::Duration;

use alloy::primitives::B256;
use money::Amount;
use plan::BatchEnd;
use service::fault_point;
use settlement::batch::{SealError, SealedPayout, seal};
use settlement::manifest::{CoverError, CoveredPayout, Manifest, Maturity, cover};
use store::sealing::{self, HeldLine, Matured, Seal};
use store::settlement_batch;
use thiserror::Error;

use super::worker::{StepError, Worker};

/// Batches sealed by one step: all rewards of their users are held in memory.
const BATCHES_AT_ONCE: usize = 40;

/// Before a batch that cannot be sealed is looked at again: books do not change by themselves.
const PAUSE: Duration = Duration::from_secs(10);

/// Why a batch cannot be sealed. Operators can only cancel it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum Unsealable {
    /// Its lines are no list that the contract takes.
    #[error(transparent)]
    List(#[from] SealError),
    /// The rewards do not explain its lines.
    #[error(transparent)]
    Cover(#[from] CoverError),
}

impl Unsealable {
    fn code(self) -> &'static str {
        match self {
            Self::List(error) => error.code(),
            Self::Cover(_) => "not_covered",
        }
    }
}

impl Worker {
    /// Seals what waits for it.
    pub(super) async fn seal(&mut self) -> Result<bool, StepError> {
        let reader = self.hold.reader();
        let mut held = sealing::list_held(reader, BATCHES_AT_ONCE).await?;
        held.retain(|batch| !self.memory.waits(batch.as_slice()));
        if held.is_empty() {
            return Ok(false);
        }
        // Facts behind this one are not looked at, also when they are posted meanwhile.
        let through_fact = sealing::find_last_fact(reader).await?;
        let lines = sealing::list_lines(reader, &held).await?;
        let mut matured: HashMap<i32, Vec<Maturity>> = HashMap::new();
        let users: Vec<i32> = lines.iter().map(|line| line.user).collect();
        for row in sealing::list_matured(reader, &users).await? {
            if row.fact_seq <= through_fact {
                matured.entry(row.user).or_default().push(maturity(&row));
            }
        }
        let mut moved = false;
        for batch in held {
            let of_batch: Vec<HeldLine> = lines.iter().filter(|line| line.batch == batch).copied().collect();
            match manifest_of(batch, self.plan_hash, through_fact, &of_batch, &matured) {
                Ok(manifest) => moved |= self.store_seal(&manifest).await?,
                Err(Unsealable::List(SealError::Empty)) => moved |= self.release_empty(batch).await?,
                Err(error) => {
                    self.note_waiting("batch", batch.as_slice(), error.code(), &error.to_string())
                        .await?;
                    self.memory.wait(batch.as_slice(), PAUSE);
                }
            }
        }
        Ok(moved)
    }

    async fn store_seal(&mut self, manifest: &Manifest) -> Result<bool, StepError> {
        let payouts = manifest.payouts.iter().map(|covered| covered.payout).collect();
        let Ok(sealed) = seal(payouts) else {
            return Ok(false);
        };
        let text = manifest.to_string();
        let mut transaction = self.hold.begin().await?;
        let stored = sealing::update_sealed(
            &mut transaction,
            &Seal {
                batch: manifest.batch_id,
                list_hash: sealed.list_hash,
                manifest: &text,
                manifest_hash: manifest.hash(),
                total: sealed.max_total,
                count: sealed.payouts.len(),
            },
        )
        .await?;
        fault_point("settlement.before_seal");
        transaction.commit().await?;
        fault_point("settlement.after_seal");
        if stored {
            metrics::counter!("trellis_settlement_sealed_total").increment(1);
            tracing::info!(
                batch.id = %manifest.batch_id,
                batch.payouts = sealed.payouts.len(),
                batch.total = %sealed.max_total,
                "sealed"
            );
        }
        Ok(stored)
    }

    /// Claims took everything that the batch held back: it ends before anyone could sign it.
    async fn release_empty(&mut self, batch: B256) -> Result<bool, StepError> {
        let time = self.memory.look.as_ref().map_or(0, |look| look.head.timestamp);
        let mut transaction = self.hold.begin().await?;
        let released =
            settlement_batch::insert_release(&mut transaction, batch, BatchEnd::Cancelled, time).await?;
        transaction.commit().await?;
        self.memory.wait(batch.as_slice(), PAUSE);
        Ok(released)
    }
}

fn maturity(row: &Matured) -> Maturity {
    Maturity {
        fact_seq: row.fact_seq,
        leg: row.leg,
        amount: row.amount,
    }
}

fn manifest_of(
    batch_id: B256,
    plan_hash: B256,
    through_fact: u64,
    lines: &[HeldLine],
    matured: &HashMap<i32, Vec<Maturity>>,
) -> Result<Manifest, Unsealable> {
    let users: HashMap<_, _> = lines.iter().map(|line| (line.wallet, line.user)).collect();
    let payouts = lines.iter().map(|line| SealedPayout {
        wallet: line.wallet,
        amount: line.held,
        target: line.target,
    });
    let sealed = seal(payouts.collect())?;
    let covered = sealed.payouts.iter().map(|payout| {
        let rewards = users.get(&payout.wallet).and_then(|user| matured.get(user));
        let paid = payout.target.checked_sub(payout.amount).unwrap_or(Amount::ZERO);
        let rewards = cover(rewards.into_iter().flatten().copied(), paid, payout.target)?;
        Ok(CoveredPayout {
            payout: *payout,
            rewards,
        })
    });
    Ok(Manifest {
        batch_id,
        plan_hash,
        through_fact,
        payouts: covered.collect::<Result<_, CoverError>>()?,
    })
}
