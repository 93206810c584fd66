//! The contract on the local chain, and the row that binds a database to it.

use abi::deploy::Deployment;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::providers::{Provider, ProviderBuilder};
use anyhow::{Context, bail};
use sqlx::Connection;

use crate::guard;
use crate::postgres::connect;
use crate::world::databases::remembered;
use crate::world::people;

/// Whether a database and a chain belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuity {
    /// The database was never deployed.
    New,
    /// The chain knows everything that the database builds on.
    Continues,
    /// The chain lost its newest blocks, and no fact came of them.
    Lost {
        /// Where the chain ends now.
        head: u64,
        /// The newest final block that both have.
        kept: u64,
    },
    /// The chain forgot, or is another one.
    Broken {
        /// What the chain does not know.
        reason: String,
    },
}

/// Asks the chain for what the database remembers.
pub async fn continuity(database_url: &str, rpc_url: &str) -> anyhow::Result<Continuity> {
    let Some((deployed, final_block)) = remembered(database_url).await? else {
        return Ok(Continuity::New);
    };
    let provider = provider(rpc_url)?;
    let chain_id = provider
        .get_chain_id()
        .await
        .context("cannot read the node's chain id")?;
    if chain_id != deployed.chain_id {
        let reason = format!(
            "the database belongs to chain {}, but the node is on chain {chain_id}",
            deployed.chain_id
        );
        return Ok(Continuity::Broken { reason });
    }
    let deployed_in = deployed.contract_block_hash;
    if !knows(&provider, deployed_in).await? {
        return Ok(Continuity::Broken {
            reason: format!("the node does not have block {deployed_in}, in which the contract was deployed"),
        });
    }
    if provider
        .get_code_at(deployed.contract)
        .await
        .context("the node does not respond")?
        .is_empty()
    {
        return Ok(Continuity::Broken {
            reason: format!("there is no contract at {}", deployed.contract),
        });
    }
    let Some(final_block) = final_block else {
        return Ok(Continuity::Continues);
    };
    if knows(&provider, final_block).await? {
        return Ok(Continuity::Continues);
    }
    lost_blocks(database_url, &provider).await
}

/// Whether what the chain lost can be taken back in the database, too: as long as no fact came of it.
async fn lost_blocks(database_url: &str, provider: &impl Provider) -> anyhow::Result<Continuity> {
    let head = provider
        .get_block_number()
        .await
        .context("the node does not respond")?;
    let mut connection = connect(database_url).await?;
    let posted = "SELECT greatest(
        (SELECT coalesce(max(block_number), 0) FROM inbox),
        (SELECT coalesce(max(block_number), 0) FROM posting_batch))";
    let posted: i64 = sqlx::query_scalar(posted).fetch_one(&mut connection).await?;
    let newest = "SELECT number, '0x' || encode(hash, 'hex') FROM chain_block \
        WHERE final AND canonical AND number BETWEEN $1 AND $2 ORDER BY number DESC";
    let candidates: Vec<(i64, String)> = sqlx::query_as(newest)
        .bind(posted)
        .bind(i64::try_from(head).context("a block number is too large")?)
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    for (number, hash) in candidates {
        if knows(provider, hash.parse().context("a stored block hash is none")?).await? {
            let number = u64::try_from(number).context("a stored block number is negative")?;
            return Ok(Continuity::Lost { head, kept: number });
        }
    }
    Ok(Continuity::Broken {
        reason: format!("the chain ends at block {head}, but the ledger has facts up to block {posted}"),
    })
}

async fn knows(provider: &impl Provider, block: B256) -> anyhow::Result<bool> {
    let found = provider.get_block_by_hash(block).await;
    Ok(found.context("the node does not respond")?.is_some())
}

/// Lets the listener begin again behind a block that the chain still has. No fact may come of a later one.
pub(crate) async fn take_back(database_url: &str, kept: u64) -> anyhow::Result<()> {
    guard::refuse_remote(database_url)?;
    let kept = i64::try_from(kept).context("a block number is too large")?;
    let mut connection = connect(database_url).await?;
    let mut transaction = connection.begin().await?;
    for statement in [
        "DELETE FROM chain_log WHERE block_number > $1",
        "DELETE FROM chain_block WHERE number > $1",
        "UPDATE checkpoint SET head_number = b.number, head_hash = b.hash, final_number = b.number, \
            final_hash = b.hash, final_timestamp = b.timestamp, final_seq = b.seq_end, final_root = b.root_end, \
            updated_at = now() FROM chain_block AS b WHERE b.number = $1 AND b.canonical",
    ] {
        sqlx::query(statement)
            .bind(kept)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Deploys the contract with the development configuration and binds the database to it, to the plan and to the operators.
///
/// It first refuses every chain but the local one and every server that is not on this machine.
pub async fn deploy(database_url: &str, rpc_url: &str, plan_text: &str) -> anyhow::Result<Deployment> {
    guard::refuse_remote(database_url)?;
    guard::refuse_remote(rpc_url)?;
    let provider = provider(rpc_url)?;
    let chain_id = provider
        .get_chain_id()
        .await
        .context("cannot read the node's chain id")?;
    guard::refuse_public_chain(chain_id)?;
    let plan =
        plan::compile(plan_text).map_err(|error| anyhow::anyhow!("the plan does not compile: {error}"))?;
    let deployer = abi::development::DEPLOYER.address;
    let deployment = abi::deploy::deploy(&provider, deployer, &abi::development::config()).await?;

    let deployed = store::deployment::Deployment {
        chain_id,
        contract: deployment.address,
        contract_block: deployment.block_number,
        contract_block_hash: deployment.block_hash,
        asset: plan.asset().code().to_owned(),
        plan_hash: plan.hash(),
        plan_text: plan_text.to_owned(),
    };
    let mut connection = connect(database_url).await?;
    store::deployment::bind(&mut connection, &deployed, &people::operators()?)
        .await
        .context("the database is bound to another deployment already")?;
    connection.close().await?;
    Ok(deployment)
}

/// Mines blocks until everything that a restored chain knew is final, so that the state of the newest final
/// block can be requested: a saved chain keeps its blocks, but not the states below the head.
pub(crate) async fn finalize_restored(rpc_url: &str) -> anyhow::Result<()> {
    let provider = provider(rpc_url)?;
    let head = provider
        .get_block_number()
        .await
        .context("the node does not respond")?;
    provider
        .raw_request::<_, Option<bool>>("anvil_mine".into(), ["0x6"])
        .await
        .context("the node does not mine")?;
    let block = provider.get_block_by_number(BlockNumberOrTag::Finalized).await?;
    match block {
        Some(block) if block.header.number > head => Ok(()),
        Some(_) | None => bail!("the restored chain does not become final"),
    }
}

fn provider(rpc_url: &str) -> anyhow::Result<impl Provider + Clone> {
    service::install_tls();
    Ok(ProviderBuilder::new().connect_http(rpc_url.parse().context("not a valid node URL")?))
}
