//! `trellis enrol`: makes the users of a contract's predecessor known to it, so that they can be paid without registering again.
//!
//! Anyone may do it. Whoever is known already is skipped, so the command may be repeated. Not responsible for what the
//! predecessor still owes: that stays there.

mod users;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use abi::ICustody;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, bail, ensure};
use chain::{At, Call, ChainReader, Sender};

use crate::operate::account;
use crate::status::Status;
use crate::{key, transaction};

/// Maximum users per transaction, so that its gas stays below the transaction limit.
const PART_MAX: u64 = 300;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The contract that has a predecessor
    #[arg(long, env = "TRELLIS_CONTRACT", value_parser = account)]
    contract: Address,
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// Addresses of users, one per line, instead of all in the predecessor's events
    #[arg(long)]
    users: Option<PathBuf>,
    /// Read events from this block on; at or before the creation of the predecessor
    #[arg(long, default_value_t = 0)]
    from_block: u64,
    /// Users per transaction
    #[arg(long, default_value_t = PART_MAX, value_parser = clap::value_parser!(u64).range(1..=PART_MAX))]
    size: u64,
    /// Print the calls without sending them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    key: key::Arguments,
}

/// The sender and the contract.
struct Enrolment {
    reader: ChainReader,
    sender: Sender,
    chain_id: u64,
    key: Option<PrivateKeySigner>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let reader = ChainReader::connect(&arguments.rpc, arguments.contract)?;
    let chain_id = reader.chain_id().await?;
    let Some(predecessor) = reader.predecessor(At::Latest).await? else {
        bail!("no_predecessor: the contract has no predecessor, so there is nobody to enrol");
    };
    outln!("predecessor {predecessor}");
    let before = ChainReader::connect(&arguments.rpc, predecessor)?;
    let named = match &arguments.users {
        Some(file) => users::of_file(file)?,
        None => users::of_events(&before, arguments.from_block).await?,
    };
    let (users, strangers) = known(&before, named).await?;
    for stranger in &strangers {
        outln!("unknown {stranger}: this address is not registered in the predecessor");
    }
    let enrolment = Enrolment {
        reader,
        sender: Sender::connect(&[&arguments.rpc])?,
        chain_id,
        key: arguments.key.read()?.filter(|_| !arguments.dry_run),
    };
    let missing = enrolment.missing(&users).await?;
    outln!(
        "{} users of the predecessor, {} known here already, {} addresses unknown to it",
        users.len(),
        users.len() - missing.len(),
        strangers.len()
    );
    let size = usize::try_from(arguments.size).context("no such size")?;
    let mut enrolled = 0;
    for part in missing.chunks(size) {
        enrolled += enrolment.enrol(part).await?;
    }
    outln!("{enrolled} enrolled");
    let status = if strangers.is_empty() {
        Status::Done
    } else {
        Status::Notable
    };
    Ok(status.into())
}

/// Splits addresses into users of a contract and others.
async fn known(
    reader: &ChainReader,
    named: BTreeSet<Address>,
) -> anyhow::Result<(Vec<Address>, Vec<Address>)> {
    let named: Vec<Address> = named.into_iter().collect();
    let accounts = reader.accounts(&named, At::Latest).await?;
    let mut is_known = accounts.iter().map(|account| account.is_registered());
    Ok(named
        .into_iter()
        .partition(|_| is_known.next().unwrap_or_default()))
}

impl Enrolment {
    /// Users not yet enrolled in the contract.
    async fn missing(&self, users: &[Address]) -> anyhow::Result<Vec<Address>> {
        let users = users.iter().copied().collect();
        let (_, missing) = known(&self.reader, users).await?;
        Ok(missing)
    }

    /// Enrols a part atomically; without a key it prints the call. Returns the number enrolled.
    async fn enrol(&self, part: &[Address]) -> anyhow::Result<usize> {
        // Someone else may enrol meanwhile, and who is known makes the whole part fail.
        let part = self.missing(part).await?;
        if part.is_empty() {
            return Ok(0);
        }
        let (contract, input) = (self.reader.contract(), call_of(&part));
        let call = Call {
            from: self.key.as_ref().map_or(Address::ZERO, PrivateKeySigner::address),
            to: contract,
            value: 0,
            input: input.clone(),
            gas_limit: None,
        };
        let tried = self.sender.simulate(&call).await;
        tried.with_context(|| format!("the contract rejects the part starting at {}", part[0]))?;
        let Some(key) = &self.key else {
            outln!("{} users by this call", part.len());
            outln!("to    {contract}\nvalue 0\ndata  {input}");
            return Ok(0);
        };
        let (hash, receipt) = transaction::send(&self.sender, self.chain_id, key, contract, input).await?;
        ensure!(
            receipt.succeeded,
            "transaction {hash} was reverted; run the same command again; it skips users already enrolled"
        );
        outln!(
            "transaction {hash} in block {}: {} users",
            receipt.block.number,
            part.len()
        );
        Ok(part.len())
    }
}

fn call_of(users: &[Address]) -> Bytes {
    let calls = users
        .iter()
        .map(|user| ICustody::enrolCall { user: *user }.abi_encode().into());
    let calls = calls.collect();
    ICustody::multicallCall { calls }.abi_encode().into()
}
