//! The lane: assigns nonces of the relayer's account to queued messages, sends signed ones, and closes final ones.
//!
//! A transaction is stored before it is sent, under the lease for settlement, and only stored bytes are sent: a process that is
//! killed anywhere is followed by one that goes on from the database. A repetition costs gas at most, for the contract takes no
//! message twice.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use chain::{At, CallError, ChainError};
use money::Amount;
use service::{ErrorChain, fault_point};
use settlement::fees::{FeeLimits, Fees, NextFees};
use signer::keyring::KeyError;
use sqlx::{Acquire, PgConnection, PgTransaction};
use store::deadline::within;
use store::lease::{self, Lease, LeaseError};
use store::relay::{self, Queued};
use store::relay_attempt::{self, NewAttempt, Sent};
use thiserror::Error;

use super::account::{Relayer, Signed, Terms};
use super::network::{Ending, Look, Network};
use super::refusal;
use crate::settlement as settler;

/// Messages in progress at once.
const IN_FLIGHT_MAX: usize = 16;
/// Queued messages that are looked at in one step.
const LOOKED_AT: i64 = 32;
/// Between two steps when nothing moves: two blocks or so.
const POLL: Duration = Duration::from_millis(500);
/// After an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(2);
/// Between two sends of the same transaction, for pools forget.
const SEND_EVERY: Duration = Duration::from_secs(3);
/// After this time without inclusion a transaction is replaced by one that pays more.
const RAISE_AFTER_SECONDS: u64 = 15;
/// Before a message is tried again that waits for money or for the cap.
const PAUSE: Duration = Duration::from_secs(5);
/// How often the account is entered as relaying.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(30);
/// Seconds that a message must still be good for when it gets a nonce.
const LIFE_MIN_SECONDS: u64 = 10;
/// One step, nodes included.
const STEP_WITHIN: Duration = Duration::from_secs(120);

/// Why a step failed.
#[derive(Debug, Error)]
enum LaneError {
    #[error(transparent)]
    Lease(#[from] LeaseError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("no node responds")]
    Chain(#[from] ChainError),
    #[error("the relayer's key cannot sign")]
    Key(#[from] KeyError),
}

store::from_sqlx!(LaneError);

/// Everything that the lane is started with.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) database_url: String,
    pub(crate) lease: Lease,
    pub(crate) relayer: Relayer,
    pub(crate) network: settler::Network,
}

/// Works until the lease is lost or the caller drops it.
pub(crate) async fn keep(task: Task) {
    let mut kept: Option<Lane> = None;
    loop {
        let rest = match within(STEP_WITHIN, next(&task, &mut kept)).await {
            Ok(true) => continue,
            Ok(false) => POLL,
            Err(LaneError::Lease(LeaseError::Lost { .. })) => {
                tracing::warn!("the settlement lease was lost; relaying has stopped");
                return;
            }
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "relaying deferred");
                if !matches!(error, LaneError::Chain(_)) {
                    kept = None;
                }
                REST_AFTER_ERROR
            }
        };
        tokio::time::sleep(rest).await;
    }
}

async fn next(task: &Task, kept: &mut Option<Lane>) -> Result<bool, LaneError> {
    let lane = match kept {
        Some(lane) => lane,
        None => kept.insert(Lane::connect(task).await?),
    };
    lane.step().await
}

/// The lane on one connection. It remembers nothing that it could not do without.
#[derive(Debug)]
struct Lane {
    connection: PgConnection,
    lease: Lease,
    relayer: Relayer,
    network: Network,
    announced: Option<Instant>,
    sent: HashMap<B256, Instant>,
    waiting: HashMap<i64, Instant>,
}

impl Lane {
    async fn connect(task: &Task) -> Result<Self, LaneError> {
        Ok(Self {
            connection: settler::connect(&task.database_url).await?,
            lease: task.lease,
            relayer: task.relayer.clone(),
            network: Network {
                sender: task.network.sender.clone(),
                reader: task.network.reader.clone(),
                contract: task.relayer.contract(),
            },
            announced: None,
            sent: HashMap::new(),
            waiting: HashMap::new(),
        })
    }

    async fn begin(&mut self) -> Result<PgTransaction<'_>, LaneError> {
        let mut transaction = self.connection.begin().await?;
        lease::check(&mut transaction, self.lease).await?;
        Ok(transaction)
    }

    /// Does what is due; `true` when something moved.
    async fn step(&mut self) -> Result<bool, LaneError> {
        self.announce().await?;
        let sent = relay_attempt::list_sent(&mut self.connection).await?;
        let queued = relay::list_queued(&mut self.connection, 0, LOOKED_AT).await?;
        self.forget(&sent, &queued);
        if sent.is_empty() && queued.is_empty() {
            return Ok(false);
        }
        let mut accounts: BTreeSet<_> = sent.iter().map(|sent| sent.sender).collect();
        accounts.insert(self.relayer.address());
        let look = self.network.look(&accounts).await?;
        let mut moved = false;
        for sent in &sent {
            moved |= self.follow(sent, &look).await?;
        }
        Ok(moved | self.allocate(&sent, &look).await?)
    }

    async fn announce(&mut self) -> Result<(), LaneError> {
        if self.announced.is_none_or(|at| at.elapsed() > ANNOUNCE_EVERY) {
            let account = self.relayer.address();
            let mut transaction = self.begin().await?;
            relay::insert_relayer(&mut transaction, account).await?;
            transaction.commit().await?;
            self.announced = Some(Instant::now());
        }
        Ok(())
    }

    fn forget(&mut self, sent: &[Sent], queued: &[Queued]) {
        let attempts = || sent.iter().flat_map(|sent| &sent.attempts);
        self.sent
            .retain(|hash, _| attempts().any(|attempt| attempt.hash == *hash));
        self.waiting
            .retain(|id, _| queued.iter().any(|queued| queued.id == *id));
    }

    /// Follows one message to its end: closes it, replaces its transaction, or sends it again.
    async fn follow(&mut self, sent: &Sent, look: &Look) -> Result<bool, LaneError> {
        let (latest, finalized) = look.nonces.get(&sent.sender).copied().unwrap_or_default();
        if finalized > sent.nonce {
            return self.close(sent, look).await;
        }
        let Some(newest) = sent.attempts.last().filter(|_| latest <= sent.nonce) else {
            return Ok(false);
        };
        let is_own = sent.sender == self.relayer.address();
        if is_own && newest.age_seconds >= RAISE_AFTER_SECONDS {
            let limits = self.limits();
            let old = Fees::new(newest.max_fee, newest.priority_fee);
            if let NextFees::Raised(fees) = limits.cap(sent.gas_limit).next(old, look.suggested) {
                let terms = Terms {
                    nonce: sent.nonce,
                    gas_limit: sent.gas_limit,
                    fees,
                    input: sent.input.clone(),
                };
                return self.sign(sent.id, terms).await;
            }
        }
        for attempt in &sent.attempts {
            if (self.sent.get(&attempt.hash)).is_none_or(|at| at.elapsed() > SEND_EVERY) {
                self.send(attempt.hash, &attempt.raw).await;
            }
        }
        Ok(false)
    }

    async fn close(&mut self, sent: &Sent, look: &Look) -> Result<bool, LaneError> {
        let ending = self.network.ending(sent, look.finalized).await;
        let mut transaction = self.begin().await?;
        match &ending {
            Ending::Unknown => return Ok(false),
            Ending::Taken => {
                tracing::warn!(
                    relay.id = sent.id,
                    sender.nonce = sent.nonce,
                    "another transaction took the relayer's nonce"
                );
                relay::update_waiting_again(&mut transaction, sent.id).await?;
            }
            Ending::Final(finished) => {
                relay_attempt::update_finished(&mut transaction, sent, finished).await?;
                tracing::info!(
                    relay.id = sent.id,
                    transaction.hash = %finished.hash,
                    succeeded = finished.succeeded,
                    fee = %finished.fee,
                    "a relayed message is final"
                );
            }
        }
        fault_point("relay.before_close");
        transaction.commit().await?;
        let outcome = match ending {
            Ending::Final(finished) if finished.succeeded => "done",
            Ending::Final(_) => "reverted",
            Ending::Taken | Ending::Unknown => "taken",
        };
        metrics::counter!("trellis_relay_closed_total", "outcome" => outcome).increment(1);
        Ok(true)
    }

    const fn limits(&self) -> FeeLimits {
        FeeLimits {
            price_max: self.relayer.price_max,
            budget: Amount::new(u128::MAX),
        }
    }

    /// Gives nonces to messages that wait, oldest first, as far as price, budget and balance allow.
    async fn allocate(&mut self, sent: &[Sent], look: &Look) -> Result<bool, LaneError> {
        let account = self.relayer.address();
        if look.price > self.relayer.price_max {
            blocked("gas_price");
            return Ok(false);
        }
        let own = sent.iter().filter(|sent| sent.sender == account);
        let (latest, _) = look.nonces.get(&account).copied().unwrap_or_default();
        let mut nonce = (own.clone())
            .map(|sent| sent.nonce.saturating_add(1))
            .max()
            .map_or(latest, |next| next.max(latest));
        let mut room = IN_FLIGHT_MAX.saturating_sub(own.count());
        let (mut after, mut moved) = (0, false);
        while room > 0 {
            let page = relay::list_queued(&mut self.connection, after, LOOKED_AT).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for queued in page.into_iter().take(room) {
                match self.try_one(&queued, look, nonce).await? {
                    Tried::Sent => {
                        (moved, nonce, room) = (true, nonce.saturating_add(1), room.saturating_sub(1));
                    }
                    Tried::GivenUp => moved = true,
                    Tried::Waits => {}
                    Tried::Blocked => return Ok(moved),
                }
            }
        }
        Ok(moved)
    }

    async fn try_one(&mut self, queued: &Queued, look: &Look, nonce: u64) -> Result<Tried, LaneError> {
        if (self.waiting.get(&queued.id)).is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(Tried::Waits);
        }
        if look.time.saturating_add(LIFE_MIN_SECONDS) > queued.deadline {
            return self.give_up(queued, "expired").await;
        }
        let account = self.relayer.address();
        let trial = self.network.try_call(account, &queued.input, queued.gas_limit);
        match trial.await {
            Ok(()) => {}
            Err(CallError::Reverted(revert)) if !refusal::is_passing(&revert) => {
                return self.give_up(queued, &refusal::code(&revert)).await;
            }
            Err(CallError::Chain(error)) => return Err(error.into()),
            Err(error @ (CallError::Reverted(_) | CallError::Refused { .. })) => {
                tracing::info!(relay.id = queued.id, error = %ErrorChain(&error), "message deferred");
                self.waiting.insert(queued.id, Instant::now());
                return Ok(Tried::Waits);
            }
        }
        let fees = self.limits().cap(queued.gas_limit).first(look.suggested);
        let cost = cost_max(fees, queued.gas_limit);
        if !self.can_pay(cost).await? {
            return Ok(Tried::Blocked);
        }
        let terms = Terms {
            nonce,
            gas_limit: queued.gas_limit,
            fees,
            input: queued.input.clone(),
        };
        Ok(if self.sign(queued.id, terms).await? {
            Tried::Sent
        } else {
            Tried::Waits
        })
    }

    /// Whether the day's budget and the account's balance cover it, besides what is in progress.
    async fn can_pay(&mut self, cost: Amount) -> Result<bool, LaneError> {
        let account = self.relayer.address();
        let spent = relay_attempt::spent_lately(&mut self.connection, account).await?;
        let all = spent.checked_add(cost).unwrap_or(Amount::new(u128::MAX));
        if all > self.relayer.budget_per_day {
            blocked("budget");
            return Ok(false);
        }
        let under_way = relay_attempt::under_way(&mut self.connection, account).await?;
        let needed = under_way.checked_add(cost).unwrap_or(Amount::new(u128::MAX));
        let balance = self.network.sender.balance(account, At::Latest).await?;
        if needed > Amount::new(balance) {
            blocked("balance");
            return Ok(false);
        }
        Ok(true)
    }

    async fn give_up(&mut self, queued: &Queued, why: &str) -> Result<Tried, LaneError> {
        let mut transaction = self.begin().await?;
        relay::update_given_up(&mut transaction, queued.id, why).await?;
        transaction.commit().await?;
        metrics::counter!("trellis_relay_closed_total", "outcome" => "given_up").increment(1);
        tracing::info!(relay.id = queued.id, relay.digest = %queued.digest, why, "abandoned a relayed message");
        Ok(Tried::GivenUp)
    }

    /// Signs, stores, and sends what is stored. `false` when the message is not where it was any more.
    async fn sign(&mut self, id: i64, terms: Terms) -> Result<bool, LaneError> {
        let (nonce, fees, cost) = (terms.nonce, terms.fees, cost_max(terms.fees, terms.gas_limit));
        let Signed { hash, raw } = self.relayer.sign(terms)?;
        let new = NewAttempt {
            relay: id,
            sender: self.relayer.address(),
            nonce,
            hash,
            raw: raw.clone(),
            max_fee: fees.max_fee(),
            priority_fee: fees.max_priority_fee(),
            cost_max: cost,
        };
        let mut transaction = self.begin().await?;
        if !relay_attempt::insert(&mut transaction, &new).await? {
            return Ok(false);
        }
        fault_point("relay.before_store");
        transaction.commit().await?;
        fault_point("relay.after_store");
        tracing::info!(relay.id = id, sender.nonce = nonce, transaction.hash = %hash, "signed a relay");
        self.send(hash, &raw).await;
        Ok(true)
    }

    async fn send(&mut self, hash: B256, raw: &alloy::primitives::Bytes) {
        for answer in self.network.sender.broadcast(raw).await {
            tracing::debug!(transaction.hash = %hash, node = answer.node, outcome = ?answer.outcome, "sent a relay");
        }
        fault_point("relay.after_broadcast");
        self.sent.insert(hash, Instant::now());
    }
}

/// The outcome of a try.
enum Tried {
    Sent,
    GivenUp,
    Waits,
    Blocked,
}

fn cost_max(fees: Fees, gas_limit: u64) -> Amount {
    Amount::new(fees.max_fee().saturating_mul(u128::from(gas_limit)))
}

/// Messages wait for this, all of them.
fn blocked(cause: &'static str) {
    metrics::counter!("trellis_relay_blocked_total", "cause" => cause).increment(1);
    tracing::debug!(cause, "relaying deferred");
}
