//! `trellis claim`: pays a user the amount due under a published root, by proof, without a backend.
//!
//! It checks the proof itself, asks the contract what would be paid, and sends the transaction with a key of whoever runs it;
//! without a key it prints the call, for any wallet to send. Anyone may send it: the contract pays the user.

mod proof;
mod unit;

use std::path::PathBuf;
use std::process::ExitCode;

use abi::ICustody;
use alloy::primitives::{Bytes, U256};
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};
use chain::{At, Call, ChainReader, Sender};

use crate::{input, key, transaction};
use proof::Proof;
use unit::Unit;

/// Maximum size of a proof in bytes: several times what the longest path of the largest tree takes.
const PROOF_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// The proof: the response to `GET /users/{id}/proof`
    #[arg(long)]
    proof: PathBuf,
    #[command(flatten)]
    key: key::Arguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let text = input::read_text(&arguments.proof, PROOF_BYTES_MAX)?;
    let proof = Proof::parse(&text)?;
    let reader = ChainReader::connect(&arguments.rpc, proof.contract)?;
    let due = check(&reader, &proof).await?;
    let unit = Unit::of(&reader).await?;
    let shown = unit.show(due);
    outln!("{shown} are due to {} by root {}", proof.wallet, proof.root);
    let input: Bytes = call_of(&proof).abi_encode().into();
    let Some(key) = arguments.key.read()? else {
        outln!("to    {}\nvalue 0\ndata  {input}", proof.contract);
        return Ok(ExitCode::SUCCESS);
    };
    let before = reader.account(proof.wallet, At::Latest).await?.paid;
    let sender = Sender::connect(&[&arguments.rpc])?;
    let call = Call {
        from: key.address(),
        to: proof.contract,
        value: 0,
        input: input.clone(),
        gas_limit: None,
    };
    let refused = "the contract rejects the claim";
    sender.simulate(&call).await.context(refused)?;
    let (hash, receipt) = transaction::send(&sender, proof.chain_id, &key, proof.contract, input).await?;
    ensure!(receipt.succeeded, "transaction {hash} was reverted");
    let after = reader.account(proof.wallet, At::Latest).await?.paid;
    ensure!(after > before, "transaction {hash} paid nothing");
    let shown = unit.show(after - before);
    outln!("{shown} were paid by transaction {hash}");
    Ok(ExitCode::SUCCESS)
}

/// Checks the proof, that the root is published and claimable, and how much is due.
async fn check(reader: &ChainReader, proof: &Proof) -> anyhow::Result<u128> {
    let chain_id = reader.chain_id().await?;
    ensure!(
        chain_id == proof.chain_id,
        "the proof is for chain {}, but the node is on chain {chain_id}",
        proof.chain_id
    );
    let root = reader.liabilities(proof.root, At::Latest).await?;
    let root = root.with_context(|| format!("the root {} is not published in the contract", proof.root))?;
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
    ensure!(due > 0, "everything the root promises has already been paid");
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
