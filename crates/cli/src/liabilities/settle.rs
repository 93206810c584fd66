//! `trellis liabilities settle`: has the leaves of a mature root paid, part after part, with nothing but the public list.
//!
//! Anyone may: the contract pays the users, and what it cannot send it keeps for them. The list is not believed, its root is
//! recomputed and looked up in the contract. What is paid is never paid again, so a run that was stopped, by a node, by
//! missing funds or by hand, is simply repeated. Not responsible for finality: a fork that undoes a transaction is seen by the
//! next run.

mod report;
mod source;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use abi::ICustody;
use abi::payouts::{BATCH_MAX, Payout};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, bail, ensure};
use audit::liabilities::{List, Part};
use chain::{At, Call, CallError, ChainReader, Sender};

use crate::{key, operate, transaction};
use report::{Report, Stop};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// The contract
    #[arg(long, env = "TRELLIS_CONTRACT", value_parser = operate::account)]
    contract: Address,
    /// The published root
    #[arg(long)]
    root: B256,
    #[command(flatten)]
    source: source::Arguments,
    /// Maximum number of leaves per call; a larger tree is split at the next smaller power of two. The contract's
    /// limit is the default
    #[arg(long, default_value_t = BATCH_MAX, value_parser = size)]
    size: usize,
    /// Check everything and simulate each call on its own, but send nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    key: key::Arguments,
}

fn size(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "not a number".to_owned())?;
    if (1..=BATCH_MAX).contains(&number) {
        Ok(number)
    } else {
        Err(format!("a call takes 1 to {BATCH_MAX} leaves"))
    }
}

/// The result of one part.
enum Outcome {
    /// No amount is due in it.
    NothingDue,
    /// It can be sent by any account.
    Ready(Bytes),
    /// It was sent and paid this amount.
    Settled(B256, u128),
    /// The contract does not pay it.
    Refused(Stop),
}

/// Who settles, and where.
struct Settlement {
    reader: ChainReader,
    sender: Sender,
    chain_id: u64,
    root: B256,
    key: Option<PrivateKeySigner>,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let list = arguments.source.read(arguments.root).await?;
    let reader = ChainReader::connect(&arguments.rpc, arguments.contract)?;
    check(&reader, arguments, &list).await?;
    let settlement = Settlement {
        reader,
        sender: Sender::connect(&[&arguments.rpc])?,
        chain_id: list.header.chain_id,
        root: arguments.root,
        key: arguments.key.read()?.filter(|_| !arguments.dry_run),
    };
    let size = NonZeroUsize::new(arguments.size).context("`--size` must be at least 1")?;
    let parts = list.tree.parts(size);
    let mut report = Report::of(&list, parts.len(), arguments.json);
    for part in &parts {
        // A node that fails ends it, and what was paid until then is said all the same.
        let outcome = settlement.settle(part).await;
        match outcome.unwrap_or_else(|error| Outcome::Refused(Stop::unanswered(&error))) {
            Outcome::NothingDue => report.nothing_due(part),
            Outcome::Ready(input) => report.ready(part, arguments.contract, &input),
            Outcome::Settled(transaction, amount) => report.settled(part, transaction, amount),
            Outcome::Refused(stop) => {
                let goes_on = stop.concerns_one_part();
                report.refused(part, stop);
                if !goes_on {
                    break;
                }
            }
        }
    }
    Ok(report.finish(settlement.due_in_all(&parts).await.ok()))
}

/// Checks that the list belongs to this contract and its root is payable.
async fn check(reader: &ChainReader, arguments: &Arguments, list: &List) -> anyhow::Result<()> {
    let (tree, header) = (&list.tree, &list.header);
    ensure!(
        header.contract == arguments.contract,
        "wrong_list: the list is for the contract {}",
        header.contract
    );
    ensure!(
        tree.root() == arguments.root,
        "wrong_list: the leaves of the list have the root {}",
        tree.root()
    );
    let chain_id = reader.chain_id().await?;
    ensure!(
        chain_id == header.chain_id,
        "wrong_chain: the list is for chain {}, but the node is on chain {chain_id}",
        header.chain_id
    );
    let Some(published) = reader.liabilities(tree.root(), At::Latest).await? else {
        bail!(
            "root_unknown: the contract has no such root; it was never published, was vetoed or was retired"
        );
    };
    ensure!(
        published.total == tree.total().base_units(),
        "wrong_list: the leaves sum to {}, the contract's total of the root is {}",
        tree.total(),
        published.total
    );
    let now = reader.head_timestamp().await?;
    ensure!(
        published.claimable_from <= now,
        "root_immature: the root can be settled in {} seconds",
        published.claimable_from.saturating_sub(now)
    );
    Ok(())
}

impl Settlement {
    async fn settle(&self, part: &Part<'_>) -> anyhow::Result<Outcome> {
        let before = self.due(part).await?;
        if before == 0 {
            return Ok(Outcome::NothingDue);
        }
        let contract = self.reader.contract();
        let input = self.call_of(part)?;
        let call = Call {
            // Without a key it is tried as nobody's call: who sends it makes no difference.
            from: self.key.as_ref().map_or(Address::ZERO, PrivateKeySigner::address),
            to: contract,
            value: 0,
            input: input.clone(),
            gas_limit: None,
        };
        match self.sender.simulate(&call).await {
            Ok(_) => {}
            // Someone else was faster.
            Err(CallError::Reverted(revert)) if revert.name() == "NothingDue" => {
                return Ok(Outcome::NothingDue);
            }
            Err(CallError::Reverted(revert)) => return Ok(Outcome::Refused(Stop::of(&revert))),
            Err(error) => return Err(error.into()),
        }
        let Some(key) = &self.key else {
            return Ok(Outcome::Ready(input));
        };
        let (hash, receipt) = transaction::send(&self.sender, self.chain_id, key, contract, input).await?;
        let after = self.due(part).await?;
        Ok(match (receipt.succeeded, after) {
            (true, _) => Outcome::Settled(hash, before.saturating_sub(after)),
            // It came second, and there was nothing left to pay.
            (false, 0) => Outcome::NothingDue,
            (false, _) => Outcome::Refused(Stop::reverted(hash)),
        })
    }

    async fn due_in_all(&self, parts: &[Part<'_>]) -> anyhow::Result<u128> {
        let mut due = 0;
        for part in parts {
            due += self.due(part).await?;
        }
        Ok(due)
    }

    /// The entitlements of this part's users under the root, and what is still unpaid.
    async fn due(&self, part: &Part<'_>) -> anyhow::Result<u128> {
        let users: Vec<Address> = part.leaves.iter().map(|leaf| leaf.wallet).collect();
        let accounts = self.reader.accounts(&users, At::Latest).await?;
        let entitled = part.leaves.iter().map(|leaf| leaf.entitled.base_units());
        // A sum of leaves is below 2^96.
        Ok(entitled
            .zip(accounts)
            .map(|(entitled, account)| entitled.saturating_sub(account.paid))
            .sum())
    }

    fn call_of(&self, part: &Part<'_>) -> anyhow::Result<Bytes> {
        let words = part.leaves.iter().map(|leaf| {
            let (user, target) = (leaf.wallet, leaf.entitled.base_units());
            Payout { user, target }.word()
        });
        let nodes = part.proof.iter().map(|node| ICustody::SumNode {
            hash: node.hash,
            sum: U256::from(node.sum.base_units()),
        });
        let call = ICustody::settleLeavesCall {
            root: self.root,
            leaves: words.collect::<Result<_, _>>()?,
            proof: nodes.collect(),
        };
        Ok(call.abi_encode().into())
    }
}
