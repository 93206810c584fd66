//! `trellis deploy`: deploys the contract of a checked file once and verifies it.
//!
//! It creates by the deterministic deployment proxy, so the address is known before and a second run finds the first one's
//! contract. Not responsible for what a file must keep ([`crate::deployment`]) or for the comparison afterwards
//! ([`crate::doctor`]).

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use abi::deploy::deterministic::{Creation, PROXY, PROXY_CODE};
use abi::deploy::{rules, runtime};
use abi::development;
use alloy::primitives::{Address, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, bail, ensure};
use chain::{At, Call, ChainReader, Sender, TokenState};

use crate::deployment::Deployment;
use crate::doctor::contract;
use crate::{key, transaction};

/// Maximum time for the deployment's block to become final; on Ethereum this takes about a quarter of an hour.
const FINAL_WITHIN: Duration = Duration::from_secs(45 * 60);

/// Polling interval for finality.
const POLL: Duration = Duration::from_millis(400);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The deployment file, such as contracts/deployments/local.toml
    #[arg(long)]
    config: PathBuf,
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// Check everything and print what would be sent, without sending it
    #[arg(long)]
    dry_run: bool,
    /// Read events from this block on; at or before the creation of an existing contract
    #[arg(long, default_value_t = 0)]
    from_block: u64,
    #[command(flatten)]
    key: key::Arguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let deployment = Deployment::read(&arguments.config)
        .with_context(|| format!("{} is refused", arguments.config.display()))?;
    let creation = deployment.creation();
    let place = creation.address();
    outln!("address  {place}");
    outln!("salt     {}", creation.salt());
    outln!(
        "creation code of {} bytes, hash {}",
        creation.code().len(),
        keccak256(creation.code())
    );

    let sender = Sender::connect(&[&arguments.rpc])?;
    let reader = ChainReader::connect(&arguments.rpc, place)?;
    expect_chain(&reader, &deployment).await?;
    expect_asset(&reader, &deployment).await?;
    expect_predecessor(&reader, &deployment).await?;
    if is_deployed(&sender, &deployment, &creation).await? {
        outln!("already deployed: the code at {place} is the expected one");
        wait_until_final(&reader).await?;
        return examine(&arguments.rpc, &reader, &deployment, arguments.from_block).await;
    }
    ensure!(
        !deployment.is_changed(),
        "present_before_deployment: the file lists changes since construction, but there is no contract at {place}"
    );
    expect_proxy(&sender).await?;
    let key = arguments.key.read()?;
    let from = key.as_ref().map_or(runtime::NOBODY, PrivateKeySigner::address);
    ensure!(
        development::is_local_chain(deployment.chain_id()) || !development::is_public_knowledge(from),
        "key_is_public: the key of {from} is public; any money sent to it is lost"
    );
    rehearse(&sender, &creation, from).await?;
    let Some(key) = key.filter(|_| !arguments.dry_run) else {
        outln!(
            "nothing was sent; any account may send this:\nto    {PROXY}\nvalue 0\ndata  {}",
            creation.call()
        );
        return Ok(ExitCode::SUCCESS);
    };
    let block = send(&sender, &reader, &deployment, &creation, &key).await?;
    examine(&arguments.rpc, &reader, &deployment, block).await
}

async fn expect_chain(reader: &ChainReader, deployment: &Deployment) -> anyhow::Result<()> {
    // Development nodes run calls at time zero then, which the constructor cannot bear.
    ensure!(
        reader.head().await?.number > 0,
        "chain_empty: the chain has no block yet; try again"
    );
    let (expected, actual) = (deployment.chain_id(), reader.chain_id().await?);
    ensure!(
        expected == actual,
        "wrong_chain: the file is for chain {expected}, but the node is on chain {actual}"
    );
    Ok(())
}

/// The contract's token can never be changed: it must exist on this chain, with the decimals in the file.
async fn expect_asset(reader: &ChainReader, deployment: &Deployment) -> anyhow::Result<()> {
    let Some(token) = deployment.asset().token() else {
        return Ok(());
    };
    let expected = deployment.asset().decimals();
    match reader.token_state(token, At::Latest).await? {
        TokenState::Missing => bail!(
            "asset_missing: there is no contract at {token} on chain {}",
            deployment.chain_id()
        ),
        TokenState::NoToken { function } => {
            bail!("asset_is_no_token: the contract at {token} does not answer `{function}` as a token does")
        }
        TokenState::Token { decimals, supply, .. } => {
            ensure!(
                decimals == expected,
                "decimals_differ: the file declares {expected} decimals, but the token at {token} reports {decimals}"
            );
            ensure!(
                supply <= U256::from(rules::SUPPLY_MAX),
                "supply_too_large: there are {supply} base units of the token at {token}, and must be at most {}",
                rules::SUPPLY_MAX
            );
            outln!("token    {token} of {decimals} decimals");
            Ok(())
        }
    }
}

/// Checks the predecessor; the constructor does so as well, but returns no reason.
async fn expect_predecessor(reader: &ChainReader, deployment: &Deployment) -> anyhow::Result<()> {
    let predecessor = deployment.config().predecessor;
    if predecessor.is_zero() {
        return Ok(());
    }
    ensure!(
        reader.is_custody(predecessor, At::Latest).await?,
        "predecessor_is_no_custody: there is no custody contract at {predecessor} on chain {}",
        deployment.chain_id()
    );
    outln!("predecessor {predecessor}");
    Ok(())
}

/// Whether the contract is there. Other code at its address cannot be: the address is a hash of the code.
async fn is_deployed(sender: &Sender, deployment: &Deployment, creation: &Creation) -> anyhow::Result<bool> {
    let place = creation.address();
    let actual = sender.code(place, At::Latest).await?;
    if actual.is_empty() {
        return Ok(false);
    }
    let expected = contract::expected_code(sender, deployment, place)
        .await
        .context("this node cannot simulate the constructor")?;
    match runtime::difference(deployment.asset(), &expected, &actual) {
        None => Ok(true),
        Some(difference) => bail!("other_code: there is different code at {place}: {difference:?}"),
    }
}

async fn expect_proxy(sender: &Sender) -> anyhow::Result<()> {
    let code = sender.code(PROXY, At::Latest).await?;
    ensure!(
        !code.is_empty(),
        "proxy_missing: this chain has no deterministic deployment proxy at {PROXY}; send its pre-signed creation \
         transaction first; see docs/deployment.md"
    );
    ensure!(
        code[..] == PROXY_CODE,
        "proxy_unknown: the code at {PROXY} is not that of the deployment proxy"
    );
    Ok(())
}

/// Simulates the creation at the newest block and prints its cost.
async fn rehearse(sender: &Sender, creation: &Creation, from: Address) -> anyhow::Result<()> {
    let call = Call {
        from,
        to: PROXY,
        value: 0,
        input: creation.call(),
        gas_limit: None,
    };
    // The proxy answers a failed constructor without its reason; tried directly, it says it.
    sender
        .try_creation(creation.code())
        .await
        .context("the constructor rejects the configuration")?;
    let answer = sender
        .simulate(&call)
        .await
        .context("the deployment proxy rejects the transaction")?;
    ensure!(
        answer[..] == creation.address()[..],
        "the proxy would create {answer} instead of {}",
        creation.address()
    );
    let gas = sender.estimate_gas(&call).await?;
    let price = sender.suggested_fees().await?.max_fee();
    outln!(
        "simulated: {gas} gas, at most {} wei at current prices",
        u128::from(gas).saturating_mul(price)
    );
    Ok(())
}

/// Sends, waits for finality, and returns the contract's first block.
async fn send(
    sender: &Sender,
    reader: &ChainReader,
    deployment: &Deployment,
    creation: &Creation,
    key: &PrivateKeySigner,
) -> anyhow::Result<u64> {
    let (hash, receipt) =
        transaction::send(sender, deployment.chain_id(), key, PROXY, creation.call()).await?;
    outln!(
        "transaction {hash} in block {}, {} gas",
        receipt.block.number,
        receipt.gas_used
    );
    // Two that deploy at once: the later one reverts, and the contract is there all the same.
    ensure!(
        receipt.succeeded || is_deployed(sender, deployment, creation).await?,
        "transaction {hash} was reverted"
    );
    wait_until_final(reader).await?;
    // Blocks may have been replaced meanwhile, and the contract may be someone else's transaction.
    let receipt = sender.find_receipt(hash).await?.unwrap_or(receipt);
    Ok(receipt.block.number)
}

/// Waits until the newest final block has the contract's code.
async fn wait_until_final(reader: &ChainReader) -> anyhow::Result<()> {
    outln!("waiting until it is final");
    let deadline = Instant::now() + FINAL_WITHIN;
    while Instant::now() < deadline {
        if !reader.code(At::Finalized).await?.is_empty() {
            outln!("final");
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("not_final: the contract is not final after {FINAL_WITHIN:?}; run the same command again later")
}

/// Compares what is there with the file, as `trellis doctor --contract` does.
async fn examine(
    rpc: &str,
    reader: &ChainReader,
    deployment: &Deployment,
    from_block: u64,
) -> anyhow::Result<ExitCode> {
    let report = contract::examine(rpc, reader.contract(), deployment, from_block).await?;
    out!("{}", report.to_text());
    outln!(
        "contract {} with events from block {from_block} on",
        reader.contract()
    );
    Ok(report.exit_code())
}
