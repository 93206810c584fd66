//! Allocates nonces: each in one transaction with its submission, after a simulation at the newest block.

use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::B256;
use chain::{At, CallError};
use futures::stream::{self, StreamExt};
use money::Amount;
use service::{ErrorChain, fault_point};
use settlement::batch::Foreseen;
use settlement::pipeline::{IN_FLIGHT_MAX, Lane};
use settlement::state::{Gate, SubmissionState};
use store::submission::{self, Kind, NewSubmission};
use store::{payout_batch, settlement_batch, settlement_root, settlement_sender};

use super::batches::NOT_SEALED;
use super::calls;
use super::foresee::{Candidate, Obstacle};
use super::network::{ASKED_AT_ONCE, Look};
use super::worker::{Records, StepError, Worker};

/// Seconds of the chain's time that an authorization must still live when its transaction gets a nonce: about twenty
/// blocks. With less it would mostly expire in the pool, and cost a nonce for nothing.
const LIFE_MIN_SECONDS: u64 = 10;

/// Before something that would revert is tried again: it waits for money, time or people.
const PAUSE_REVERTED: Duration = Duration::from_secs(2);
/// Before a batch is tried again that would credit everyone: a token stays paused for hours rather than seconds.
const PAUSE_CREDITED: Duration = Duration::from_secs(5);
/// Before something is tried again that nobody could try.
const PAUSE_UNANSWERED: Duration = Duration::from_millis(500);

impl Worker {
    /// Allocates as much as fits: exits first, for nobody may hold them up.
    pub(super) async fn allocate(&mut self, records: &Records, look: &Look) -> Result<bool, StepError> {
        let lane = Lane {
            next_nonce: records.account.next_nonce,
            in_flight: records.live.len(),
            oldest_age: (records.live.iter())
                .map(|submission| submission.age_seconds)
                .max()
                .unwrap_or_default(),
            chain_nonce: look.nonce.latest,
            is_paused: records.is_paused(),
        };
        if let Err(blocked) = lane.allocate() {
            metrics::counter!("trellis_settlement_blocked_total", "cause" => blocked.code()).increment(1);
            return Ok(false);
        }
        let room = IN_FLIGHT_MAX.saturating_sub(records.live.len());
        let mut candidates = Vec::new();
        candidates.extend(self.due_sweep(records).await?);
        candidates.extend(self.due_claims(records, look, room).await?);
        if records.gate == Gate::Open {
            candidates.extend(self.signed_roots(look).await?);
            candidates.extend(self.submittable_batches(records, look, room).await?);
        }
        candidates.retain(|candidate| !self.memory.waits(&candidate.subject));
        candidates.truncate(room);
        let tried = self.try_all(candidates).await?;
        self.store_allocated(tried, look).await
    }

    /// Batches that operators want sent, that live long enough and that the contract can pay, in their order.
    async fn submittable_batches(
        &mut self,
        records: &Records,
        look: &Look,
        room: usize,
    ) -> Result<Vec<Candidate>, StepError> {
        let listed = settlement_batch::list_submittable(self.hold.reader(), room).await?;
        for (batch, what) in listed.broken {
            self.put_aside(batch, what).await?;
        }
        let mut wanted = listed.good;
        wanted.retain(|batch| !self.memory.waits(batch.batch.as_slice()));
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.network.reader.clone();
        let available = match self.hold.during(reader.available(At::Latest)).await? {
            Ok(available) => Amount::new(available.payable()),
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "the amount that the contract can pay is not known");
                return Ok(Vec::new());
            }
        };
        // What blocks have executed is no longer available anyway.
        let executed: Vec<B256> = (records.live.iter())
            .filter(|submission| {
                submission.kind == Kind::Batch && submission.state == SubmissionState::Included
            })
            .map(|submission| B256::from_slice(&submission.subject))
            .collect();
        let mut promised = settlement_batch::find_promised(self.hold.reader(), &executed).await?;
        let mut candidates = Vec::new();
        for batch in wanted {
            let subject = batch.batch.to_vec();
            let after = promised
                .checked_add(batch.max_total)
                .unwrap_or(Amount::new(u128::MAX));
            let refusal = if batch.submitter != self.network.account {
                Some(("other_submitter", format!("{} may submit it", batch.submitter)))
            } else if look.head.timestamp.saturating_add(LIFE_MIN_SECONDS) > batch.deadline {
                Some(("too_late", format!("its deadline is {}", batch.deadline)))
            } else if after > available {
                Some((
                    "exceeds_available",
                    format!("{available} are available, {promised} promised"),
                ))
            } else {
                None
            };
            if let Some((cause, detail)) = refusal {
                self.memory.wait(&subject, PAUSE_REVERTED);
                self.note_waiting("batch", &subject, cause, &detail).await?;
                continue;
            }
            let Ok(call) = calls::execute_batch(&batch) else {
                self.put_aside(batch.batch, NOT_SEALED).await?;
                continue;
            };
            promised = after;
            candidates.push(Candidate {
                kind: Kind::Batch,
                subject,
                call,
                insisted: batch.insisted,
            });
        }
        Ok(candidates)
    }

    /// Signed roots, unless a batch is in progress that publication would take the funds from.
    async fn signed_roots(&mut self, look: &Look) -> Result<Vec<Candidate>, StepError> {
        let mut candidates = Vec::new();
        for root in settlement_root::list_wanted(self.hold.reader()).await?.good {
            let subject = root.root.to_vec();
            let deadline = root.window.map_or(0, |(_, deadline)| deadline);
            if root.authorization.is_none() || root.has_submission || self.memory.waits(&subject) {
                continue;
            }
            let refusal = if look.head.timestamp.saturating_add(LIFE_MIN_SECONDS) > deadline {
                Some("too_late")
            } else if !root.accept_claims && payout_batch::any_live(self.hold.reader()).await? {
                Some("batch_under_way")
            } else {
                None
            };
            if let Some(cause) = refusal {
                self.memory.wait(&subject, PAUSE_REVERTED);
                self.note_waiting("root", &subject, cause, "").await?;
                continue;
            }
            let Ok(call) = calls::publish_root(&root) else {
                self.memory.wait(&subject, PAUSE_REVERTED);
                self.note_waiting("root", &subject, "broken", "it has no authorization")
                    .await?;
                continue;
            };
            candidates.push(Candidate {
                kind: Kind::Root,
                subject,
                call,
                insisted: false,
            });
        }
        Ok(candidates)
    }

    /// Those that would not revert at the newest block.
    async fn try_all(&mut self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, StepError> {
        if candidates.is_empty() {
            return Ok(candidates);
        }
        let network = self.network.clone();
        let trials = stream::iter(candidates)
            .map(async |candidate| {
                let trial = network.try_candidate(&candidate).await;
                (candidate, trial)
            })
            .buffered(ASKED_AT_ONCE)
            .collect::<Vec<_>>();
        let mut good = Vec::new();
        for (candidate, trial) in self.hold.during(trials).await? {
            let (cause, detail, pause) = match trial {
                Ok(()) => {
                    self.memory.resumed(&candidate.subject);
                    good.push(candidate);
                    continue;
                }
                Err(Obstacle::CreditsEverybody(foreseen)) => {
                    let Foreseen { refused, frozen, .. } = foreseen;
                    let detail = format!("the batch would pay nobody, {refused} refuse, {frozen} are frozen");
                    ("credits_everybody", detail, PAUSE_CREDITED)
                }
                Err(Obstacle::Call(CallError::Reverted(revert))) => {
                    (revert.name(), revert.to_string(), PAUSE_REVERTED)
                }
                Err(Obstacle::Call(CallError::Refused { message, .. })) => {
                    ("refused", message, PAUSE_REVERTED)
                }
                Err(Obstacle::Call(CallError::Chain(error))) => {
                    ("unanswered", ErrorChain(&error).to_string(), PAUSE_UNANSWERED)
                }
            };
            self.memory.wait(&candidate.subject, pause);
            self.note_waiting(candidate.kind.name(), &candidate.subject, cause, &detail)
                .await?;
        }
        Ok(good)
    }

    /// Gives each of them the next nonce, all of it in one transaction.
    async fn store_allocated(&mut self, candidates: Vec<Candidate>, look: &Look) -> Result<bool, StepError> {
        if candidates.is_empty() {
            return Ok(false);
        }
        let sender = self.network.account;
        let mut allocated = Vec::with_capacity(candidates.len());
        let mut transaction = self.hold.begin().await?;
        let account = settlement_sender::lock_sender(&mut transaction, sender).await?;
        let is_stopped = settlement_sender::is_stopped(&mut transaction).await?;
        if account.paused.is_some() || look.nonce.latest > account.next_nonce {
            return Ok(false);
        }
        let mut nonce = account.next_nonce;
        for Candidate {
            kind, subject, call, ..
        } in candidates
        {
            let may_go = match kind {
                Kind::Batch => {
                    let batch = B256::from_slice(&subject);
                    !is_stopped && settlement_batch::update_submitting(&mut transaction, batch).await?
                }
                Kind::Root => !is_stopped,
                Kind::Claim | Kind::Sweep | Kind::Noop => true,
            };
            if !may_go {
                continue;
            }
            let new = NewSubmission {
                sender,
                nonce,
                kind,
                subject,
                call: calls::to_json(&call)?,
                allocated_block: look.head.number,
            };
            if let Some(id) = submission::insert(&mut transaction, &new).await? {
                nonce = nonce.saturating_add(1);
                allocated.push((id, new, call));
            }
        }
        fault_point("settlement.before_allocate");
        transaction.commit().await?;
        fault_point("settlement.after_allocate");
        let moved = !allocated.is_empty();
        for (id, new, call) in allocated {
            metrics::counter!("trellis_settlement_allocated_total", "kind" => new.kind.name()).increment(1);
            tracing::info!(
                submission.id = id,
                submission.nonce = new.nonce,
                kind = new.kind.name(),
                subject = alloy::hex::encode_prefixed(&new.subject),
                "allocated"
            );
            self.memory.calls.insert(id, Arc::new(call));
        }
        Ok(moved)
    }
}
