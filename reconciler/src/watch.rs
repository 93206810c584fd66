//! The run loop: when to run, and what to store. Stored alerts are delivered by the courier.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use audit::checks::{Check, Severity, Verdict};
use serde_json::{Map, Value, json};
use service::health::{self, Pulse};
use sqlx::Connection;
use store::lease::{self, Lease, LeaseName};
use store::reconciliation::{self, RunRecord, Stored};
use store::{LeaseKeeper, within};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::alert::Courier;
use crate::attest::Attestor;
use crate::config::Config;
use crate::run::{Look, Reconciler};
use crate::run_report::RunReport;
use crate::vigil::{Looks, Vigil};

/// A reconciler that does not look for this long is stuck: a full look at a large ledger takes two minutes.
const SILENCE_MAX: Duration = Duration::from_secs(150);

/// Between two looks at whether something was posted.
const POLL: Duration = Duration::from_millis(50);

/// The pause after a look, as a multiple of its duration, so that a large ledger is not read all the time.
const PAUSE_FACTOR: u32 = 4;

/// A pause is at most this part of the time between two looks that R20 allows: a database that stalled is no work to rest from.
const PAUSE_OF_LOOK_MAX: u32 = 2;

/// A lease lasts this many times as long as the longest look.
const LEASE_LOOKS: u32 = 4;

/// Looks that found what the ones before found are stored this often; those at everything, too.
const STORE_EVERY: Duration = Duration::from_secs(10);

/// The wait after a failure.
const RETRY: Duration = Duration::from_millis(500);

/// What is known between runs.
#[derive(Debug)]
struct Watcher {
    reconciler: Reconciler,
    attestor: Option<Attestor>,
    /// Whether this process is the one that stores and tells; the courier waits for it.
    leads: watch::Sender<Option<Lease>>,
    looks: Looks,
    pulse: Pulse,
    config: Config,
    keeper: LeaseKeeper,
    /// Whether this process is the one that stores and tells.
    lease: Option<Lease>,
    /// Last posting batch that was looked at.
    batch_seq: u64,
    looked_at: Option<Instant>,
    next_look: Instant,
    /// When the next way through everything begins.
    next_sweep: Instant,
    /// Whether anything is open: then one way through everything follows the other, so that its end is seen.
    is_open: bool,
    stored_at: Option<Instant>,
    /// The same of an observation of everything.
    stored_full_at: Option<Instant>,
    stored_outcome: &'static str,
}

/// Looks until shutdown.
///
/// # Errors
/// Something is missing at the start; later failures are waited out.
pub async fn watch(config: Config, stop: &CancellationToken) -> anyhow::Result<()> {
    let metrics = service::metrics::install()?;
    let pulse = Pulse::new(SILENCE_MAX);
    health::serve(config.listen, metrics, pulse.clone()).await?;
    let reconciler = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        reached = reach(&config, &pulse) => reached?,
    };
    let attestor = reconciler.attestor(&config)?;
    if attestor.is_none() {
        tracing::warn!("no attestation key is configured: no batch or root will be authorized");
    }
    let courier = Courier::new(reconciler.pool().clone(), config.destination.clone())?;
    let (leads, leading) = watch::channel(None);
    tokio::spawn(courier.run(leading.clone()));
    let looks = Looks::default();
    let vigil = Vigil::new(
        reconciler.pool().clone(),
        reconciler.readers().to_vec(),
        looks.clone(),
        reconciler.plan().clone(),
        config.vigil.clone(),
    )?;
    tokio::spawn(vigil.run(leading));
    describe_checks();
    let (now, lease_ttl) = (Instant::now(), config.lease_ttl);
    let holder = format!("process {}", std::process::id());
    let mut watcher = Watcher {
        reconciler,
        attestor,
        leads,
        looks,
        pulse,
        config,
        keeper: LeaseKeeper::new(LeaseName::Reconciler, holder, lease_ttl),
        lease: None,
        batch_seq: 0,
        looked_at: None,
        next_look: now,
        next_sweep: now,
        is_open: false,
        stored_at: None,
        stored_full_at: None,
        stored_outcome: "",
    };
    watcher.pulse.beat();
    service::announce_ready()?;
    loop {
        let wait = match watcher.step().await {
            Ok(()) => {
                watcher.pulse.has_everything();
                POLL
            }
            Err(error) => {
                metrics::counter!("trellis_reconciler_failed_runs_total").increment(1);
                tracing::warn!(error = format!("{error:#}"), "reconciliation run failed");
                if watcher.reconciler.reconnect_after(&error) {
                    watcher.pulse.lacks("the database does not respond");
                }
                RETRY
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    watcher.release().await;
    Ok(())
}

/// The reconciler, as soon as its database is there.
async fn reach(config: &Config, pulse: &Pulse) -> anyhow::Result<Reconciler> {
    let why_it_waits = |error: &anyhow::Error| store::outage(error.as_ref()).map(|_| format!("{error:#}"));
    service::reach("the database", Some(pulse), why_it_waits, || {
        Reconciler::new(config)
    })
    .await
}

impl Watcher {
    /// Looks if it is time to.
    async fn step(&mut self) -> anyhow::Result<()> {
        let deadline = self.config.deadline;
        if !within(deadline, self.hold_lease()).await? {
            self.pulse.beat();
            return Ok(());
        }
        self.attest().await?;
        let now = Instant::now();
        let interval_is_over = self
            .looked_at
            .is_none_or(|looked_at| now.duration_since(looked_at) >= self.config.interval);
        let mut connection = self.reconciler.pool().acquire().await?;
        let finding = reconciliation::find_last_batch(&mut connection);
        let batch_seq = within(deadline, finding).await?.unwrap_or(0);
        drop(connection);
        if now < self.next_look || (batch_seq == self.batch_seq && !interval_is_over) {
            self.pulse.beat();
            return Ok(());
        }
        self.batch_seq = batch_seq;
        self.looked_at = Some(now);
        self.look(now).await
    }

    /// Attests what waits, as far as the last look allows it.
    async fn attest(&mut self) -> anyhow::Result<()> {
        let Some(attestor) = &mut self.attestor else {
            return Ok(());
        };
        let mut connection = self.reconciler.pool().acquire().await?;
        // A root of many leaves is read as long as a look.
        Ok(within(self.config.vigil.look_max, attestor.step(&mut connection)).await?)
    }

    async fn look(&mut self, now: Instant) -> anyhow::Result<()> {
        let sweeps = self.is_open || now >= self.next_sweep || self.reconciler.is_sweeping();
        let look = self.reconciler.look(sweeps).await?;
        self.pulse.beat();
        let ended = Instant::now();
        let duration = ended.duration_since(now);
        self.keeper.extend(duration.saturating_mul(LEASE_LOOKS));
        let looked = match look {
            Look::Seen(looked) => looked,
            Look::Nothing => {
                self.skip("nothing_posted");
                return Ok(());
            }
            Look::Reading => {
                self.looked_at = None;
                self.skip("reading");
                return Ok(());
            }
            // The next part makes it look again.
            Look::Amid => {
                self.skip("amid_a_fact");
                return Ok(());
            }
        };
        self.looks.ended(Some(&looked));
        let pause = looked.working.saturating_mul(PAUSE_FACTOR);
        self.next_look = ended + pause.min(self.config.vigil.look_max / PAUSE_OF_LOOK_MAX);
        if looked.is_full {
            self.next_sweep = ended + self.config.full_interval;
        }
        measure(&looked);
        if let Some(attestor) = &mut self.attestor {
            attestor.record(&looked);
        }
        let stored = within(self.config.deadline, self.store(&looked)).await?;
        log(&looked, &stored);
        self.pulse.note("last_run", summary(&looked));
        Ok(())
    }

    /// No check ran.
    fn skip(&self, cause: &str) {
        self.looks.ended(None);
        self.pulse
            .note("last_run", json!({ "outcome": "skipped", "cause": cause }));
    }

    /// Stores a look that changed something, and others now and then.
    async fn store(&mut self, looked: &RunReport) -> anyhow::Result<Stored> {
        let outcome = outcome(looked);
        let was_long_ago =
            |stored_at: Option<Instant>| stored_at.is_none_or(|stored_at| stored_at.elapsed() >= STORE_EVERY);
        let is_due = was_long_ago(self.stored_at) || looked.is_full && was_long_ago(self.stored_full_at);
        if outcome == self.stored_outcome && !is_due && !self.is_open && outcome != "findings" {
            return Ok(Stored::default());
        }
        let record = RunRecord {
            block_number: looked.position.block_number,
            block_hash: looked.position.block_hash,
            fact_seq: looked.position.fact_seq,
            outcome,
            checks: checks(looked),
            started_at: looked.started_at,
            findings: looked.report.findings().collect(),
            complete: looked.complete.iter().map(|check| check.id()).collect(),
        };
        let mut connection = self.reconciler.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        if let Some(lease) = self.lease {
            match lease::check(&mut transaction, lease).await {
                Ok(()) => {}
                Err(error) => {
                    self.keeper.lose();
                    self.lease = None;
                    return Err(error.into());
                }
            }
        }
        let stored = reconciliation::insert_run(&mut transaction, &record).await?;
        transaction.commit().await?;
        self.is_open = !reconciliation::list_open(&mut connection).await?.is_empty();
        (self.stored_at, self.stored_outcome) = (Some(Instant::now()), outcome);
        if looked.is_full {
            self.stored_full_at = self.stored_at;
        }
        Ok(stored)
    }

    /// Whether this process is the one that stores and tells.
    async fn hold_lease(&mut self) -> anyhow::Result<bool> {
        let mut connection = self.reconciler.pool().acquire().await?;
        let lease = self.keeper.hold(&mut connection).await?;
        if lease.is_some() && lease != self.lease {
            let open = reconciliation::list_open(&mut connection).await?;
            self.is_open = !open.is_empty();
            self.looks.expect();
        }
        self.lease = lease;
        self.leads.send_replace(self.lease);
        Ok(self.lease.is_some())
    }

    async fn release(&mut self) {
        self.leads.send_replace(None);
        let released = async {
            let mut connection = self.reconciler.pool().acquire().await?;
            self.keeper.release(&mut connection).await?;
            anyhow::Ok(())
        };
        if let Err(error) = within(self.config.deadline, released).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the lease was not released and will expire"
            );
        }
    }
}

/// What a look comes to.
fn outcome(looked: &RunReport) -> &'static str {
    if looked.report.findings().next().is_some() {
        "findings"
    } else if looked.report.verdicts.iter().any(|(_, verdict)| is_gap(verdict)) {
        "skipped"
    } else {
        "clean"
    }
}

/// Whether a check that ought to run did not. What nobody configured is no gap of this run.
pub(crate) fn is_gap(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Skipped(audit::checks::Skip::NotConfigured(_))
        | Verdict::Passed
        | Verdict::Failed { .. } => false,
        Verdict::Skipped(_) => true,
    }
}

/// What every check said, by its id.
pub(crate) fn checks(looked: &RunReport) -> Value {
    let mut checks = Map::new();
    for (check, verdict) in &looked.report.verdicts {
        let said = match verdict {
            Verdict::Passed => json!({ "state": "passed" }),
            Verdict::Failed { findings, omitted } => {
                json!({ "state": "failed", "findings": findings.len() + omitted })
            }
            Verdict::Skipped(skip) => json!({
                "state": "skipped",
                "cause": skip.name(),
                "detail": skip.to_string(),
            }),
        };
        let mut said = said;
        said["severity"] = json!(check.severity().name());
        said["cadence"] = json!(check.cadence().name());
        said["meaning"] = json!(check.meaning());
        said["runbook"] = json!(check.runbook());
        said["everything"] = json!(looked.is_full);
        checks.insert(check.id().to_owned(), said);
    }
    Value::Object(checks)
}

/// A look in few words.
pub(crate) fn summary(looked: &RunReport) -> Value {
    json!({
        "outcome": outcome(looked),
        "block_number": looked.position.block_number,
        "block_hash": looked.position.block_hash.to_string(),
        "fact_seq": looked.position.fact_seq,
        "everything": looked.is_full,
        "users": looked.users,
        "accounts_at_contract": looked.accounts,
        "findings": looked.report.findings().count(),
        "duration_ms": looked.duration.as_millis(),
        "checking_ms": looked.checking.as_millis(),
    })
}

fn log(looked: &RunReport, stored: &Stored) {
    for finding in looked.report.findings() {
        let is_new = stored
            .raised
            .iter()
            .any(|raised| raised.check == finding.check.id() && raised.subject == finding.subject);
        if is_new {
            tracing::error!(
                check = finding.check.id(),
                severity = finding.severity.name(),
                subject = finding.subject,
                expected = finding.expected,
                actual = finding.actual,
                cause = finding.cause.name(),
                chain.block = looked.position.block_number,
                "{}",
                finding.detail
            );
        }
    }
    for resolved in &stored.resolved {
        tracing::info!(
            check = resolved.check,
            subject = resolved.subject,
            "a finding was resolved"
        );
    }
    if stored.stopped {
        tracing::error!("settlement is stopped until two operators resume it");
    }
}

fn describe_checks() {
    for check in Check::ALL.into_iter().chain(Check::VIGIL) {
        metrics::gauge!("trellis_reconciler_findings", "check" => check.id()).set(0.0);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
fn measure(looked: &RunReport) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let extent = if looked.is_full { "everything" } else { "new" };
    metrics::histogram!("trellis_reconciler_run_seconds", "extent" => extent)
        .record(looked.duration.as_secs_f64());
    metrics::counter!("trellis_reconciler_runs_total", "outcome" => outcome(looked)).increment(1);
    metrics::gauge!("trellis_reconciler_block").set(looked.position.block_number as f64);
    metrics::gauge!("trellis_reconciler_accounts").set(looked.accounts as f64);
    for (check, verdict) in &looked.report.verdicts {
        let found = match verdict {
            Verdict::Passed => 0,
            Verdict::Failed { findings, omitted } => findings.len() + omitted,
            Verdict::Skipped(skip) => {
                metrics::counter!("trellis_reconciler_skipped_total", "check" => check.id(), "cause" => skip.name())
                    .increment(1);
                continue;
            }
        };
        metrics::gauge!("trellis_reconciler_check_run_timestamp_seconds", "check" => check.id()).set(now);
        if found == 0 {
            metrics::gauge!("trellis_reconciler_check_passed_timestamp_seconds", "check" => check.id())
                .set(now);
        }
        metrics::gauge!("trellis_reconciler_findings", "check" => check.id()).set(found as f64);
    }
    let grave = looked
        .report
        .findings()
        .filter(|finding| finding.severity == Severity::S1);
    metrics::gauge!("trellis_reconciler_grave_findings").set(grave.count() as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_section_in_the_runbooks() {
        let runbooks = include_str!("../../docs/runbooks.md");
        let headings = runbooks.lines().filter_map(|line| line.strip_prefix("## "));
        let anchors: Vec<String> = headings
            .map(|heading| heading.to_lowercase().replace(' ', "-"))
            .collect();
        let mut checks: Vec<Check> = Check::ALL.into_iter().chain(Check::VIGIL).collect();
        // By number: R1b stands behind R1.
        let number = |check: &Check| {
            check
                .id()
                .trim_matches(char::is_alphabetic)
                .parse::<u32>()
                .unwrap()
        };
        checks.sort_by_key(|check| (number(check), check.id().len()));
        assert_eq!(
            anchors,
            checks.into_iter().map(Check::runbook).collect::<Vec<_>>()
        );
    }
}
