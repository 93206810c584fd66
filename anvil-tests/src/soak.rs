//! A soak: everything at once for as long as is asked, decided by a seed. Money comes in, batches go out, nodes misbehave and
//! fall behind, processes are killed, connections cut and blocks replaced; in the end nothing may be missed or doubled.
//!
//! The same seed makes the same decisions. When they meet which block is up to the machine, so a seed that failed is a
//! beginning to look from, not a recording. Not responsible for what is right in the end: `payouts::proof` recomputes that.

mod crowd;

use std::fmt;
use std::time::{Duration, Instant};

use abi::ICustody;
use abi::development::DEPLOYER;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use devstack::Wallet;
use devstack::services::Service;
use devstack::world::Person;
use rpcsim::{Rates, RpcSim, Spec, View};

use crate::payouts::{Batch, PayoutWorld};

/// Users whom batches pay, at least, and for each minute; each is in one batch.
const DUE_MIN: usize = 12;
const DUE_PER_MINUTE: u64 = 5;

/// Maximum number of transactions of one burst: more than a block has room for would only wait.
const BURST_MAX: u64 = 6;

/// So many events may wait to be posted; with more the chain waits, as it does while everyone is dead.
const BEHIND_MAX: u64 = 20_000;

/// How long it waits then.
const BREATH: Duration = Duration::from_millis(200);

/// The node that may fall behind, of those that listener and reconciler have, and by how many blocks.
const LAGGARD: usize = 1;
const LAG_MAX: u64 = 20;

/// Whose connections to the database are cut.
const ROLES: [&str; 5] = [
    "trellis_api",
    "trellis_listener",
    "trellis_poster",
    "trellis_reconciler",
    "trellis_settler",
];

/// The contract takes whole units of this many wei.
const GWEI: u64 = 1_000_000_000;

/// Accounts of the local chain from which payments come; users are below.
const PAYERS: std::ops::Range<u64> = 40..60;

/// The account that pays in the first block of each new branch.
const FORKER: usize = 61;

/// The deepest fork: finality is four blocks behind the head.
const FORK_MAX: u64 = 3;

/// Starts in vain: each asks a few things of nodes of which some do not respond.
const STARTS_MAX: u32 = 20;

/// One request of ten meets a fault: a step of the listener needs several that do not.
const FAULTS: Rates = Rates {
    delay: 20,
    rate_limited: 10,
    server_error: 5,
    refuse: 10,
    drop_before: 5,
    drop_after: 10,
    truncate: 5,
    stale: 10,
    missing: 10,
    swallow: 20,
};

/// Who is killed.
const VICTIMS: [Victim; 4] = [
    Victim::Listener,
    Victim::Worker,
    Victim::Settler,
    Victim::Reconciler,
];

#[derive(Clone, Copy, Debug)]
enum Victim {
    Listener,
    Worker,
    Settler,
    Reconciler,
}

/// What happened, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soaked {
    /// What decided.
    pub seed: u64,
    /// Decisions.
    pub rounds: u64,
    /// Journal entries of the contract, each found once in the ledger.
    pub events: u64,
    /// Facts of the ledger.
    pub facts: u64,
    /// Payments that were sent to the chain; a fork may have dropped some.
    pub payments: u64,
    /// Batches that were executed, each once.
    pub batches: u64,
    /// Processes that were killed.
    pub kills: u64,
    /// Connections to the database that were cut.
    pub cuts: u64,
    /// Forks above finality.
    pub forks: u64,
    /// Requests of listener, settlement and reconciler that met a fault, of the newest that are recorded.
    pub faults: usize,
}

impl fmt::Display for Soaked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}: {} rounds, {} payments, {} events and {} facts, {} batches, {} kills, {} cuts, {} forks, {} faults; \
             nothing missed, nothing doubled",
            self.seed,
            self.rounds,
            self.payments,
            self.events,
            self.facts,
            self.batches,
            self.kills,
            self.cuts,
            self.forks,
            self.faults
        )
    }
}

/// A stream of decisions.
struct Dice(u64);

impl Dice {
    /// SplitMix64: a few bits well mixed are all that is needed.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Everything that is in progress.
struct Soak {
    world: PayoutWorld,
    /// What listener and reconciler take for their nodes.
    nodes: RpcSim,
    /// Pays many times in one transaction.
    crowd: Address,
    /// Maximum number of payments of one transaction.
    payments_max: u64,
    dice: Dice,
    batches: Vec<Batch>,
    left: usize,
    soaked: Soaked,
}

/// Plays for so long, with at most so many payments in a transaction, and proves what came of it.
///
/// # Panics
/// When anything was missed, doubled or found, with the seed in the message.
pub async fn soak(seed: u64, length: Duration, payments_max: u64) -> Soaked {
    println!("soak: seed {seed}, {} s", length.as_secs());
    let due = usize::try_from(length.as_secs() / 60 * DUE_PER_MINUTE).unwrap_or(DUE_MIN);
    let mut soak = Soak::start(seed, due.max(DUE_MIN), payments_max).await;
    let begun = Instant::now();
    while begun.elapsed() < length {
        soak.soaked.rounds += 1;
        soak.round().await;
    }
    soak.end().await
}

impl Soak {
    async fn start(seed: u64, due: usize, payments_max: u64) -> Self {
        let mut world = PayoutWorld::with_due_behind(due, &[View::Live, View::Live]).await;
        let anvil = world.spec().rpc_url.clone();
        let spec = Spec::seeded(&anvil, seed, Rates::NONE).with_views(&[View::Live, View::Behind(1)]);
        let nodes = RpcSim::start(spec).await.expect("the nodes start");
        let urls = nodes.urls().join(",");
        for service in [
            &mut world.world.system.listener,
            &mut world.world.system.reconciler,
        ] {
            service.stop().expect("it ends");
            let mut spec = service.spec().clone();
            spec.environment
                .push(("TRELLIS_RPC_URL".to_owned(), urls.clone()));
            *service = Service::start(spec).await.expect("it starts behind the nodes");
        }
        let deployed = world
            .mining(world.deploy_code(DEPLOYER.address, &crowd::code()))
            .await;
        let soak = Self {
            crowd: deployed.expect("the node deploys"),
            payments_max,
            world,
            nodes,
            dice: Dice(seed),
            batches: Vec::new(),
            left: due,
            soaked: Soaked {
                seed,
                ..Soaked::default()
            },
        };
        soak.set_rates(FAULTS);
        soak
    }

    async fn round(&mut self) {
        if self.behind().await > BEHIND_MAX {
            self.revive().await;
            self.mine().await;
            tokio::time::sleep(BREATH).await;
        }
        match self.dice.below(100) {
            0..46 => self.pay().await,
            46..56 => self.mine().await,
            56..64 => self.pay_out().await,
            64..74 => self.kill(),
            74..84 => self.revive().await,
            84..88 => self.cut().await,
            88..92 => self.lag(),
            92..96 => self.fork().await,
            96..98 => self.set_rates(FAULTS),
            _ => self.set_rates(Rates::NONE),
        }
    }

    /// Events that are not posted.
    async fn behind(&self) -> u64 {
        let posted = "SELECT coalesce(max(chain_seq), 0) FROM inbox WHERE fact_seq IS NOT NULL";
        let posted: i64 = sqlx::query_scalar(posted)
            .fetch_one(self.world.ledger.pool())
            .await
            .expect("the database answers");
        let seq = self.world.journal().await.expect("the node answers");
        seq.saturating_sub(u64::try_from(posted).expect("a count"))
    }

    /// Another node than the first falls behind, further or less, or catches up.
    fn lag(&mut self) {
        let view = match self.dice.below(LAG_MAX + 1) {
            0 => View::Live,
            blocks => View::Behind(blocks),
        };
        self.nodes.set_view(LAGGARD, view);
    }

    /// The database ends all connections of one process.
    async fn cut(&mut self) {
        let index = usize::try_from(self.dice.below(ROLES.len() as u64)).expect("it is small");
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND usename = $1";
        let cut: i64 = sqlx::query_scalar(cut)
            .bind(ROLES[index])
            .fetch_one(self.world.ledger.pool())
            .await
            .expect("the database answers");
        self.soaked.cuts += u64::try_from(cut).expect("a count");
    }

    fn set_rates(&self, rates: Rates) {
        self.nodes.set_rates(rates);
        self.world.nodes.set_rates(rates);
    }

    /// A burst of payments into the contract, and a block or two with them.
    async fn pay(&mut self) {
        let payer = PAYERS.start + self.dice.below(PAYERS.end - PAYERS.start);
        let payer = Person::with(Wallet::at(usize::try_from(payer).expect("it is small"))).address();
        // A fork may have dropped earlier ones: their nonces are used again.
        let counted = self.world.provider.get_transaction_count(payer).await;
        let first = counted.expect("the node counts");
        for nonce in first..=first + self.dice.below(BURST_MAX) {
            let times = 1 + self.dice.below(self.payments_max);
            let each = U256::from((1 + self.dice.below(1_000)) * GWEI);
            let request = TransactionRequest::default()
                .with_from(payer)
                .with_nonce(nonce)
                .with_to(self.crowd)
                .with_value(each * U256::from(times))
                .with_gas_limit(crowd::gas(times))
                .with_input(crowd::call(self.world.custody, times, each));
            let sent = self.world.provider.send_transaction(request).await;
            // The pool may still have one of this nonce.
            self.soaked.payments += if sent.is_ok() { times } else { 0 };
        }
        let blocks = 1 + self.dice.below(2);
        self.world.mine(blocks).await.expect("the node mines");
    }

    async fn mine(&mut self) {
        let blocks = 1 + self.dice.below(10);
        self.world.mine(blocks).await.expect("the node mines");
    }

    /// Another batch, as far as operators and the worker's helpers are there.
    async fn pay_out(&mut self) {
        let count = usize::try_from(1 + self.dice.below(3)).expect("it is small");
        if count > self.left {
            return;
        }
        // Operators wait for a batch to be sealed: that needs all who post and seal.
        self.revive().await;
        let people = self.world.some(count);
        self.left -= count;
        let batch = self.world.submitted_batch(&people).await;
        self.batches.push(batch);
    }

    fn kill(&mut self) {
        let index = usize::try_from(self.dice.below(VICTIMS.len() as u64)).expect("it is small");
        let victim = VICTIMS[index];
        // Who is dead already is not killed again.
        if self.service(victim).check_running().is_ok() {
            self.service(victim).kill().expect("it is killed");
            self.soaked.kills += 1;
        }
    }

    /// As whoever supervises them: whatever does not run is started, until it does.
    async fn revive(&mut self) {
        for victim in VICTIMS {
            let mut failed = 0;
            while self.service(victim).check_running().is_err() {
                if let Err(error) = self.service(victim).restart().await {
                    failed += 1;
                    assert!(failed < STARTS_MAX, "{victim:?} does not start: {error:#}");
                }
            }
        }
    }

    fn service(&mut self, victim: Victim) -> &mut Service {
        let system = &mut self.world.world.system;
        match victim {
            Victim::Listener => &mut system.listener,
            Victim::Worker => &mut system.worker,
            Victim::Settler => &mut system.settler,
            Victim::Reconciler => &mut system.reconciler,
        }
    }

    async fn fork(&mut self) {
        let depth = 1 + self.dice.below(FORK_MAX);
        // Empty blocks at the same second would be the same blocks again: the new branch begins with a payment of its own.
        let payer = Person::with(Wallet::at(FORKER));
        let value = U256::from((1 + self.dice.below(1_000)) * GWEI);
        let call = Bytes::from(ICustody::fundCall {}.abi_encode());
        let signed = payer.signed(&self.world, value, call).await;
        let raw = signed.expect("the node answers");
        self.world
            .reorganize(depth, &[(raw, 0)])
            .await
            .expect("the node forks");
        self.soaked.forks += 1;
    }

    async fn end(mut self) -> Soaked {
        let count = |nodes: &RpcSim| {
            let exchanges = nodes.exchanges();
            exchanges
                .iter()
                .filter(|exchange| exchange.fault.is_some())
                .count()
        };
        self.soaked.faults = count(&self.nodes) + count(&self.world.nodes);
        self.set_rates(Rates::NONE);
        // Whoever reads from a node that is behind would never be in step.
        self.nodes.set_view(LAGGARD, View::Live);
        self.revive().await;
        for batch in std::mem::take(&mut self.batches) {
            self.world.executed(&batch).await;
            self.soaked.batches += 1;
        }
        self.world.prove().await;
        self.soaked.events = self.world.journal().await.expect("the node answers");
        let facts: i64 = sqlx::query_scalar("SELECT count(*) FROM fact")
            .fetch_one(self.world.ledger.pool())
            .await
            .expect("the database answers");
        self.soaked.facts = u64::try_from(facts).expect("a count");
        self.soaked
    }
}
