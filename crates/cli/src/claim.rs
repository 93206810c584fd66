//! `trellis claim`: pays a user what a published root says is due, by proof, without any backend.
//!
//! It checks the proof itself, asks the contract what would be paid, and sends the transaction with a key from a file;
//! without a key it prints the call, for any wallet to send. Anybody may send it: the contract pays the user.

mod proof;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use abi::ICustody;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, bail, ensure};
use chain::{At, Call, ChainReader, Sender};

use proof::Proof;

/// How long the transaction may take until it is in a block.
const INCLUDED_WITHIN: Duration = Duration::from_secs(120);

/// Between two looks for it.
const POLL: Duration = Duration::from_millis(200);

/// Gas beyond the estimate, in percent: the state may change until the transaction is executed.
const GAS_RESERVE_PERCENT: u64 = 25;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// The proof, as `GET /users/{id}/proof` answers it
    #[arg(long)]
    proof: PathBuf,
    /// A file with the private key of whoever pays for the transaction; without it the call is printed
    #[arg(long)]
    key_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let text = fs::read_to_string(&arguments.proof)
        .with_context(|| format!("cannot read {}", arguments.proof.display()))?;
    let proof = Proof::parse(&text)?;
    let reader = ChainReader::connect(&arguments.rpc, proof.contract)?;
    let due = check(&reader, &proof).await?;
    println!("{} wei are due to {} by root {}", due, proof.wallet, proof.root);
    let input: Bytes = call_of(&proof).abi_encode().into();
    let Some(key_file) = arguments.key_file else {
        println!("to    {}\nvalue 0\ndata  {input}", proof.contract);
        return Ok(ExitCode::SUCCESS);
    };
    let key = read_key(&key_file)?;
    let before = reader.account(proof.wallet, At::Latest).await?.paid;
    let hash = send(&arguments.rpc, &proof, &key, input).await?;
    let after = reader.account(proof.wallet, At::Latest).await?.paid;
    ensure!(after > before, "transaction {hash} paid nothing");
    println!("{} wei were paid by transaction {hash}", after - before);
    Ok(ExitCode::SUCCESS)
}

/// Whether the proof is good, the root is the contract's and may be claimed against, and how much is due.
async fn check(reader: &ChainReader, proof: &Proof) -> anyhow::Result<u128> {
    let chain_id = reader.chain_id().await?;
    ensure!(
        chain_id == proof.chain_id,
        "the proof is for chain {}, the node is of {chain_id}",
        proof.chain_id
    );
    let root = reader.liabilities(proof.root, At::Latest).await?;
    let root = root.with_context(|| format!("the contract does not know the root {}", proof.root))?;
    proof.verify(root.total)?;
    let now = reader.head_timestamp().await?;
    ensure!(
        root.claimable_from <= now,
        "the root can be claimed against in {} seconds",
        root.claimable_from - now
    );
    let account = reader.account(proof.wallet, At::Latest).await?;
    ensure!(
        !account.is_frozen(now),
        "the user is frozen until {}",
        account.frozen_until
    );
    let due = proof.entitled.base_units().saturating_sub(account.paid);
    ensure!(due > 0, "everything that the root promises was paid before");
    Ok(due)
}

fn call_of(proof: &Proof) -> ICustody::claimCall {
    let path = proof.path.iter().map(|node| ICustody::SumNode {
        hash: node.hash,
        sum: U256::from(node.sum.base_units()),
    });
    ICustody::claimCall {
        user: proof.wallet,
        entitled: U256::from(proof.entitled.base_units()),
        root: proof.root,
        proof: path.collect(),
    }
}

fn read_key(file: &std::path::Path) -> anyhow::Result<PrivateKeySigner> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    // The error of a bad key must not show the key.
    text.trim()
        .parse()
        .map_err(|_| anyhow::anyhow!("{} holds no private key", file.display()))
}

async fn send(rpc: &str, proof: &Proof, key: &PrivateKeySigner, input: Bytes) -> anyhow::Result<B256> {
    let sender = Sender::connect(&[rpc])?;
    let from: Address = key.address();
    let call = Call {
        from,
        to: proof.contract,
        value: 0,
        input: input.clone(),
        gas_limit: None,
    };
    sender
        .simulate(&call)
        .await
        .context("the contract refuses the claim")?;
    let gas = sender.estimate_gas(&call).await?;
    let fees = sender.suggested_fees().await?;
    let transaction = TxEip1559 {
        chain_id: proof.chain_id,
        nonce: sender.transaction_count(from, At::Latest).await?,
        gas_limit: gas + gas * GAS_RESERVE_PERCENT / 100,
        max_fee_per_gas: fees.max_fee(),
        max_priority_fee_per_gas: fees.priority_fee.min(fees.max_fee()),
        to: TxKind::Call(proof.contract),
        input,
        ..TxEip1559::default()
    };
    let signature = key.sign_hash_sync(&transaction.signature_hash())?;
    let signed = TxEnvelope::from(transaction.into_signed(signature));
    let hash = *signed.tx_hash();
    let answers = sender.broadcast(&signed.encoded_2718().into()).await;
    if !answers.iter().any(|answer| answer.outcome.is_accepted()) {
        bail!("the node does not take the transaction: {answers:?}");
    }
    let deadline = Instant::now() + INCLUDED_WITHIN;
    while Instant::now() < deadline {
        if let Some(receipt) = sender.find_receipt(hash).await? {
            ensure!(receipt.succeeded, "transaction {hash} was reverted");
            return Ok(hash);
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("transaction {hash} is in no block after {INCLUDED_WITHIN:?}; it may still be mined")
}
