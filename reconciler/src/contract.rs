//! Reads the contract at the position's block for the checks.

use alloy_primitives::{Address, B256};
use audit::checks::{Chain, ChainAccount, Configuration, PAUSED, Position, Skip, Totals};
use chain::{AccountState, At, BatchState, ChainError, ChainReader};
use money::Amount;
use service::ErrorChain;

use crate::governance::{Governance, describe, expected};

/// What to request beside what is always requested.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Whose accounts.
    pub(crate) wallets: Vec<Address>,
    /// Which batches.
    pub(crate) batches: Vec<B256>,
    /// Which accounts of ours that send.
    pub(crate) senders: Vec<Address>,
    /// Names of pinned values beside permissions.
    pub(crate) pinned: Configuration,
}

/// The contract, and what its configuration ought to be.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) chain: Chain,
    pub(crate) expected: Configuration,
}

/// Reads the contract at the position's block, or says why it cannot be read there.
pub(crate) async fn read(
    reader: &ChainReader,
    position: &Position,
    wanted: &Wanted,
    governance: &Governance,
) -> Result<Read, Skip> {
    locate(reader, position).await?;
    read_at(reader, position.block_hash, wanted, governance)
        .await
        .map_err(|error| skip(position, &error))
}

/// Makes sure that the node has the block.
async fn locate(reader: &ChainReader, position: &Position) -> Result<(), Skip> {
    let hash = position.block_hash;
    let found = reader
        .find_header(hash)
        .await
        .map_err(|error| skip(position, &error))?;
    if found.is_some() {
        return Ok(());
    }
    let head = reader
        .head()
        .await
        .map_err(|error| skip(position, &error))?
        .number;
    if head < position.block_number {
        let posted = position.block_number;
        return Err(Skip::HeadBehind { posted, head });
    }
    Err(Skip::BlockGone(hash))
}

fn skip(position: &Position, error: &ChainError) -> Skip {
    if let ChainError::Stale { .. } = error {
        Skip::BlockGone(position.block_hash)
    } else {
        Skip::Unreachable(ErrorChain(error).to_string())
    }
}

async fn read_at(
    reader: &ChainReader,
    block: B256,
    wanted: &Wanted,
    governance: &Governance,
) -> Result<Read, ChainError> {
    let at = At::Block(block);
    let journal = reader.journal_at(block).await?;
    let totals = reader.totals(at).await?;
    let latest = reader.latest_root(at).await?;
    let mut chain = Chain {
        balance: Amount::new(reader.balance_at(block).await?.saturating_to()),
        totals: Totals {
            pushed: Amount::new(totals.pushed),
            claimed: Amount::new(totals.claimed),
            credited: Amount::new(totals.credited),
            escrowed: Amount::new(totals.escrowed),
        },
        journal: (journal.seq, journal.root),
        latest_root: latest.map(|latest| latest.root),
        ..Chain::default()
    };
    chain
        .roots
        .extend(latest.map(|latest| (latest.root, Amount::new(latest.total))));
    let accounts = reader.accounts(&wanted.wallets, at).await?;
    chain.accounts = wanted
        .wallets
        .iter()
        .copied()
        .zip(accounts.into_iter().map(account))
        .collect();
    for batch in &wanted.batches {
        let state = match reader.batch_state(*batch, at).await? {
            BatchState::Open => 0,
            BatchState::Cancelled => u64::MAX,
            BatchState::Executed { seq } => seq,
        };
        chain.batches.insert(*batch, state);
    }
    for sender in &wanted.senders {
        chain
            .nonces
            .insert(*sender, reader.transaction_count(*sender, at).await?);
    }
    let standing = governance.standing(&reader.constructed(at).await?);
    let questions: Vec<_> = standing.permissions().keys().copied().collect();
    chain.configuration = configuration(reader, at, &questions, &wanted.pinned).await?;
    let expected = expected(&standing, &wanted.pinned);
    Ok(Read { chain, expected })
}

/// Permissions, whether it is paused, and what operators pinned.
async fn configuration(
    reader: &ChainReader,
    at: At,
    questions: &[(chain::Permission, Address)],
    pinned: &Configuration,
) -> Result<Configuration, ChainError> {
    let answers = reader.permissions(questions, at).await?;
    let mut configuration = describe(questions.iter().copied().zip(answers));
    configuration.insert(PAUSED.to_owned(), reader.is_paused(at).await?.to_string());
    let constructed = reader.constructed(at).await?;
    let [cooling_off, veto_delay, operation_delay, max_freeze] = constructed.delays;
    let values = [
        ("code_hash", reader.code_hash(at).await?.to_string()),
        ("cooling_off", cooling_off.to_string()),
        ("veto_delay", veto_delay.to_string()),
        ("operation_delay", operation_delay.to_string()),
        ("max_freeze", max_freeze.to_string()),
        ("outflow_cap", constructed.outflow_cap.to_string()),
        ("outflow_floor", constructed.outflow_floor.to_string()),
    ];
    // What nobody pinned has nothing to be compared with.
    let values = values.into_iter().filter(|(name, _)| pinned.contains_key(*name));
    configuration.extend(values.map(|(name, value)| (name.to_owned(), value)));
    Ok(configuration)
}

fn account(state: AccountState) -> ChainAccount {
    ChainAccount {
        paid: Amount::new(state.paid),
        credit: Amount::new(state.credit),
        frozen_until: state.frozen_until,
    }
}
