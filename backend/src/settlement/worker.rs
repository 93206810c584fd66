//! [`Worker`]: one step of settlement, repeated. A step reads the current state, does what
//! is due, and keeps no essential state.

use std::collections::HashMap;

use alloy::primitives::B256;
use approval::Domain;
use serde_json::json;
use settlement::fees::FeeLimits;
use settlement::state::Gate;
use settlement::submission::BlockTime;
use store::checkpoint;
use store::deployment::Deployment;
use store::lease::LeaseError;
use store::settlement_batch::{self, WatchedBatch};
use store::settlement_sender::{self, Recorded, SenderAccount};
use store::sign_request::{self, SignTerms};
use store::submission::{self, Submission};
use store::{StoreError, settlement_root};
use thiserror::Error;

use super::calls::CallsError;
use super::config::Config;
use super::memory::Memory;
use super::network::Network;
use crate::agreement;
use crate::lease_guard::LeaseGuard;

/// The worker.
#[derive(Debug)]
pub struct Worker {
    pub(super) hold: LeaseGuard,
    pub(super) network: Network,
    pub(super) memory: Memory,
    pub(super) chain_id: u64,
    pub(super) plan_hash: B256,
    pub(super) limits: FeeLimits,
    pub(super) root_life_seconds: u64,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something moved: there may be more to do at once.
    Moved,
    /// Nothing is to be done before something happens.
    Idle,
}

/// Why a step failed. The worker must end; the next one goes on from the database.
#[derive(Debug, Error)]
pub enum StepError {
    /// Another process is the worker.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored call cannot be read.
    #[error(transparent)]
    Calls(#[from] CallsError),
}

store::from_sqlx!(StepError);

/// Everything that is stored about what is in progress, read at the beginning of a step.
#[derive(Clone, Debug)]
pub(super) struct Records {
    /// The newest finalized block that the listener recorded.
    pub(super) finalized: BlockTime,
    pub(super) final_hash: B256,
    pub(super) live: Vec<Submission>,
    pub(super) recorded: Vec<Recorded>,
    /// What the signer was asked for, by submission and attempt.
    pub(super) requested: HashMap<(i64, u32), SignTerms>,
    pub(super) watched: Vec<WatchedBatch>,
    pub(super) batches: Vec<(B256, settlement::state::BatchState)>,
    pub(super) roots: Vec<(B256, String)>,
    pub(super) account: SenderAccount,
    pub(super) gate: Gate,
}

impl Records {
    pub(super) fn recorded(&self, transaction: B256) -> Option<&Recorded> {
        self.recorded
            .iter()
            .find(|recorded| recorded.transaction_hash == transaction)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.account.paused.is_some()
    }
}

impl Worker {
    /// A worker that holds the lease.
    pub fn new(config: &Config, deployed: &Deployment, network: Network, hold: LeaseGuard) -> Self {
        Self {
            hold,
            network,
            memory: Memory::default(),
            chain_id: deployed.chain_id,
            plan_hash: deployed.plan_hash,
            limits: config.fee_limits,
            root_life_seconds: config.root_life_seconds,
        }
    }

    /// Does what is due, each of it in transactions of its own. What nodes or signers do not respond is done later.
    pub async fn step(&mut self) -> Result<Step, StepError> {
        self.hold.keep().await?;
        let mut moved = self.seal().await?;
        let Some(records) = self.records().await? else {
            return Ok(step(moved));
        };
        self.measure(&records);
        let wanted = wanted(&records);
        let last = self.memory.look.take();
        let network = self.network.clone();
        let look = match self.hold.during(network.look(&wanted, last)).await? {
            Ok(look) => look,
            Err(error) => {
                metrics::counter!("trellis_settlement_unanswered_total", "by" => "nodes").increment(1);
                if self.memory.is_changed(b"nodes", "unanswered") {
                    tracing::warn!(error = %service::ErrorChain(&error), "no node responds; waiting");
                }
                return Ok(step(moved));
            }
        };
        self.memory.resumed(b"nodes");
        self.memory.look = Some(look.clone());
        moved |= self.compare_nonces(&records, &look).await?;
        moved |= self.advance(&records, &look).await?;
        moved |= self.release_expired(&records).await?;
        moved |= self.sign_batches(&records, &look).await?;
        moved |= self.sign_roots(&records, &look).await?;
        moved |= self.allocate(&records, &look).await?;
        Ok(step(moved))
    }

    /// Lets the next process go on at once.
    pub async fn release(self) -> Result<(), StoreError> {
        self.hold.release().await
    }

    /// Where signatures of this ledger's operators count.
    pub(super) const fn domain(&self) -> Domain {
        Domain {
            chain_id: self.chain_id,
            contract: self.network.contract,
        }
    }

    /// Whether settlement is stopped. A stop ends when two people signed that; the row is closed here, after that was
    /// verified, and says nothing by itself.
    async fn gate(&mut self, time: u64) -> Result<Gate, StepError> {
        let domain = self.domain();
        let (open, ended) = agreement::stops(self.hold.reader(), &domain, time).await?;
        for (stop, by) in ended {
            let mut transaction = self.hold.begin().await?;
            store::stop::update_resumed(&mut transaction, stop.id, by).await?;
            transaction.commit().await?;
            tracing::info!(stop.id = stop.id, "two operators ended a stop");
        }
        Ok(if open.is_empty() {
            Gate::Open
        } else {
            Gate::Stopped
        })
    }

    /// What is stored; `None` as long as the account or the chain is not known.
    pub(super) async fn records(&mut self) -> Result<Option<Records>, StepError> {
        let Some(account) = self.find_account().await? else {
            return Ok(None);
        };
        let reader = self.hold.reader();
        let Some(checkpoint) = checkpoint::find(reader).await? else {
            return Ok(None);
        };
        let live = submission::list_live(reader, self.network.account).await?;
        let hashes: Vec<B256> = (live.iter())
            .flat_map(|submission| &submission.attempts)
            .map(|attempt| attempt.transaction_hash)
            .collect();
        let subjects: Vec<Vec<u8>> = live.iter().map(|submission| submission.subject.clone()).collect();
        let ids: Vec<i64> = live.iter().map(|submission| submission.id).collect();
        let watched = settlement_batch::list_watched(reader).await?;
        let (recorded, requested, batches, roots) = if live.is_empty() {
            (Vec::new(), HashMap::new(), Vec::new(), Vec::new())
        } else {
            (
                settlement_sender::list_recorded(reader, &hashes).await?,
                sign_request::list(reader, &ids).await?,
                settlement_batch::list_states(reader, &subjects).await?,
                settlement_root::list_states(reader, &subjects).await?,
            )
        };
        let gate = self.gate(checkpoint.final_timestamp).await?;
        self.memory
            .retain(|id| live.iter().any(|submission| submission.id == id));
        Ok(Some(Records {
            finalized: BlockTime {
                number: checkpoint.final_number,
                timestamp: checkpoint.final_timestamp,
            },
            final_hash: checkpoint.final_hash,
            live,
            recorded,
            requested,
            watched,
            batches,
            roots,
            account,
            gate,
        }))
    }

    /// Says that something waits, once for each cause: to people in the log, to the others in the audit log.
    pub(super) async fn note_waiting(
        &mut self,
        what: &'static str,
        subject: &[u8],
        cause: &str,
        detail: &str,
    ) -> Result<(), StepError> {
        metrics::counter!("trellis_settlement_waits_total", "what" => what, "cause" => cause.to_owned())
            .increment(1);
        if !self.memory.is_changed(subject, cause) {
            return Ok(());
        }
        let subject = alloy::hex::encode_prefixed(subject);
        tracing::warn!(what, subject, cause, detail, "deferred");
        let mut transaction = self.hold.begin().await?;
        let action = format!("{what}_waits");
        let detail = json!({ "cause": cause, "detail": detail });
        settlement_sender::insert_audit(&mut transaction, &action, &subject, &detail).await?;
        transaction.commit().await?;
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
    fn measure(&self, records: &Records) {
        let oldest = records.live.iter().map(|submission| submission.age_seconds).max();
        metrics::gauge!("trellis_settlement_in_flight").set(records.live.len() as f64);
        metrics::gauge!("trellis_settlement_oldest_seconds").set(oldest.unwrap_or_default() as f64);
        metrics::gauge!("trellis_settlement_sender_paused").set(f64::from(u8::from(records.is_paused())));
        metrics::gauge!("trellis_settlement_stopped").set(f64::from(u8::from(records.gate == Gate::Stopped)));
    }
}

fn step(moved: bool) -> Step {
    if moved { Step::Moved } else { Step::Idle }
}

/// Transactions whose receipts are to be looked for: those that were sent or may have been, unless the listener has
/// recorded them and their block is stored.
pub(super) fn wanted(records: &Records) -> Vec<B256> {
    let attempts = records.live.iter().flat_map(|submission| &submission.attempts);
    attempts
        .filter(|attempt| {
            let recorded = records.recorded(attempt.transaction_hash);
            !recorded.is_some_and(|recorded| attempt.included == Some(recorded.block))
        })
        .map(|attempt| attempt.transaction_hash)
        .collect()
}
