//! Attestations: the reconciler's signatures on batches and roots, required before they are authorized.
//!
//! It speaks only after a look that found nothing severe and skipped nothing of weight, about facts that it proved by the
//! contract's journal, and only for a while: whoever relies on it requires a recent one. Without attestations payments stop.

mod days;
mod recount;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256};
use approval::{Attestation, Attested, Domain, Moment};
use audit::checks::{Check, Position, Severity, Verdict};
use audit::liabilities::{Leaf, Tree};
use chain::ChainReader;
use plan::CompiledPlan;
use service::ErrorChain;
use settlement::batch::seal;
use settlement::manifest::Manifest;
use signer::keyring::LocalKey;
use sqlx::PgConnection;
use store::attestation::{self, ClaimedBatch, ClaimedRoot, Kind, StoredAttestation};
use store::{StoreError, liabilities};

use crate::run_report::RunReport;
use recount::{Recount, RecountError};

/// Batches of one step: more wait for the next.
const BATCHES_AT_ONCE: i64 = 200;
/// Leaves read at once.
const LEAVES_AT_ONCE: i64 = 10_000;
/// Age in seconds of the chain's time at which an attestation is renewed: well before it expires.
const RENEW_AFTER: u64 = 15;
/// Between two looks at what waits.
const STEP_EVERY: Duration = Duration::from_millis(200);
/// How long a look counts: a reconciler that can no longer look attests nothing.
const LOOK_LASTS: Duration = Duration::from_secs(30);

/// Checks that must have passed: of these, skipping is not enough.
const MUST_PASS: [Check; 6] = [
    Check::Balance,
    Check::Totals,
    Check::Journal,
    Check::Custody,
    Check::DoubleEntry,
    Check::Solvency,
];

/// What was attested last of something.
#[derive(Debug, Clone, Copy)]
struct Last {
    content: B256,
    seen_at: u64,
    attested_at: u64,
}

/// The attestor.
#[derive(Debug)]
pub(crate) struct Attestor {
    key: LocalKey,
    domain: Domain,
    reader: ChainReader,
    plan: CompiledPlan,
    recount: Option<Recount>,
    /// The last look, if it allows to attest.
    clean: Option<(Instant, Position)>,
    last: HashMap<B256, Last>,
    /// Roots of which every leaf was compared. Entitlements never fall, so this stays true.
    compared: HashSet<B256>,
    stepped: Option<Instant>,
    /// What was said last of why nothing is attested.
    complaint: String,
}

impl Attestor {
    /// An attestor with this key, for the contract that the reader reads.
    pub(crate) fn new(key: LocalKey, domain: Domain, reader: ChainReader, plan: CompiledPlan) -> Self {
        tracing::info!(attestor = %key.address(), "attesting batches and roots");
        Self {
            key,
            domain,
            reader,
            plan,
            recount: None,
            clean: None,
            last: HashMap::new(),
            compared: HashSet::new(),
            stepped: None,
            complaint: String::new(),
        }
    }

    /// Notes what a look saw.
    pub(crate) fn record(&mut self, looked: &RunReport) {
        self.clean = may_attest(looked).then(|| (Instant::now(), looked.position));
        metrics::gauge!("trellis_reconciler_attesting").set(f64::from(u8::from(self.clean.is_some())));
    }

    /// Attests what waits and is justified. What cannot be proved is said, and not attested.
    pub(crate) async fn step(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.stepped.is_some_and(|stepped| stepped.elapsed() < STEP_EVERY) {
            return Ok(());
        }
        self.stepped = Some(Instant::now());
        let Some((looked_at, position)) = self.clean else {
            return Ok(());
        };
        if looked_at.elapsed() > LOOK_LASTS {
            return Ok(());
        }
        let batches = attestation::list_batches(connection, BATCHES_AT_ONCE).await?;
        let roots = attestation::list_roots(connection).await?;
        let is_known = |id: &B256| {
            batches.iter().any(|batch| batch.batch_id == *id) || roots.iter().any(|root| root.root == *id)
        };
        self.last.retain(|id, _| is_known(id));
        self.compared
            .retain(|root| roots.iter().any(|known| known.root == *root));
        if batches.is_empty() && roots.is_empty() {
            return Ok(());
        }
        match self.attest(connection, &position, &batches, &roots).await {
            Ok(()) => self.complaint.clear(),
            Err(RecountError::Store(error)) => return Err(error),
            Err(error) => {
                // What was counted may be in the middle of something.
                self.recount = None;
                let complaint = ErrorChain(&error).to_string();
                if complaint != self.complaint {
                    tracing::error!("attestation is suspended: {complaint}");
                    self.complaint = complaint;
                }
            }
        }
        Ok(())
    }

    async fn attest(
        &mut self,
        connection: &mut PgConnection,
        position: &Position,
        batches: &[ClaimedBatch],
        roots: &[ClaimedRoot],
    ) -> Result<(), RecountError> {
        let head = self.reader.head().await?.timestamp;
        let is_due = |last: Option<&Last>, content: B256| {
            last.is_none_or(|last| {
                last.content != content || last.attested_at.saturating_add(RENEW_AFTER) <= head
            })
        };
        let batches: Vec<&ClaimedBatch> = (batches.iter())
            .filter(|batch| is_due(self.last.get(&batch.batch_id), batch.list_hash))
            .collect();
        let roots: Vec<&ClaimedRoot> = (roots.iter())
            .filter(|root| is_due(self.last.get(&root.root), root.root))
            .collect();
        if batches.is_empty() && roots.is_empty() {
            return Ok(());
        }
        let mut recount = match self.recount.take() {
            Some(recount) if recount.fact_seq() <= position.fact_seq => recount,
            Some(_) | None => Recount::new(self.plan.clone(), self.domain),
        };
        let journal = recount.advance(connection, &self.reader, position).await?;
        let mut journal_root = B256::ZERO;
        journal_root[..24].copy_from_slice(&journal.root[..]);
        let moment = Moment {
            fact_seq: recount.fact_seq(),
            journal_seq: journal.seq,
            journal_root,
            block_number: position.block_number,
            block_hash: position.block_hash,
            seen_at: head,
            attested_at: head,
        };
        self.attest_batches(connection, &recount, &batches, moment)
            .await?;
        self.attest_roots(connection, &recount, &roots, moment).await?;
        self.recount = Some(recount);
        Ok(())
    }

    async fn attest_batches(
        &mut self,
        connection: &mut PgConnection,
        recount: &Recount,
        batches: &[&ClaimedBatch],
        moment: Moment,
    ) -> Result<(), RecountError> {
        for batch in batches {
            if let Err(why) = check_batch(recount, batch) {
                metrics::counter!("trellis_reconciler_not_attested_total", "kind" => "batch").increment(1);
                tracing::warn!(batch.id = %batch.batch_id, "the batch is not justified: {why}");
                continue;
            }
            let subject = Attested::Batch {
                batch_id: batch.batch_id,
                list_hash: batch.list_hash,
            };
            self.store(
                connection,
                Kind::Batch,
                (batch.batch_id, batch.list_hash),
                subject,
                moment,
            )
            .await?;
        }
        Ok(())
    }

    async fn attest_roots(
        &mut self,
        connection: &mut PgConnection,
        recount: &Recount,
        roots: &[&ClaimedRoot],
        moment: Moment,
    ) -> Result<(), RecountError> {
        for root in roots {
            if root.fact_seq > recount.fact_seq() {
                continue;
            }
            if !self.compared.contains(&root.root) {
                if let Err(why) = check_root(connection, recount, root).await? {
                    metrics::counter!("trellis_reconciler_not_attested_total", "kind" => "root").increment(1);
                    tracing::warn!(root = %root.root, "the root is not justified: {why}");
                    continue;
                }
                self.compared.insert(root.root);
            }
            let subject = Attested::Root {
                root: root.root,
                total: root.total,
            };
            self.store(connection, Kind::Root, (root.root, root.root), subject, moment)
                .await?;
        }
        Ok(())
    }

    async fn store(
        &mut self,
        connection: &mut PgConnection,
        kind: Kind,
        (id, content): (B256, B256),
        subject: Attested,
        moment: Moment,
    ) -> Result<(), StoreError> {
        let known = match self.last.get(&id) {
            Some(last) => Some((last.content, last.seen_at)),
            None => (attestation::find(connection, kind, id).await?)
                .map(|stored| (stored.content, stored.moment.seen_at)),
        };
        // Exactly this was seen before, unless the chain's clock went back.
        let seen_at = known.filter(|(known, seen_at)| *known == content && *seen_at <= moment.attested_at);
        let moment = Moment {
            seen_at: seen_at.map_or(moment.attested_at, |(_, seen_at)| seen_at),
            ..moment
        };
        let digest = Attestation { subject, moment }.message().digest(&self.domain);
        let signature = match self.key.sign(digest) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::error!("cannot sign an attestation: {}", ErrorChain(&error));
                return Ok(());
            }
        };
        let attestation = StoredAttestation {
            content,
            moment,
            signature,
        };
        attestation::upsert(connection, kind, id, &attestation).await?;
        metrics::counter!("trellis_reconciler_attested_total").increment(1);
        self.last.insert(
            id,
            Last {
                content,
                seen_at: moment.seen_at,
                attested_at: moment.attested_at,
            },
        );
        Ok(())
    }
}

/// Whether a look found nothing severe, and skipped nothing of weight.
fn may_attest(looked: &RunReport) -> bool {
    let is_grave = looked
        .report
        .findings()
        .any(|finding| finding.severity == Severity::S1);
    let passed = |check: &Check| {
        let mut verdicts = looked.report.verdicts.iter();
        verdicts.any(|(known, verdict)| known == check && *verdict == Verdict::Passed)
    };
    !is_grave && MUST_PASS.iter().all(passed)
}

/// Whether a batch pays nobody more than the recount entitles to.
fn check_batch(recount: &Recount, batch: &ClaimedBatch) -> Result<(), String> {
    let manifest: Manifest =
        (batch.manifest.parse()).map_err(|_| "its manifest cannot be read".to_owned())?;
    let payouts = manifest.payouts.iter().map(|covered| covered.payout).collect();
    let sealed = seal(payouts).map_err(|error| error.to_string())?;
    if sealed.list_hash != batch.list_hash {
        return Err("its list differs from its manifest".to_owned());
    }
    for payout in &sealed.payouts {
        let entitled = recount.entitled(payout.wallet);
        if payout.target > entitled {
            return Err(format!(
                "it would raise {} to {}, but the facts justify only {entitled}",
                payout.wallet, payout.target
            ));
        }
    }
    Ok(())
}

/// Whether a root is that of its leaves, and promises nobody more than the recount entitles to.
async fn check_root(
    connection: &mut PgConnection,
    recount: &Recount,
    root: &ClaimedRoot,
) -> Result<Result<(), String>, StoreError> {
    let mut leaves = Vec::new();
    let mut after = Address::ZERO;
    loop {
        let page = liabilities::list_leaves(connection, root.root, after, LEAVES_AT_ONCE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (wallet, entitled) in page {
            let justified = recount.entitled(wallet);
            if entitled > justified {
                return Ok(Err(format!(
                    "it promises {entitled} to {wallet}, but the facts justify only {justified}"
                )));
            }
            leaves.push(Leaf { wallet, entitled });
        }
        if u64::try_from(leaves.len()).is_ok_and(|found| found > root.leaves) {
            return Ok(Err("it has more leaves than declared".to_owned()));
        }
    }
    let tree = match Tree::build(leaves) {
        Ok(tree) => tree,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if tree.root() != root.root || tree.total() != root.total {
        return Ok(Err("it is not the root of its leaves".to_owned()));
    }
    Ok(Ok(()))
}
