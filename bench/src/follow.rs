//! From a mined block to posted facts, at blocks of 0.45 s, through the real listener and worker.
//!
//! The chain's own finality (four blocks) is most of it; it is measured beside, as the baseline.

use std::time::{Duration, Instant};

use abi::ICustody;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anvil_tests::{World, bnb};
use anyhow::{Context, ensure};

use crate::measurement::Measurement;
use crate::wait::Patience;

/// Payments followed, one at a time.
const SAMPLES: u64 = 100;
/// Longer than any payment may take.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(30),
    every: Duration::from_millis(4),
};

pub(crate) async fn run() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut totals = Vec::new();
    let mut finalities = Vec::new();
    for sample in 0..SAMPLES {
        let person = world.person(usize::try_from(10 + sample % 40)?);
        let raw = person
            .signed(&world, bnb(1), ICustody::fundCall {}.abi_encode().into())
            .await?;
        let hash = *world.provider.send_raw_transaction(&raw).await?.tx_hash();
        let mined = PATIENCE.until("a receipt", async || {
            Ok(world.provider.get_transaction_receipt(hash).await.ok().flatten())
        });
        let receipt = mined.await?;
        let begun = Instant::now();
        let block = receipt.block_number.context("a receipt without a block")?;
        let final_after = PATIENCE.until("finality", async || {
            let tag = world.provider.get_block_by_number(BlockNumberOrTag::Finalized);
            let tag = tag.await.ok().flatten();
            let is_final = tag.is_some_and(|tag| tag.header.number >= block);
            Ok(is_final.then(|| begun.elapsed()))
        });
        let posted_after = PATIENCE.until("the posting", async || {
            let statement = "SELECT count(*) = 1 FROM inbox WHERE chain_seq = $1 AND fact_seq IS NOT NULL";
            let posted: Result<bool, _> = sqlx::query_scalar(statement)
                .bind(i64::try_from(sample + 1)?)
                .fetch_one(world.ledger.pool())
                .await;
            Ok(posted.is_ok_and(|posted| posted).then(|| begun.elapsed()))
        });
        let (finality, posted) = tokio::try_join!(final_after, posted_after)?;
        finalities.push(finality);
        totals.push(posted);
    }
    let oracle = world.check().await?;
    ensure!(
        oracle.facts as u64 == SAMPLES,
        "{} facts for {SAMPLES} payments",
        oracle.facts
    );
    let checked =
        format!("{SAMPLES} payments posted once each; every balance equals an independent recomputation");
    for (name, part) in [("follow.p50", 0.50), ("follow.p99", 0.99)] {
        Measurement::new(
            name,
            quantile(&mut totals, part),
            "s",
            format!("{checked}; the baseline is the chain's finality"),
        )
        .beside(Some(quantile(&mut finalities, part)))
        .print();
    }
    Ok(())
}

/// The nearest-rank quantile, in seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank among a hundred samples"
)]
fn quantile(samples: &mut [Duration], part: f64) -> f64 {
    samples.sort_unstable();
    let rank = (part * samples.len() as f64).ceil() as usize;
    samples[rank.clamp(1, samples.len()) - 1].as_secs_f64()
}
