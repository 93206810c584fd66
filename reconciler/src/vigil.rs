//! Checks between runs: every few seconds, even if a run is impossible, it checks that chain, finality, listener,
//! posting, settlement and the runs themselves make progress and that the endpoints agree.
//!
//! A round observes, has `audit::vigil` judge, and stores what that finds like the findings of a look. What it could not observe
//! stays as it was. Not responsible for telling people (see `alert`), nor for the books.

mod accounts;
mod endpoints;
mod heartbeat;
mod limits;
mod looks;
mod rescan;
mod trail;

use std::time::{Duration, Instant};

use audit::checks::{Check, FINDINGS_MAX, Finding, Verdict};
use audit::vigil::{self, CommandSeen, DaySeen, Progress, RecordedFinal, RecordedHead, Worker, WorkerSeen};
use chain::ChainReader;
use plan::CompiledPlan;
use serde_json::json;
use service::ErrorChain;
use sqlx::Connection;
use store::lease::{self, Lease};
use store::quarantine::{self, Quarantined};
use store::reconciliation::vigil::{self as stored, Standing};
use store::{Connections, deployment, schedule, within};
use tokio::sync::watch;

use accounts::Purses;
use endpoints::{Endpoints, Seen};
use heartbeat::Heartbeat;
use rescan::Rescan;
use trail::Trail;

pub use limits::VigilConfig;
pub use looks::Looks;

/// A round asks the database and the endpoints, and each of these has its own limits: it takes at most this many deadlines of the
/// database at most.
const ROUND_DEADLINES: u32 = 2;

/// What is remembered between rounds.
#[derive(Debug)]
pub struct Vigil {
    pool: Connections,
    endpoints: Endpoints,
    purses: Purses,
    rescan: Rescan,
    trail: Trail,
    heartbeat: Heartbeat,
    looks: Looks,
    plan: CompiledPlan,
    config: VigilConfig,
    started: Instant,
}

impl Vigil {
    /// Nothing is observed yet.
    pub fn new(
        pool: impl Into<Connections>,
        readers: Vec<ChainReader>,
        looks: Looks,
        plan: CompiledPlan,
        config: VigilConfig,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            pool: pool.into(),
            endpoints: Endpoints::new(readers),
            purses: Purses::default(),
            rescan: Rescan::default(),
            trail: Trail::default(),
            heartbeat: Heartbeat::new(&config)?,
            looks,
            plan,
            config,
            started: Instant::now(),
        })
    }

    /// Goes round for as long as this process is the one that stores.
    pub(crate) async fn run(mut self, mut leads: watch::Receiver<Option<Lease>>) {
        loop {
            // The sender is gone when the process ends.
            let Ok(lease) = leads.wait_for(Option::is_some).await.map(|lease| *lease) else {
                return;
            };
            let limit = self.pool.deadline().saturating_mul(ROUND_DEADLINES);
            let going_round = async {
                self.round(lease).await?;
                self.tells().await
            };
            let is_done = match within(limit, going_round).await {
                Ok(is_told) => is_told,
                Err(error) => {
                    metrics::counter!("trellis_reconciler_failed_rounds_total").increment(1);
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "a check between reconciliation runs failed"
                    );
                    if store::outage(error.as_ref()).is_some() {
                        self.pool.renew();
                    }
                    false
                }
            };
            // Silence is what the receiver of heartbeats is to notice.
            if is_done && self.is_well() {
                self.heartbeat.beat(&self.looks).await;
            }
            tokio::time::sleep(self.config.interval).await;
        }
    }

    /// Observes once, and stores what is found.
    pub async fn round(&mut self, lease: Option<Lease>) -> anyhow::Result<()> {
        let mut connection = self.pool.acquire().await?;
        let standing = stored::find_standing(&mut connection).await?;
        let quarantined = quarantine::list(&mut connection, FINDINGS_MAX).await?;
        let batches = quarantine::list_batches(&mut connection, FINDINGS_MAX).await?;
        drop(connection);
        let seen = self.endpoints.look(&standing).await;
        let freshness = vigil::freshness(&self.progress(&standing, &seen), &self.config.freshness);
        self.store_beside(lease, Check::Freshness, &freshness, seen.unseen_progress())
            .await?;
        let recorded = standing.checkpoint.map(|checkpoint| RecordedFinal {
            number: checkpoint.final_number,
            seen: vigil::FinalSeen {
                hash: checkpoint.final_hash,
                seq: checkpoint.final_seq,
                root: checkpoint.final_root,
            },
        });
        let agreement = vigil::agreement(&seen.endpoints, seen.common, recorded);
        self.store_beside(lease, Check::Agreement, &agreement, seen.unseen_agreement())
            .await?;
        let reconciler = vigil::reconciler(&self.looks.seen(self.config.look_max, self.config.check_max));
        self.store(lease, Check::Reconciler, &reconciler).await?;
        let put_aside: Vec<CommandSeen> = quarantined.into_iter().map(command_seen).collect();
        self.store(lease, Check::Quarantine, &vigil::quarantine(&put_aside, &batches))
            .await?;
        let open = self.open_day(&standing).await?;
        let schedule = vigil::schedule(open.as_ref(), self.config.day_late.as_secs());
        self.store(lease, Check::Schedule, &schedule).await?;
        self.watch_trail(lease).await?;
        self.watch_accounts(lease, &standing).await?;
        self.watch_logs(lease, &standing).await
    }

    /// Whether alerts reach people: while their receiver is away, silence has to tell them.
    async fn tells(&self) -> anyhow::Result<bool> {
        let Some(untold_max) = self.config.untold_max else {
            return Ok(true);
        };
        let mut connection = self.pool.acquire().await?;
        let waiting = store::alert::count_waiting(&mut connection).await?;
        let is_told = waiting.untold == 0 || Duration::from_secs(waiting.oldest_seconds) <= untold_max;
        if !is_told {
            tracing::warn!(
                alert.untold = waiting.untold,
                "no alert receiver is reachable; no heartbeat is sent"
            );
        }
        Ok(is_told)
    }

    /// Whether the process may say that it is well.
    fn is_well(&self) -> bool {
        let seen = self.looks.seen(self.config.look_max, self.config.check_max);
        vigil::reconciler(&seen) == Verdict::Passed
    }

    fn progress(&self, standing: &Standing, seen: &Seen) -> Progress {
        let since_start = self.started.elapsed().as_secs();
        let missing = |worker: Worker| {
            let lease = standing.leases.iter().find(|(name, _)| name == worker.name());
            lease.map_or(since_start, |(_, expired)| *expired)
        };
        Progress {
            unanswered_seconds: seen.unanswered_seconds,
            head: seen.head,
            recorded: standing.checkpoint.map(|checkpoint| RecordedHead {
                number: checkpoint.head_number,
                finalized: checkpoint.final_number,
                unchanged_seconds: checkpoint.unchanged_seconds,
            }),
            unposted_seconds: standing.unposted_seconds,
            workers: Worker::ALL
                .map(|worker| WorkerSeen {
                    worker,
                    missing_seconds: missing(worker),
                })
                .to_vec(),
        }
    }

    /// The first day that is not posted; `None` when the plan has no days, and before the listener has begun.
    async fn open_day(&self, standing: &Standing) -> anyhow::Result<Option<DaySeen>> {
        let Some(checkpoint) = standing.checkpoint.filter(|_| self.plan.has_days()) else {
            return Ok(None);
        };
        let mut connection = self.pool.acquire().await?;
        let posted = schedule::find_last_posted_day(&mut connection).await?;
        let deployed_at = schedule::find_deployment_time(&mut connection).await?;
        let day = match (posted, deployed_at) {
            (Some(posted), _) => posted.next(),
            (None, Some(deployed_at)) => self.plan.first_day(deployed_at),
            (None, None) => {
                let deployed = deployment::find(&mut connection).await?;
                let is_final = deployed.is_some_and(|found| found.contract_block <= checkpoint.final_number);
                return Ok(is_final.then_some(DaySeen::Unknown));
            }
        };
        let ends_at = self.plan.time_zone().end_of(day);
        Ok(Some(DaySeen::Open {
            date: day.to_string(),
            ended_seconds: checkpoint.final_timestamp.saturating_sub(ends_at),
        }))
    }

    /// A part of the audit log, and whether it is sealed up to its end.
    async fn watch_trail(&mut self, lease: Option<Lease>) -> anyhow::Result<()> {
        let mut connection = self.pool.acquire().await?;
        let part = self.trail.next(&mut connection).await?;
        let open = stored::list_open_subjects(&mut connection, Check::Trail).await?;
        drop(connection);
        let verdict = vigil::trail(&part.seen, self.config.unsealed_max.as_secs());
        self.store_beside(lease, Check::Trail, &verdict, part.others(&open))
            .await
    }

    /// Balances and fees, at the final block that the listener recorded.
    async fn watch_accounts(&mut self, lease: Option<Lease>, standing: &Standing) -> anyhow::Result<()> {
        let (Some(checkpoint), Some(reader)) = (standing.checkpoint, self.endpoints.answering()) else {
            return Ok(());
        };
        let seen = self
            .purses
            .look(&self.pool, reader, &checkpoint, &self.config)
            .await;
        match seen {
            Ok(Some(seen)) => {
                self.store(lease, Check::Accounts, &vigil::accounts(&seen.accounts))
                    .await?;
                if let Some(windows) = seen.windows {
                    self.store(lease, Check::Fees, &vigil::fees(&windows)).await?;
                }
            }
            Ok(None) => {}
            // The block may be gone at this endpoint, or its state: the next round is at another one.
            Err(error) => tracing::debug!(error = format!("{error:#}"), "cannot read accounts"),
        }
        Ok(())
    }

    /// A part of the final logs again, from the endpoint that is last in the configuration.
    async fn watch_logs(&mut self, lease: Option<Lease>, standing: &Standing) -> anyhow::Result<()> {
        let (Some(checkpoint), Some(reader)) = (standing.checkpoint, self.endpoints.witness()) else {
            return Ok(());
        };
        let part = self.rescan.next(checkpoint.final_number, &self.config);
        let Some(heights) = part else { return Ok(()) };
        match self.rescan.read(&self.pool, reader, heights.clone()).await {
            Ok(verdict) => {
                let mut connection = self.pool.acquire().await?;
                let open = stored::list_open_subjects(&mut connection, Check::Rescan).await?;
                drop(connection);
                // Of other parts of the chain nothing was seen now.
                let others = rescan::outside(&open, &heights);
                self.store_beside(lease, Check::Rescan, &verdict, others).await?;
                self.rescan.done(heights);
            }
            Err(error) => tracing::debug!(error = format!("{error:#}"), "cannot re-read logs"),
        }
        Ok(())
    }

    async fn store(&self, lease: Option<Lease>, check: Check, verdict: &Verdict) -> anyhow::Result<()> {
        self.store_beside(lease, check, verdict, Vec::new()).await
    }

    /// Stores what a check found; findings of these other subjects stay as they are.
    async fn store_beside(
        &self,
        lease: Option<Lease>,
        check: Check,
        verdict: &Verdict,
        others: Vec<String>,
    ) -> anyhow::Result<()> {
        let findings: &[Finding] = match verdict {
            Verdict::Failed { findings, .. } => findings,
            Verdict::Passed => &[],
            Verdict::Skipped(_) => return Ok(()),
        };
        measure(check, findings.len());
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        if let Some(lease) = lease {
            lease::check(&mut transaction, lease).await?;
        }
        let at = json!({ "round": true });
        let raised = stored::insert_round(&mut transaction, check, findings, &at).await?;
        let mut open = others;
        open.extend(findings.iter().map(|finding| finding.subject.clone()));
        let over = stored::resolve_others(&mut transaction, check, &open).await?;
        transaction.commit().await?;
        for opened in raised {
            let finding = findings.iter().find(|finding| finding.subject == opened.subject);
            let Some(finding) = finding else { continue };
            tracing::error!(
                check = opened.check,
                severity = opened.severity,
                subject = opened.subject,
                expected = finding.expected,
                actual = finding.actual,
                "{}",
                finding.detail
            );
        }
        for subject in over {
            tracing::info!(check = check.id(), subject, "a finding was resolved");
        }
        Ok(())
    }
}

fn command_seen(command: Quarantined) -> CommandSeen {
    CommandSeen {
        inbox_id: command.inbox_id,
        natural_key: command.natural_key,
        cause: command.cause,
        detail: command.detail,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
fn measure(check: Check, found: usize) {
    metrics::gauge!("trellis_reconciler_findings", "check" => check.id()).set(found as f64);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap_or(Duration::ZERO).as_secs_f64();
    metrics::gauge!("trellis_reconciler_check_run_timestamp_seconds", "check" => check.id()).set(now);
}

/// An error for the log.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    ErrorChain(error).to_string()
}
