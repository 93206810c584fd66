//! `trellis liabilities verify`: recomputes a published root from the public list of leaves, and compares it
//! with the root on the chain, without trusting the operator.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use audit::liabilities::List;
use chain::{At, ChainReader};

use super::LIST_BYTES_MAX;
use crate::input;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// The public list: the response to `GET /liabilities/roots/{root}/leaves`
    #[arg(long)]
    list: PathBuf,
}

pub(super) async fn run(verify: &Arguments) -> anyhow::Result<ExitCode> {
    let text = input::read_text(&verify.list, LIST_BYTES_MAX)?;
    // Parsing recomputes the tree: a list whose root or total is not its leaves' is refused.
    let list = List::parse(&text).context("not a list of liabilities")?;
    let (tree, header) = (&list.tree, &list.header);
    let reader = ChainReader::connect(&verify.rpc, header.contract)?;
    let mut differences = Vec::new();
    let chain_id = reader.chain_id().await?;
    if chain_id != header.chain_id {
        differences.push(format!(
            "the list is for chain {}, but the node is on chain {chain_id}",
            header.chain_id
        ));
    }
    match reader.liabilities(tree.root(), At::Latest).await? {
        None => differences.push(format!(
            "the root {} is not published in the contract",
            tree.root()
        )),
        Some(published) if published.total != tree.total().base_units() => differences.push(format!(
            "the contract's total of the root is {}, the list sums to {}",
            published.total,
            tree.total()
        )),
        Some(_) => {}
    }
    for leaf in tree.leaves() {
        let account = reader.account(leaf.wallet, At::Latest).await?;
        if !account.is_registered() {
            differences.push(format!("{} is not registered in the contract", leaf.wallet));
        }
        let paid = account.paid;
        if paid > leaf.entitled.base_units() {
            // Later batches pay beyond an older root: worth saying, no difference.
            outln!(
                "{} has since been paid {paid}, more than {}",
                leaf.wallet,
                leaf.entitled
            );
        }
    }
    for difference in &differences {
        outln!("{difference}");
    }
    outln!(
        "root {} of {} leaves, {} wei, as of journal entry {}: {}",
        tree.root(),
        tree.leaves().len(),
        tree.total(),
        header.as_of_seq,
        if differences.is_empty() {
            "published, and matches the leaves"
        } else {
            "does NOT match the published root"
        }
    );
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
