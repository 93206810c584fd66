//! A world in which users have matured rewards and operators pay them out, with nodes that misbehave on demand between
//! the settlement worker and the chain, and blocks that come when the test wants them.
//!
//! Not responsible for what is right in the end: `proof` recomputes that.

mod batch;
mod people;
mod proof;
mod staff;

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionReceipt;
use devstack::ProcessId;
use devstack::services::Service;
use devstack::world::Person;
use rpcsim::{RpcSim, View};
use testkit::wait_for;

use crate::{PATIENCE, World};

pub use batch::{Attempt, Batch, Submission};

/// How long the lease of a worker that was killed keeps the next one waiting.
const LEASE_TTL_MS: &str = "1000";

/// A world with users who are due, operators who are signed in, and a settlement worker whose nodes are ours.
#[derive(Debug)]
pub struct PayoutWorld {
    /// Everything that runs.
    pub world: World,
    /// What the settlement worker takes for its nodes.
    pub nodes: RpcSim,
    /// Builds, signs and submits.
    pub builder: Person,
    /// Approves, signs and submits.
    pub approver: Person,
    /// May only look.
    pub auditor: Person,
    due: VecDeque<Person>,
    /// What the contract must have paid, sent or credited, to whom.
    paid: BTreeMap<Address, u128>,
}

impl Deref for PayoutWorld {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for PayoutWorld {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl PayoutWorld {
    /// A world in which `count` users are due 18 BNB each. Blocks come only when they are wanted from here on.
    ///
    /// # Panics
    /// When anything of that does not work.
    pub async fn with_due(count: usize) -> Self {
        Self::with_due_behind(count, &[View::Live]).await
    }

    /// As [`PayoutWorld::with_due`], with a node for each of these views.
    ///
    /// # Panics
    /// When anything of that does not work.
    pub async fn with_due_behind(count: usize, views: &[View]) -> Self {
        Self::with(count, views, LEASE_TTL_MS, &[]).await
    }

    /// As [`PayoutWorld::with_due`], with these variables for every service.
    ///
    /// # Panics
    /// When anything of that does not work.
    pub async fn with_due_and(count: usize, variables: &[(&str, String)]) -> Self {
        Self::with(count, &[View::Live], LEASE_TTL_MS, variables).await
    }

    /// As [`PayoutWorld::with_due`], where a worker keeps its lease while it is silent for so many milliseconds.
    ///
    /// # Panics
    /// When anything of that does not work.
    pub async fn with_due_and_lease(count: usize, ttl_ms: &str) -> Self {
        Self::with(count, &[View::Live], ttl_ms, &[]).await
    }

    async fn with(count: usize, views: &[View], lease_ttl_ms: &str, variables: &[(&str, String)]) -> Self {
        let mut environment = vec![("TRELLIS_LEASE_TTL_MS".to_owned(), lease_ttl_ms.to_owned())];
        environment.extend((variables.iter()).map(|(name, value)| ((*name).to_owned(), value.clone())));
        let started = World::start_behind(views, environment).await;
        let (world, nodes) = started.expect("the world starts");
        let operators = people::operators(&world).await.expect("operators sign in");
        let [builder, approver, auditor] = operators;
        let due = people::make_due(&world, count).await.expect("users become due");
        Self {
            world,
            nodes,
            builder,
            approver,
            auditor,
            due: due.into(),
            paid: BTreeMap::new(),
        }
    }

    /// A user who is due 18 BNB, and is nobody else's.
    ///
    /// # Panics
    /// When there is nobody left.
    pub fn somebody(&mut self) -> Person {
        self.due.pop_front().expect("somebody is left")
    }

    /// So many of them.
    ///
    /// # Panics
    /// When so many are not left.
    pub fn some(&mut self, count: usize) -> Vec<Person> {
        (0..count).map(|_| self.somebody()).collect()
    }

    /// The contract must have paid this to the user, beside what was expected before.
    pub fn expect_paid(&mut self, user: Address, amount: u128) {
        *self.paid.entry(user).or_default() += amount;
    }

    /// Mines, block after block as listener and settlement worker follow, until `look` finds something.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn advance_until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let mut mined = tokio::time::Instant::now();
        wait_for(what, PATIENCE, async || {
            let found = look(self).await;
            // A block on every look would be more than anyone can follow.
            if found.is_none() && self.is_due(mined.elapsed()).await {
                self.mine(1).await.ok()?;
                mined = tokio::time::Instant::now();
            }
            found
        })
        .await
    }

    /// Waits until `look` finds something, without a block.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn wait_until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        wait_for(what, PATIENCE, async || look(self).await).await
    }

    /// Whether it is time for another block, so long after the last one. The settlement worker counts in blocks: what comes
    /// while it has no time is as long to it as what it waits for. One that does not work is not waited for.
    async fn is_due(&self, elapsed: Duration) -> bool {
        if elapsed < BETWEEN_BLOCKS || !self.is_followed().await {
            return false;
        }
        let pid = self.system.settler.pid();
        let rests = pid.is_none_or(|pid| ProcessId::of(pid).is_err()) || elapsed >= SILENCE;
        let head = self.head().await.ok();
        rests || self.nodes.head_told(0) == head
    }

    /// Whether the listener holds the newest block.
    async fn is_followed(&self) -> bool {
        people::is_followed(&self.world).await.unwrap_or(false)
    }

    /// Waits until the listener holds the newest block.
    ///
    /// # Panics
    /// When it does not follow.
    pub async fn followed(&self) {
        self.wait_until("the listener to follow", async |payouts| {
            payouts.is_followed().await.then_some(())
        })
        .await;
    }

    /// Mines until the listener holds this block as a finalized one.
    ///
    /// # Panics
    /// When it does not.
    pub async fn is_final(&self, block: u64) {
        let block = i64::try_from(block).expect("a block's number");
        self.advance_until("a block to be final", async |payouts| {
            let statement = "SELECT final_number FROM checkpoint";
            let number: i64 = sqlx::query_scalar(statement)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            (number >= block).then_some(())
        })
        .await;
    }

    /// Mines until everything that the contract journaled, and every command, is posted.
    ///
    /// # Panics
    /// When that does not happen.
    pub async fn settled(&self) {
        self.advance_until("the ledger to be in step with the chain", async |payouts| {
            let seq = i64::try_from(payouts.journal().await.ok()?).ok()?;
            let statement = "SELECT coalesce(max(chain_seq), 0) = $1 AND count(*) FILTER (WHERE fact_seq IS NULL) = 0 \
                FROM inbox";
            let posted: bool = sqlx::query_scalar(statement)
                .bind(seq)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            posted.then_some(())
        })
        .await;
    }

    /// Mines while something waits for blocks.
    pub async fn mining<T>(&self, waiting: impl Future<Output = T>) -> T {
        let mut waiting = std::pin::pin!(waiting);
        loop {
            tokio::select! {
                biased;
                done = &mut waiting => return done,
                () = tokio::time::sleep(BETWEEN_BLOCKS) => {
                    self.mine(1).await.expect("the node mines");
                }
            }
        }
    }

    /// Sends a call of a person's wallet and mines it.
    ///
    /// # Panics
    /// When the node refuses it.
    pub async fn send_from(&self, person: &Person, call: Bytes) -> TransactionReceipt {
        let raw = person
            .signed(self, U256::ZERO, call)
            .await
            .expect("the node answers");
        let sent = self.provider.send_raw_transaction(&raw).await;
        let hash = *sent.expect("the node takes it").tx_hash();
        self.mined(hash).await
    }

    /// Mines a transaction that the node has.
    ///
    /// # Panics
    /// When no block takes it.
    pub async fn mined(&self, hash: B256) -> TransactionReceipt {
        self.advance_until("the receipt of a transaction", async |payouts| {
            payouts.provider.get_transaction_receipt(hash).await.ok()?
        })
        .await
    }

    /// Mines one block whose base fee is so high.
    ///
    /// # Panics
    /// When the node refuses.
    pub async fn mine_at(&self, base_fee: u128) {
        self.price_next_block(base_fee).await;
        self.mine(1).await.expect("the node mines");
    }

    /// Sets the base fee of the next block.
    ///
    /// # Panics
    /// When the node refuses.
    pub async fn price_next_block(&self, base_fee: u128) {
        let set = self.provider.anvil_set_next_block_base_fee_per_gas(base_fee);
        set.await.expect("the node sets the base fee");
    }

    /// Sets what an account has.
    ///
    /// # Panics
    /// When the node refuses.
    pub async fn set_purse(&self, account: Address, amount: U256) {
        let set = self.provider.anvil_set_balance(account, amount);
        set.await.expect("the node sets the balance");
    }
}

/// Between two blocks that are made while something is waited for.
const BETWEEN_BLOCKS: Duration = Duration::from_millis(60);

/// After so long without a question a settlement worker counts as one that does not work: it stands by, or is stopped.
const SILENCE: Duration = Duration::from_secs(3);

/// Waits until a service that was started with a fault has died of it, and of nothing else.
///
/// # Panics
/// When it lives on, or ended by itself.
pub async fn has_died(service: &mut Service, point: &str) {
    let status = service.wait_until_ended(PATIENCE).await;
    let status = status.unwrap_or_else(|error| panic!("{point} was not reached: {error:#}"));
    // As by `kill -9`.
    assert_eq!(status.signal(), Some(9), "it ended before {point}: {status}");
}
