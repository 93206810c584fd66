//! Repeats one transaction of the run on a node that was brought to the same state, and says what its receipt says.

use std::fs;
use std::time::Duration;

use alloy::primitives::{Address, B256, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use anyhow::{Context, ensure};
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, Mining};
use serde_json::{Map, Value, json};

use super::forge::Report;

/// Where the run leaves the state before the transaction.
const STATE: &str = "contracts/cache/bench-replay.json";
/// What a transaction may have.
const GAS_LIMIT: u64 = 16_777_216;
/// For the fee, which is not part of the figure.
const PURSE: u128 = 1_000_000_000_000_000_000;
/// A receipt comes with the block.
const RECEIPT_WITHIN: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// Gas used by the receipt of the transaction that the report describes.
pub(super) async fn gas_used(checkout: &Checkout, report: &Report) -> anyhow::Result<u64> {
    let text = fs::read_to_string(checkout.path(STATE)).context("the run left no state to repeat from")?;
    let state: Map<String, Value> = serde_json::from_str(&text)?;
    let files = checkout.local("bench-gas")?;
    let spec = AnvilSpec {
        mining: Mining::OnDemand,
        state: None,
        log: files.join("anvil.log"),
        pids: files,
    };
    let mut anvil = Anvil::start(checkout, &spec).await?;
    let node = ProviderBuilder::new()
        .connect_http(anvil.rpc_url().parse()?)
        .erased();
    load(&node, &state).await?;
    let gas = send(&node, report).await?;
    anvil.stop()?;
    Ok(gas)
}

async fn load(node: &DynProvider, state: &Map<String, Value>) -> anyhow::Result<()> {
    for (address, account) in state {
        ask(node, "anvil_setBalance", json!([address, account["balance"]])).await?;
        ask(node, "anvil_setNonce", json!([address, account["nonce"]])).await?;
        ask(node, "anvil_setCode", json!([address, account["code"]])).await?;
        let storage = account["storage"]
            .as_object()
            .context("an account without storage")?;
        for (slot, value) in storage {
            ask(node, "anvil_setStorageAt", json!([address, slot, value])).await?;
        }
    }
    Ok(())
}

async fn send(node: &DynProvider, report: &Report) -> anyhow::Result<u64> {
    let from: Address = report.word("gas.replay.from")?.parse()?;
    let at: u64 = report.word("gas.replay.at")?.parse()?;
    ask(node, "anvil_impersonateAccount", json!([from])).await?;
    ask(node, "anvil_setBalance", json!([from, U256::from(PURSE)])).await?;
    ask(node, "evm_setNextBlockTimestamp", json!([at])).await?;
    let transaction = json!({
        "from": from,
        "to": report.word("gas.replay.to")?,
        "data": report.word("gas.replay.data")?,
        "gas": U256::from(GAS_LIMIT),
    });
    let hash: B256 = serde_json::from_value(ask(node, "eth_sendTransaction", json!([transaction])).await?)?;
    ask(node, "evm_mine", json!([])).await?;
    let wait = async {
        loop {
            if let Some(receipt) = node.get_transaction_receipt(hash).await? {
                return anyhow::Ok(receipt);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let receipt = tokio::time::timeout(RECEIPT_WITHIN, wait)
        .await
        .context("no receipt")??;
    ensure!(receipt.status(), "the repeated transaction failed");
    Ok(receipt.gas_used)
}

async fn ask(node: &DynProvider, method: &'static str, params: Value) -> anyhow::Result<Value> {
    node.raw_request(method.into(), params)
        .await
        .with_context(|| format!("the node refuses {method}"))
}
