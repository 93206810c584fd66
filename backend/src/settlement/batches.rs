//! Requests authorizations of approved batches from the signer: only the settlement worker may do so, and
//! only with the approvers' signatures and a recent attestation.

use std::time::Duration;

use alloy::primitives::B256;
use approval::{Approval, BatchProposal, Proposal};
use service::{ErrorChain, fault_point};
use settlement::authorization::VALID_BEFORE_HEAD;
use settlement::batch::seal;
use settlement::manifest::Manifest;
use settlement::state::Gate;
use signer_client::{
    Authorization, BatchTerms, Justification, Payout, PayoutBatch, SignedMoment, SignerError,
};
use store::approval::Subject;
use store::attestation::{self, Kind};
use store::payout_batch::{self, Window};
use store::settlement_batch::{self, WantedBatch};
use store::settlement_sender;

use super::network::Look;
use super::worker::{Records, StepError, Worker};

/// Life of a batch's authorization in seconds of the chain's time: long enough for a congested chain and some raised fees,
/// and half of what the contract takes.
pub const AUTHORIZATION_SECONDS: u64 = 30 * 60;

/// Batches of one step.
const BATCHES_AT_ONCE: usize = 16;

/// Before the signer is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// Before something is looked at again that people or the attestor have to bring about.
const PAUSE_MISSING: Duration = Duration::from_millis(250);

/// An attestation older than this is not used: it would be too old when the signer looks at it.
pub(super) const ATTESTATION_AGE_MAX: u64 = 60;

/// Why a batch with another manifest is quarantined.
pub(super) const NOT_SEALED: &str = "its manifest differs from the sealed one";

/// The refusal of a total that is too large to be signed at once.
const TOO_YOUNG: &str = "too_young";

impl Worker {
    /// Has batches signed, as long as settlement is not stopped.
    pub(super) async fn sign_batches(&mut self, records: &Records, look: &Look) -> Result<bool, StepError> {
        if records.gate == Gate::Stopped {
            return Ok(false);
        }
        let listed = settlement_batch::list_to_sign(self.hold.reader(), BATCHES_AT_ONCE).await?;
        let mut moved = false;
        for (batch, what) in listed.broken {
            moved |= self.put_aside(batch, what).await?;
        }
        for batch in listed.good {
            let deadline = batch.window.map(|(_, _, deadline)| deadline);
            let is_over = deadline.is_some_and(|deadline| look.head.timestamp >= deadline);
            if !is_over && !self.memory.waits(&key(batch.batch)) {
                moved |= self.sign_batch(&batch, look).await?;
            }
        }
        Ok(moved)
    }

    async fn sign_batch(&mut self, batch: &WantedBatch, look: &Look) -> Result<bool, StepError> {
        let Some(payouts) = payouts(batch) else {
            return self.put_aside(batch.batch, NOT_SEALED).await;
        };
        let Some(justification) = self.justify_batch(batch, payouts.len(), look).await? else {
            return Ok(false);
        };
        let (submitter, valid_after, deadline) = match batch.window {
            Some(window) => window,
            None => self.fix_batch_window(batch, look).await?,
        };
        let terms = BatchTerms {
            chain_id: self.chain_id,
            contract: self.network.contract,
            plan_hash: self.plan_hash,
            batch: PayoutBatch {
                batch_id: batch.batch,
                submitter,
                max_total: batch.total,
                manifest_hash: batch.manifest_hash,
                valid_after,
                deadline,
                payouts,
            },
            justification,
        };
        let signer = self.network.batches.clone();
        let answer = self.hold.during(signer.authorize_batch(&terms)).await?;
        let outcome = if answer.is_ok() { "signed" } else { "refused" };
        metrics::counter!("trellis_settlement_authorizations_total", "kind" => "batch", "outcome" => outcome)
            .increment(1);
        match answer {
            Ok(authorization) => self.store_signed_batch(batch.batch, &authorization).await,
            Err(error) => {
                let cause = match &error {
                    SignerError::Refused { code, .. } => code.clone(),
                    SignerError::Equivocation { .. }
                    | SignerError::Unauthorized
                    | SignerError::RateLimited
                    | SignerError::Unavailable(_)
                    | SignerError::Timeout
                    | SignerError::NotUnderstood(_) => "not_signed".to_owned(),
                };
                if cause == TOO_YOUNG {
                    // Nothing was recorded of it, so it may be requested with other times when it is old enough.
                    let mut transaction = self.hold.begin().await?;
                    payout_batch::clear_window(&mut transaction, batch.batch).await?;
                    transaction.commit().await?;
                }
                self.wait_for_batch(batch.batch, &cause, &ErrorChain(&error).to_string(), PAUSE)
                    .await
            }
        }
    }

    async fn store_signed_batch(
        &mut self,
        batch: B256,
        authorization: &Authorization,
    ) -> Result<bool, StepError> {
        let mut transaction = self.hold.begin().await?;
        let signature = &authorization.signature;
        let stored = payout_batch::update_signed(&mut transaction, batch, authorization.signer, signature);
        let stored = stored.await?;
        if stored {
            let detail = serde_json::json!({
                "signer": authorization.signer, "digest": authorization.digest
            });
            let subject = format!("{:#x}", batch);
            settlement_sender::insert_audit(&mut transaction, "payout_batch.signed", &subject, &detail)
                .await?;
        }
        transaction.commit().await?;
        fault_point("settlement.after_batch_signed");
        self.memory.resumed(&key(batch));
        self.memory.resumed(batch.as_slice());
        tracing::info!(batch.id = %batch, "the batch is signed");
        Ok(stored)
    }

    /// The signatures and the attestation that the signer wants to see; none as long as something is missing. What people
    /// signed is verified here, too: a row that says `approved` is nobody's word.
    async fn justify_batch(
        &mut self,
        batch: &WantedBatch,
        payouts: usize,
        look: &Look,
    ) -> Result<Option<Justification>, StepError> {
        let proposal = Proposal::Batch {
            batch: BatchProposal {
                batch_id: batch.batch,
                list_hash: batch.list_hash,
                manifest_hash: batch.manifest_hash,
                total: batch.total,
                payouts: u32::try_from(payouts).unwrap_or(u32::MAX),
            },
            proposer: batch.builder,
        };
        let subject = Subject::Batch(batch.batch);
        let approvals = match self.agreed(&proposal, &subject, look.head.timestamp).await? {
            Ok(approvals) => approvals,
            Err(rule) => {
                self.wait_for_batch(batch.batch, rule.code(), &rule.to_string(), PAUSE_MISSING)
                    .await?;
                return Ok(None);
            }
        };
        let attested = self
            .attested(Kind::Batch, batch.batch, batch.list_hash, look)
            .await?;
        let Some(attestation) = attested else {
            let detail = "the reconciler has not attested the batch recently";
            self.wait_for_batch(batch.batch, "not_attested", detail, PAUSE_MISSING)
                .await?;
            return Ok(None);
        };
        Ok(Some(Justification {
            proposer: batch.builder,
            approvals,
            attestation,
        }))
    }

    /// The reconciler's newest word about exactly this, unless it is too old to be used.
    pub(super) async fn attested(
        &mut self,
        kind: Kind,
        subject: B256,
        content: B256,
        look: &Look,
    ) -> Result<Option<SignedMoment>, StepError> {
        let found = attestation::find(self.hold.reader(), kind, subject).await?;
        let found = found.filter(|found| {
            let oldest = look.head.timestamp.saturating_sub(ATTESTATION_AGE_MAX);
            found.content == content && found.moment.attested_at >= oldest
        });
        Ok(found.map(|found| SignedMoment {
            moment: found.moment,
            signature: found.signature,
        }))
    }

    /// The signatures by which enough operators of the ledger agree.
    pub(super) async fn agreed(
        &mut self,
        proposal: &Proposal,
        subject: &Subject,
        time: u64,
    ) -> Result<Result<Vec<Approval>, approval::QuorumRule>, StepError> {
        let domain = self.domain();
        let people = crate::agreement::people(self.hold.reader()).await?;
        let stored = store::approval::list(self.hold.reader(), subject).await?;
        let mut approvals = Vec::new();
        for stored in stored {
            let digest = crate::agreement::digest(proposal, stored.approval.expires, &domain);
            let reader = self.network.reader.clone();
            let signed = crate::agreement::has_signed(
                Some(&reader),
                stored.approval.wallet,
                digest,
                &stored.approval.signature,
            );
            // A node that does not respond leaves a contract wallet without a vote for now.
            if self.hold.during(signed).await?.unwrap_or(false) {
                approvals.push(stored.approval);
            }
        }
        approvals.truncate(signer_client::wire::APPROVALS_MAX);
        let votes = crate::agreement::votes(proposal, &approvals, &domain, &approvals);
        Ok(approval::check(&people, proposal, &votes, time).map(|_| approvals))
    }

    /// Stores from when to when the authorization lives, which comes before the signer is asked.
    async fn fix_batch_window(
        &mut self,
        batch: &WantedBatch,
        look: &Look,
    ) -> Result<(alloy::primitives::Address, u64, u64), StepError> {
        let time = look.head.timestamp;
        let window = Window {
            submitter: self.network.account,
            valid_after: time.saturating_sub(VALID_BEFORE_HEAD),
            deadline: time.saturating_add(AUTHORIZATION_SECONDS),
        };
        let mut transaction = self.hold.begin().await?;
        payout_batch::update_window(&mut transaction, batch.batch, &window).await?;
        transaction.commit().await?;
        fault_point("settlement.after_batch_window");
        Ok((window.submitter, window.valid_after, window.deadline))
    }

    async fn wait_for_batch(
        &mut self,
        batch: B256,
        cause: &str,
        detail: &str,
        pause: Duration,
    ) -> Result<bool, StepError> {
        self.memory.wait(&key(batch), pause);
        self.note_waiting("authorization", batch.as_slice(), cause, detail)
            .await?;
        Ok(false)
    }

    /// Puts a batch aside that cannot be what people agreed to; the others go on. R22 tells people.
    pub(super) async fn put_aside(&mut self, batch: B256, why: &str) -> Result<bool, StepError> {
        let mut transaction = self.hold.begin().await?;
        let is_new = settlement_batch::update_quarantined(&mut transaction, batch).await?;
        if is_new {
            let subject = format!("{batch:#x}");
            let detail = serde_json::json!({ "why": why });
            settlement_sender::insert_audit(&mut transaction, "payout_batch.quarantined", &subject, &detail)
                .await?;
        }
        transaction.commit().await?;
        metrics::counter!("trellis_settlement_alerts_total", "alert" => "quarantined").increment(1);
        tracing::error!(batch.id = %batch, why, "the batch was quarantined");
        Ok(is_new)
    }
}

/// The lines of a batch, if its manifest is the one that was sealed.
fn payouts(batch: &WantedBatch) -> Option<Vec<Payout>> {
    let manifest: Manifest = batch.manifest.parse().ok()?;
    let sealed = seal(manifest.payouts.iter().map(|covered| covered.payout).collect()).ok()?;
    if manifest.hash() != batch.manifest_hash || sealed.list_hash != batch.list_hash {
        return None;
    }
    let payout = |payout: &settlement::batch::SealedPayout| Payout {
        wallet: payout.wallet,
        target: payout.target,
    };
    Some(sealed.payouts.iter().map(payout).collect())
}

/// Waiting for an authorization is for one batch.
fn key(batch: B256) -> Vec<u8> {
    [b"authorization ".as_slice(), batch.as_slice()].concat()
}
