//! Calls that anyone could send and the worker sends for users: claims under a published
//! root, and the sweep of matured escrow.

use alloy::primitives::B256;
use audit::liabilities::{Leaf, SumNode};
use settlement::pipeline::IN_FLIGHT_MAX;
use signer_client::{Call, ProofNode};
use store::attestation::Kind as Attested;
use store::settlement_root;
use store::submission::Kind;

use super::foresee::Candidate;
use super::network::Look;
use super::worker::{Records, StepError, Worker};
use crate::way::{WayError, way};

/// Claims of the worker in progress at once: half of the lane, so that ten thousand of them do not hold up a batch.
const CLAIMS_AT_ONCE: usize = IN_FLIGHT_MAX / 2;

/// Seconds before a claim that reverted is sent again.
const PAUSE_REVERTED_SECONDS: u32 = 600;

/// Days of one sweep at most: far below what fits into a transaction.
const SWEEP_DAYS_MAX: u64 = 100;

const SECONDS_PER_DAY: u64 = 86_400;

impl Worker {
    /// Claims for users to whom the newest mature root owes something, when operators requested it.
    pub(super) async fn due_claims(
        &mut self,
        records: &Records,
        look: &Look,
        room: usize,
    ) -> Result<Vec<Candidate>, StepError> {
        let under_way = records
            .live
            .iter()
            .filter(|submission| submission.kind == Kind::Claim);
        let room = room.min(CLAIMS_AT_ONCE.saturating_sub(under_way.count()));
        if room == 0 {
            return Ok(Vec::new());
        }
        let time = records.finalized.timestamp;
        let Some(root) = settlement_root::find_claimable(self.hold.reader(), time).await? else {
            return Ok(Vec::new());
        };
        // Twice as many as fit, for some of them may have to wait.
        let due = settlement_root::list_due_claims(
            self.hold.reader(),
            root.root,
            look.head.timestamp,
            PAUSE_REVERTED_SECONDS,
            room.saturating_mul(2),
        )
        .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        // Without it the signer would refuse, and the claim's nonce would hold up everything behind it.
        if self
            .attested(Attested::Root, root.root, root.root, look)
            .await?
            .is_none()
        {
            let detail = "the reconciler does not currently attest the root";
            self.note_waiting("claims", root.root.as_slice(), "not_attested", detail)
                .await?;
            return Ok(Vec::new());
        }
        let mut claims = Vec::new();
        for wallet in due {
            if claims.len() == room {
                break;
            }
            if self.memory.waits(wallet.as_slice()) {
                continue;
            }
            match way(self.hold.reader(), root.root, root.total, wallet).await {
                Ok((leaf, path)) => claims.push(claim(root.root, leaf, &path)),
                Err(WayError::Store(error)) => return Err(error.into()),
                Err(error @ (WayError::NoLeaf | WayError::OtherTree)) => {
                    let (subject, detail) = (root.root.as_slice(), error.to_string());
                    self.note_waiting("claims", subject, "list_differs", &detail)
                        .await?;
                }
            }
        }
        Ok(claims)
    }

    /// The sweep, when a day with deposits has ended and none is in progress.
    pub(super) async fn due_sweep(&mut self, records: &Records) -> Result<Option<Candidate>, StepError> {
        let Some(yesterday) = (records.finalized.timestamp / SECONDS_PER_DAY).checked_sub(1) else {
            return Ok(None);
        };
        let is_done = (self.memory.swept_through).is_some_and(|day| day >= yesterday);
        if is_done
            || records
                .live
                .iter()
                .any(|submission| submission.kind == Kind::Sweep)
        {
            return Ok(None);
        }
        let subject = yesterday.to_be_bytes().to_vec();
        if self.memory.waits(&subject) {
            return Ok(None);
        }
        // First: a deposit that is posted meanwhile is then seen by the next step.
        let is_all_posted = settlement_root::is_all_posted(self.hold.reader()).await?;
        let oldest = settlement_root::find_oldest_held(self.hold.reader()).await?;
        if oldest.is_none_or(|oldest| oldest / SECONDS_PER_DAY > yesterday) {
            if is_all_posted {
                // Deposits that are still to come are refundable for longer than today.
                self.memory.swept_through = Some(yesterday);
            }
            return Ok(None);
        }
        Ok(Some(Candidate {
            kind: Kind::Sweep,
            subject,
            call: Call::SweepMatured {
                max_days: SWEEP_DAYS_MAX,
            },
            insisted: false,
        }))
    }
}

fn claim(root: B256, leaf: Leaf, path: &[SumNode]) -> Candidate {
    let proof = path.iter().map(|node| ProofNode {
        hash: node.hash,
        sum: node.sum,
    });
    Candidate {
        kind: Kind::Claim,
        subject: leaf.wallet.to_vec(),
        call: Call::Claim {
            user: leaf.wallet,
            entitled: leaf.entitled,
            root,
            proof: proof.collect(),
        },
        insisted: false,
    }
}
