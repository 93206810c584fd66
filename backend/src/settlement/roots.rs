//! Requests authorizations of approved roots, and abandons roots whose authorization has expired.

use std::time::Duration;

use approval::{Proposal, RootProposal};
use service::{ErrorChain, fault_point};
use settlement::authorization::VALID_BEFORE_HEAD;
use signer_client::{Justification, LiabilitiesRoot, RootTerms};
use store::approval::Subject;
use store::attestation::Kind;
use store::settlement_root::{self, WantedRoot};
use store::settlement_sender;

use super::network::Look;
use super::worker::{Records, StepError, Worker};

/// Before the signer is asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// Before something is looked at again that people or the attestor have to bring about.
const PAUSE_MISSING: Duration = Duration::from_millis(250);

impl Worker {
    /// Has approved roots signed, as long as settlement is not stopped.
    pub(super) async fn sign_roots(&mut self, records: &Records, look: &Look) -> Result<bool, StepError> {
        let mut moved = false;
        let listed = settlement_root::list_wanted(self.hold.reader()).await?;
        for (root, what) in listed.broken {
            self.note_waiting("root", root.as_slice(), "broken", what).await?;
        }
        for root in listed.good {
            if self.memory.waits(root.root.as_slice()) {
                continue;
            }
            let is_over = (root.window).is_some_and(|(_, deadline)| records.finalized.timestamp > deadline);
            if is_over {
                self.memory.wait(root.root.as_slice(), PAUSE);
                moved |= self.expire_root(&root).await?;
            } else if root.authorization.is_none() && records.gate == settlement::state::Gate::Open {
                moved |= self.sign_root(root, look).await?;
            }
        }
        Ok(moved)
    }

    async fn sign_root(&mut self, root: WantedRoot, look: &Look) -> Result<bool, StepError> {
        let Some(justification) = self.justify_root(&root, look).await? else {
            return Ok(false);
        };
        let (valid_after, deadline) = match root.window {
            Some(window) => window,
            None => self.fix_window(&root, look).await?,
        };
        let terms = RootTerms {
            chain_id: self.chain_id,
            contract: self.network.contract,
            plan_hash: self.plan_hash,
            root: LiabilitiesRoot {
                root: root.root,
                total: root.total,
                as_of_seq: root.as_of_seq,
                valid_after,
                deadline,
            },
            leaves: root.leaves,
            justification,
        };
        let signer = self.network.roots.clone();
        match self.hold.during(signer.authorize_root(&terms)).await? {
            Ok(authorization) => {
                let mut transaction = self.hold.begin().await?;
                let (signer, signature) = (authorization.signer, authorization.signature);
                let stored =
                    settlement_root::update_signed(&mut transaction, root.root, signer, &signature).await?;
                transaction.commit().await?;
                fault_point("settlement.after_root_signed");
                self.memory.resumed(root.root.as_slice());
                tracing::info!(root = %root.root, %signer, "the root is signed");
                Ok(stored)
            }
            Err(error) => {
                self.memory.wait(root.root.as_slice(), PAUSE);
                let detail = ErrorChain(&error).to_string();
                self.note_waiting("root", root.root.as_slice(), "not_signed", &detail)
                    .await?;
                Ok(false)
            }
        }
    }

    /// The signatures and the attestation that the signer wants to see; none as long as something is missing.
    async fn justify_root(
        &mut self,
        root: &WantedRoot,
        look: &Look,
    ) -> Result<Option<Justification>, StepError> {
        let proposal = Proposal::Root {
            root: RootProposal {
                root: root.root,
                total: root.total,
                leaves: root.leaves,
                as_of_seq: root.as_of_seq,
            },
            proposer: root.builder,
        };
        let subject = Subject::Root(root.root);
        let missing = match self.agreed(&proposal, &subject, look.head.timestamp).await? {
            Err(rule) => (rule.code(), rule.to_string()),
            Ok(approvals) => match self.attested(Kind::Root, root.root, root.root, look).await? {
                Some(attestation) => {
                    return Ok(Some(Justification {
                        proposer: root.builder,
                        approvals,
                        attestation,
                    }));
                }
                None => (
                    "not_attested",
                    "the reconciler has not attested the root recently".to_owned(),
                ),
            },
        };
        self.memory.wait(root.root.as_slice(), PAUSE_MISSING);
        self.note_waiting("root", root.root.as_slice(), missing.0, &missing.1)
            .await?;
        Ok(None)
    }

    /// Stores from when to when the authorization lives, which comes before the signer is asked.
    async fn fix_window(&mut self, root: &WantedRoot, look: &Look) -> Result<(u64, u64), StepError> {
        let time = look.head.timestamp;
        let valid_after = time.saturating_sub(VALID_BEFORE_HEAD);
        let deadline = time.saturating_add(self.root_life_seconds);
        let mut transaction = self.hold.begin().await?;
        settlement_root::update_window(&mut transaction, root.root, valid_after, deadline).await?;
        transaction.commit().await?;
        fault_point("settlement.after_root_window");
        Ok((valid_after, deadline))
    }

    async fn expire_root(&mut self, root: &WantedRoot) -> Result<bool, StepError> {
        let mut transaction = self.hold.begin().await?;
        let expired = settlement_root::update_expired(&mut transaction, root.root).await?;
        if expired {
            let subject = format!("{:#x}", root.root);
            let detail = serde_json::json!({});
            settlement_sender::insert_audit(&mut transaction, "root_expired", &subject, &detail).await?;
        }
        transaction.commit().await?;
        if expired {
            tracing::warn!(root = %root.root, "the root was not published in time and has been abandoned");
        }
        Ok(expired)
    }
}
