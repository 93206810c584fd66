//! The contract's logs as causes, from the chain itself instead of the listener's records.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use anyhow::Context;
use causes::Decoder;
use devstack::world::Site;
use money::Amount;
use plan::{Cause, PayoutOutcome};

/// Every journal entry by its number.
pub(super) async fn of_the_chain(site: &Site) -> anyhow::Result<BTreeMap<u64, Cause>> {
    let filter = Filter::new().address(site.custody).from_block(0);
    let (mut causes, mut decoder) = (BTreeMap::new(), Decoder::default());
    for log in site.provider.get_logs(&filter).await? {
        decoder.enter(log.transaction_hash.context("a log of no transaction")?)?;
        if let Some((seq, cause)) = decoder.read(&log.inner.data)? {
            causes.insert(u64::try_from(seq)?, cause);
        }
    }
    decoder.finish()?;
    Ok(causes)
}

/// Adds what a cause paid.
pub(super) fn count_paid(cause: &Cause, paid: &mut BTreeMap<Address, i128>) -> anyhow::Result<()> {
    let mut add = |wallet: Address, amount: Amount| -> anyhow::Result<()> {
        *paid.entry(wallet).or_default() += i128::try_from(amount.base_units())?;
        Ok(())
    };
    if let Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } = cause {
        for line in payouts {
            match line.outcome {
                PayoutOutcome::Executed(amount) | PayoutOutcome::Credited { amount, .. } => {
                    add(line.wallet, amount)?;
                }
                PayoutOutcome::Skipped => {}
            }
        }
    } else if let Cause::Claimed { wallet, amount, .. } = cause {
        add(*wallet, *amount)?;
    }
    Ok(())
}
