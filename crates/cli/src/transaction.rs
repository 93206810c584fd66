//! Sends one transaction and waits until it is in a block.
//!
//! Not responsible for trying it before, or for finality.

use std::time::{Duration, Instant};

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use anyhow::bail;
use chain::{At, Call, Receipt, Sender};

/// How long the transaction may take until it is in a block.
const INCLUDED_WITHIN: Duration = Duration::from_secs(300);

/// Between two looks for it.
const POLL: Duration = Duration::from_millis(200);

/// Gas beyond the estimate, in percent: the state may change until the transaction is executed.
const GAS_RESERVE_PERCENT: u64 = 25;

/// The most gas that a transaction may have (EIP-7825).
const GAS_LIMIT_MAX: u64 = 16_777_216;

/// Sends the call by the key's account; the receipt says whether it was executed or reverted.
pub(crate) async fn send(
    sender: &Sender,
    chain_id: u64,
    key: &PrivateKeySigner,
    to: Address,
    input: Bytes,
) -> anyhow::Result<(B256, Receipt)> {
    let from = key.address();
    let call = Call {
        from,
        to,
        value: 0,
        input: input.clone(),
        gas_limit: None,
    };
    let gas = sender.estimate_gas(&call).await?;
    let fees = sender.suggested_fees().await?;
    let transaction = TxEip1559 {
        chain_id,
        nonce: sender.transaction_count(from, At::Latest).await?,
        gas_limit: (gas + gas * GAS_RESERVE_PERCENT / 100).min(GAS_LIMIT_MAX),
        max_fee_per_gas: fees.max_fee(),
        max_priority_fee_per_gas: fees.priority_fee.min(fees.max_fee()),
        to: TxKind::Call(to),
        input,
        ..TxEip1559::default()
    };
    let signature = key.sign_hash_sync(&transaction.signature_hash())?;
    let signed = TxEnvelope::from(transaction.into_signed(signature));
    let hash = *signed.tx_hash();
    let answers = sender.broadcast(&signed.encoded_2718().into()).await;
    if !answers.iter().any(|answer| answer.outcome.is_accepted()) {
        bail!("the node rejected the transaction: {answers:?}");
    }
    let deadline = Instant::now() + INCLUDED_WITHIN;
    while Instant::now() < deadline {
        if let Some(receipt) = sender.find_receipt(hash).await? {
            return Ok((hash, receipt));
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("transaction {hash} was not included within {INCLUDED_WITHIN:?}; it may still be mined")
}
