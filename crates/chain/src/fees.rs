//! What gas costs now.
//!
//! Not responsible for what is offered: who sends has a limit, and must apply it, because a node may answer anything.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{U64, U128};
use serde::Deserialize;

use crate::error::ChainError;
use crate::node::Node;
use crate::send::Sender;

/// What gas costs now, in wei for each unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// What the next block burns at least. Zero on BNB Smart Chain.
    pub base_fee: u128,
    /// What block producers want beyond it.
    pub priority_fee: u128,
}

impl Fees {
    /// What a transaction should offer in all, so that six full blocks in a row do not exclude it: the base fee, twice,
    /// and the priority fee. Where there is no base fee, the two caps of a transaction are equal.
    pub fn max_fee(self) -> u128 {
        self.base_fee.saturating_mul(2).saturating_add(self.priority_fee)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    base_fee_per_gas: Option<Vec<U128>>,
    #[serde(default)]
    reward: Option<Vec<Vec<U128>>>,
}

/// Blocks that are looked at: nine seconds of BNB Smart Chain.
const BLOCKS: u64 = 20;

/// Half of the gas in a block paid at most this much beyond the base fee.
const PERCENTILE: f64 = 50.0;

impl Sender {
    /// What gas costs now. Of several nodes' answers the median, so that one of three decides nothing; of two, the lower.
    pub async fn suggested_fees(&self) -> Result<Fees, ChainError> {
        let mut answers = self.answers(fees).await?;
        answers.sort_by_key(|fees| fees.max_fee());
        let middle = (answers.len() - 1) / 2;
        Ok(answers.swap_remove(middle))
    }
}

async fn fees(node: &Node) -> Result<Fees, ChainError> {
    let history = node.call::<_, FeeHistory>(
        "eth_feeHistory",
        (U64::from(BLOCKS), BlockNumberOrTag::Latest, [PERCENTILE]),
    );
    let price = node.call::<_, U128>("eth_gasPrice", ());
    let (history, price) = futures::future::try_join(history, price).await?;
    Ok(of(&history, price.to()))
}

/// The base fee of the next block stands at the end of the history. What is paid beyond it follows from the price that
/// the node suggests, and is no less than what the middle of the newest blocks paid.
fn of(history: &FeeHistory, price: u128) -> Fees {
    let base_fees = history.base_fee_per_gas.as_deref().unwrap_or_default();
    let base_fee: u128 = base_fees.last().copied().unwrap_or_default().to();
    let rewards = history.reward.as_deref().unwrap_or_default();
    let mut paid: Vec<U128> = rewards
        .iter()
        .filter_map(|block| block.first().copied())
        .collect();
    paid.sort_unstable();
    let median: u128 = paid.get(paid.len() / 2).copied().unwrap_or_default().to();
    Fees {
        base_fee,
        priority_fee: price.saturating_sub(base_fee).max(median),
    }
}

#[cfg(test)]
mod tests;
