//! geth's rules for raw transactions that meet others of the same account. The development node lets any higher price
//! replace a transaction.
//!
//! The pool itself is the real node's: it is read anew for each transaction, so that what was sent past this proxy, mined,
//! dropped or orphaned counts.

use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{Address, B256, Bytes, U128, U256};
use serde_json::{Value, json};

use crate::upstream::{Upstream, quantity};

/// By how much both prices must exceed those of the transaction that is replaced.
pub const PRICE_BUMP_PERCENT: u128 = 10;

/// A raw transaction, as far as the rules look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) hash: B256,
    sender: Address,
    nonce: u64,
    prices: Prices,
}

/// Wei for each unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prices {
    max_fee: u128,
    priority_fee: u128,
}

impl Offer {
    /// Reads a raw transaction; `None` when it is none, which the real node then says.
    pub(crate) fn read(params: &Value) -> Option<Self> {
        let raw: Bytes = params[0].as_str()?.parse().ok()?;
        let envelope = TxEnvelope::decode_2718(&mut raw.as_ref()).ok()?;
        let max_fee = envelope.max_fee_per_gas();
        let signature = envelope.signature();
        let sender = signature.recover_address_from_prehash(&envelope.signature_hash());
        Some(Self {
            hash: *envelope.tx_hash(),
            sender: sender.ok()?,
            nonce: envelope.nonce(),
            prices: Prices {
                max_fee,
                priority_fee: envelope.max_priority_fee_per_gas().unwrap_or(max_fee),
            },
        })
    }

    /// What geth says against it, if anything.
    pub(crate) async fn objection(&self, upstream: &Upstream) -> anyhow::Result<Option<String>> {
        let pool = upstream.ask("txpool_content", json!([])).await?;
        let waiting = waiting(&pool, self.sender, self.nonce);
        if waiting.is_some_and(|(hash, _)| hash == self.hash) {
            return Ok(Some("already known".to_owned()));
        }
        let count = upstream
            .ask("eth_getTransactionCount", json!([self.sender, "latest"]))
            .await?;
        let next = quantity(&count).unwrap_or_default();
        if self.nonce < next {
            let message = format!("nonce too low: next nonce {next}, tx nonce {}", self.nonce);
            return Ok(Some(message));
        }
        let replaces = waiting.is_none_or(|(_, prices)| self.prices.replace(prices));
        Ok((!replaces).then(|| "replacement transaction underpriced".to_owned()))
    }
}

impl Prices {
    /// Both must be higher, and by the tenth, which is rounded down.
    fn replace(self, old: Self) -> bool {
        let enough = |new: u128, old: u128| {
            new > old
                && U256::from(new) >= U256::from(old) * U256::from(100 + PRICE_BUMP_PERCENT) / U256::from(100)
        };
        enough(self.max_fee, old.max_fee) && enough(self.priority_fee, old.priority_fee)
    }
}

/// The transaction of this account and nonce in the pool.
fn waiting(pool: &Value, sender: Address, nonce: u64) -> Option<(B256, Prices)> {
    ["pending", "queued"].into_iter().find_map(|part| {
        let mut accounts = pool[part].as_object()?.iter();
        let (_, transactions) = accounts
            .find(|(account, _)| account.parse::<Address>().is_ok_and(|account| account == sender))?;
        let transaction = &transactions[nonce.to_string()];
        let price = |name: &str| -> Option<u128> {
            let price: U128 = transaction[name].as_str()?.parse().ok()?;
            Some(price.to())
        };
        let max_fee = price("maxFeePerGas").or_else(|| price("gasPrice"))?;
        let prices = Prices {
            max_fee,
            priority_fee: price("maxPriorityFeePerGas").unwrap_or(max_fee),
        };
        Some((transaction["hash"].as_str()?.parse().ok()?, prices))
    })
}

#[cfg(test)]
mod tests;
