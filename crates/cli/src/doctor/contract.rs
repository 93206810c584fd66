//! `trellis doctor --contract`: a contract on its chain against the file that describes it.
//!
//! Code, asset, constructed values, who holds what, limits, pause, announced operations and the journal, all at the newest final
//! block. Not responsible for the ledger's side; that is the reconciler.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use abi::deploy::rules;
use abi::deploy::runtime::{self, Difference};
use abi::governance::{Pending, Permission};
use abi::operations::Operation;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use anyhow::Context;
use chain::{At, BlockHeader, CallError, ChainReader, Constructed, Sender, TokenState};

use super::history::{self, History};
use super::report::Report;
use crate::deployment::Deployment;

#[derive(Debug, clap::Args)]
#[group(id = "examined_contract")]
pub(crate) struct Arguments {
    /// Examine this contract instead of this machine
    #[arg(long, requires_all = ["rpc", "config"])]
    contract: Option<Address>,
    /// A node of the chain
    #[arg(long, requires = "contract")]
    rpc: Option<String>,
    /// The file that the contract was deployed from
    #[arg(long, requires = "contract")]
    config: Option<PathBuf>,
    /// A block not after the contract's creation, which its events are read from
    #[arg(long, requires = "contract", default_value_t = 0)]
    from_block: u64,
    /// Print the findings as JSON
    #[arg(long, requires = "contract")]
    json: bool,
}

impl Arguments {
    /// Examines the contract, if one was named.
    pub(crate) async fn run(&self) -> anyhow::Result<Option<ExitCode>> {
        let (Some(contract), Some(rpc), Some(config)) = (self.contract, &self.rpc, &self.config) else {
            return Ok(None);
        };
        let deployment =
            Deployment::read(config).with_context(|| format!("{} is refused", config.display()))?;
        let report = examine(rpc, contract, &deployment, self.from_block).await?;
        if self.json {
            outln!("{:#}", report.to_json());
        } else {
            out!("{}", report.to_text());
        }
        Ok(Some(report.exit_code()))
    }
}

/// Compares the contract with its file at the newest final block. Events are read from `from_block` on.
pub(crate) async fn examine(
    rpc: &str,
    contract: Address,
    deployment: &Deployment,
    from_block: u64,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let reader = ChainReader::connect(rpc, contract)?;
    let chain_id = reader.chain_id().await?;
    report.compare("chain", &deployment.chain_id(), &chain_id);
    if chain_id != deployment.chain_id() {
        return Ok(report);
    }
    let block = reader.finalized().await?;
    report.tell("block", &format!("{} {}", block.number, block.hash));
    let place = deployment.creation().address();
    let origin = if place == contract {
        "as in the file"
    } else {
        "not as in the file"
    };
    report.tell("address", &origin);
    let balance = compare_asset(&mut report, &reader, deployment, block.hash).await?;
    report.tell("balance", &balance);
    let actual = reader.code(At::Block(block.hash)).await?;
    let sender = Sender::connect(&[rpc])?;
    let expected = expected_code(&sender, deployment, contract).await;
    let difference = compare_code(&mut report, deployment, expected, &actual)?;
    let rest = examine_state(&reader, deployment, &block, from_block, &mut report).await;
    match (rest, difference) {
        (Err(error), Some(_)) => report.compare("answers", &"those of the contract", &format!("{error:#}")),
        (rest, _) => rest?,
    }
    Ok(report)
}

/// The token that the contract holds, and what that token says of itself. Returns what the contract has of its asset; of a
/// token that does not say it, that.
async fn compare_asset(
    report: &mut Report,
    reader: &ChainReader,
    deployment: &Deployment,
    block: B256,
) -> anyhow::Result<String> {
    let shown = |token: Option<Address>| token.map_or_else(|| "native".to_owned(), |token| token.to_string());
    let at = At::Block(block);
    let (expected, held) = (deployment.asset().token(), reader.held_token(at).await?);
    report.compare("asset", &shown(expected), &shown(held));
    let Some(token) = expected else {
        return Ok(reader.balance_at(block).await?.to_string());
    };
    let decimals = deployment.asset().decimals();
    let told = match reader.token_state(token, at).await? {
        TokenState::Missing => Err("no contract".to_owned()),
        TokenState::NoToken { function } => Err(format!("not a token: `{function}` is not implemented")),
        TokenState::Token {
            decimals, balance, ..
        } => Ok((decimals, balance)),
    };
    match told {
        Ok((actual, balance)) => {
            report.compare("decimals", &decimals, &actual);
            Ok(balance.to_string())
        }
        Err(missing) => {
            report.compare("decimals", &decimals, &missing);
            Ok("unknown".to_owned())
        }
    }
}

/// A constructor that fails for this file gives no code, so there is none that would be expected; an error when the node does
/// not say how it ends.
fn compare_code(
    report: &mut Report,
    deployment: &Deployment,
    expected: Result<Bytes, CallError>,
    actual: &Bytes,
) -> anyhow::Result<Option<Difference>> {
    let expected = match expected {
        Ok(expected) => expected,
        Err(CallError::Reverted(revert)) => {
            let expected = format!("none; the constructor rejects the configuration: {revert}");
            report.compare("code", &expected, &keccak256(actual));
            return Ok(Some(Difference::Program));
        }
        Err(error) => return Err(error).context("this node cannot simulate the constructor"),
    };
    let difference = runtime::difference(deployment.asset(), &expected, actual);
    let actual = match difference {
        Some(Difference::Absent) => "none".to_owned(),
        Some(Difference::Program) => format!("{}, another program", keccak256(actual)),
        Some(Difference::FixedValues { places }) => {
            format!(
                "{}, the same program constructed otherwise in {places} places",
                keccak256(actual)
            )
        }
        None => keccak256(actual).to_string(),
    };
    report.compare("code", &keccak256(expected), &actual);
    Ok(difference)
}

async fn examine_state(
    reader: &ChainReader,
    deployment: &Deployment,
    block: &BlockHeader,
    from_block: u64,
    report: &mut Report,
) -> anyhow::Result<()> {
    let at = At::Block(block.hash);
    let constructed = reader.constructed(at).await?;
    compare_constructed(report, deployment, &constructed);
    report.compare("outflow_cap", &deployment.outflow_cap(), &constructed.outflow_cap);
    report.compare("paused", &deployment.is_paused(), &reader.is_paused(at).await?);
    let granted = granted(&constructed);
    let history = history::read(reader, from_block..=block.number, granted).await?;
    compare_permissions(report, reader, deployment, &history, at).await?;
    compare_pending(report, reader, deployment, &history, at).await?;
    let journal = reader.journal_at(block.hash).await?;
    let shown = |journal: abi::Journal| format!("{} {}", journal.seq, journal.root);
    match history.journal {
        Ok(folded) => report.compare("journal", &shown(folded), &shown(journal)),
        // Then events are missing, and with them perhaps someone who was given a role.
        Err(error) => report.compare("journal", &format!("readable events: {error}"), &shown(journal)),
    }
    let totals = reader.totals(at).await?;
    report.tell("escrowed", &totals.escrowed);
    report.tell("credited", &totals.credited);
    report.tell("may leave now", &reader.available(at).await?.outflow);
    Ok(())
}

fn granted(constructed: &Constructed) -> Vec<(Permission, Address)> {
    let roles = constructed.members.iter();
    let signers = [
        (Permission::Sign, constructed.signer),
        (Permission::SignRoots, constructed.root_signer),
    ];
    roles
        .map(|(role, account)| (Permission::Role(*role), *account))
        .chain(signers)
        .collect()
}

fn compare_constructed(report: &mut Report, deployment: &Deployment, constructed: &Constructed) {
    let config = deployment.config();
    let actual = granted(constructed);
    for ((name, expected), (_, actual)) in rules::roles(config).into_iter().zip(actual) {
        report.compare(format!("constructed {name}"), &expected, &actual);
    }
    let [cooling_off, veto, operation, freeze_max] = constructed.delays;
    report.compare("cooling_off", &config.coolingOff, &cooling_off);
    report.compare("veto", &config.vetoDelay, &veto);
    report.compare("operation", &config.operationDelay, &operation);
    report.compare("freeze_max", &config.maxFreeze, &freeze_max);
    report.compare("outflow_floor", &config.outflowFloor, &constructed.outflow_floor);
}

/// Everyone who ought to have a permission, and everyone who was ever given one.
async fn compare_permissions(
    report: &mut Report,
    reader: &ChainReader,
    deployment: &Deployment,
    history: &History,
    at: At,
) -> anyhow::Result<()> {
    let expected: BTreeSet<_> = deployment.holders().into_iter().collect();
    let by_events = history.standing.permissions();
    let everybody: BTreeSet<_> = expected.iter().chain(by_events.keys()).copied().collect();
    let everybody: Vec<_> = everybody.into_iter().collect();
    let answers = reader.permissions(&everybody, at).await?;
    for (key, has) in everybody.iter().zip(answers) {
        let (permission, account) = key;
        report.compare(
            format!("{} {account}", permission.name()),
            &yes_or_no(expected.contains(key)),
            &yes_or_no(has),
        );
    }
    Ok(())
}

async fn compare_pending(
    report: &mut Report,
    reader: &ChainReader,
    deployment: &Deployment,
    history: &History,
    at: At,
) -> anyhow::Result<()> {
    let announced = history.standing.pending();
    let expected: BTreeSet<B256> = deployment.pending().iter().copied().collect();
    let all: BTreeSet<B256> = expected.iter().chain(announced.keys()).copied().collect();
    for id in all {
        let is_pending = reader.operation_eta(id, at).await?.is_some();
        let what = announced.get(&id).map_or_else(String::new, describe);
        report.compare(
            format!("pending {id}{what}"),
            &yes_or_no(expected.contains(&id)),
            &yes_or_no(is_pending),
        );
    }
    Ok(())
}

fn describe(pending: &Pending) -> String {
    let kind = Operation::from_number(pending.operation).map_or_else(
        || pending.operation.to_string(),
        |operation| format!("{operation:?}"),
    );
    let argument = pending.argument;
    let argument = if argument[..12] == [0; 12] {
        Address::from_word(argument).to_string()
    } else {
        argument.to_string()
    };
    format!(" {kind} {argument} {} from {} on", pending.value, pending.eta)
}

const fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

/// The code that a contract of this file must have at this address.
pub(crate) async fn expected_code(
    sender: &Sender,
    deployment: &Deployment,
    place: Address,
) -> Result<Bytes, CallError> {
    let tried = sender.try_creation(deployment.creation().code()).await?;
    Ok(runtime::at(place, deployment.chain_id(), &tried))
}
