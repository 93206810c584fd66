//! [`Leader`]: the worker across database connections. Its state in memory outlives a connection: if the database
//! ends where memory ends, posting continues.

use std::time::{Duration, Instant};

use service::ErrorChain;
use sqlx::postgres::PgListener;
use sqlx::{Connection, PgConnection};
use store::lease::{self, Lease, LeaseError, LeaseName};
use store::{StoreError, inbox, within};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::snapshot::Keeper;
use super::writer::{Step, StepError, Writer};
use super::{Config, WorkError, figures};

/// How long an idle writer waits at most: causes are announced at once, this is for announcements that got
/// lost with a connection, and for renewing the lease.
const IDLE_WAIT: Duration = Duration::from_millis(250);

/// How long a process that stands by waits between two attempts to become the writer.
const STANDBY_WAIT: Duration = Duration::from_millis(100);

/// The worker, while it leads and while it does not.
pub(super) struct Leader<'a> {
    config: &'a Config,
    plan: plan::CompiledPlan,
    progress: Progress,
    /// The lease that it held last.
    lease: Option<Lease>,
    /// What was posted, also after the connection is gone.
    writer: Option<Writer>,
    keeper: Keeper,
    is_announced: bool,
    has_moved: bool,
}

impl<'a> Leader<'a> {
    pub(super) fn new(config: &'a Config, plan: plan::CompiledPlan, progress: Progress) -> Self {
        Self {
            config,
            plan,
            progress,
            lease: None,
            writer: None,
            keeper: Keeper::new(config),
            is_announced: false,
            has_moved: false,
        }
    }

    /// Whether the last connection was good for anything.
    pub(super) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Says that the database is gone for the moment, or the lease.
    ///
    /// # Errors
    /// The failure itself, when it is not for the moment.
    pub(super) fn waits_for_the_database(
        &mut self,
        error: WorkError,
        wait: Duration,
    ) -> Result<(), WorkError> {
        if error.is_lost_lease() {
            tracing::warn!(error = %ErrorChain(&error), "another process is posting");
            self.lease = None;
            return Ok(());
        }
        if store::outage(&error).is_none() {
            return Err(error);
        }
        tracing::warn!(error = %ErrorChain(&error), retry_ms = wait.as_millis(), "the database is away");
        self.progress.lacks_the_database();
        Ok(())
    }

    /// Works on this connection until `stop` is cancelled, or the connection or something else fails.
    ///
    /// # Errors
    /// See [`WorkError`]; after an outage of the database, another connection may do.
    pub(super) async fn work(
        &mut self,
        mut connection: PgConnection,
        stop: &CancellationToken,
    ) -> Result<(), WorkError> {
        let mut announcements = within(self.config.deadline, self.listen()).await?;
        let Some(lease) = self.lead(&mut connection, stop).await? else {
            return Ok(());
        };
        // Ends with this function.
        let mut background = JoinSet::new();
        background.spawn(figures::keep(self.config.database_url.clone()));
        self.remember(&mut connection, lease).await?;
        self.announce()?;
        while !stop.is_cancelled() {
            match self.step(&mut connection).await? {
                Step::Posted { .. } | Step::SetAside { .. } => {}
                Step::Idle => wait(&mut announcements, stop).await?,
            }
            self.has_moved = true;
            if let Some(writer) = &self.writer {
                self.keeper.keep(self.config, writer);
            }
        }
        within(self.config.deadline, async {
            lease::release(&mut connection, lease).await?;
            connection.close().await.map_err(StoreError::from)
        })
        .await?;
        tracing::info!("released the lease for posting");
        Ok(())
    }

    async fn listen(&self) -> Result<PgListener, StoreError> {
        let mut announcements = PgListener::connect(&self.config.database_url).await?;
        announcements.listen(inbox::CHANNEL).await?;
        Ok(announcements)
    }

    /// Waits until this process is the writer; `None` when it is to end before.
    async fn lead(
        &mut self,
        connection: &mut PgConnection,
        stop: &CancellationToken,
    ) -> Result<Option<Lease>, WorkError> {
        let (config, ttl) = (self.config, self.config.lease_ttl);
        if let Some(held) = self.lease {
            match within(config.deadline, lease::reclaim(connection, held, ttl)).await {
                Ok(lease) => {
                    self.lease = Some(lease);
                    return Ok(self.lease);
                }
                Err(LeaseError::Lost { .. }) => self.lease = None,
                Err(LeaseError::Store(error)) => return Err(error.into()),
            }
        }
        while !stop.is_cancelled() {
            let claiming = lease::claim(connection, LeaseName::Posting, &config.holder, ttl);
            if let Some(lease) = within(config.deadline, claiming).await? {
                tracing::info!(lease.epoch = lease.epoch, "claimed the lease for posting");
                self.lease = Some(lease);
                return Ok(self.lease);
            }
            self.progress.stands_by();
            if !self.is_announced {
                tracing::info!("another process is posting; standing by");
            }
            self.announce()?;
            let _ = tokio::time::timeout(STANDBY_WAIT, stop.cancelled()).await;
        }
        Ok(None)
    }

    /// Makes memory what the database has: as it is, when nobody else posted meanwhile, and from the facts otherwise.
    async fn remember(&mut self, connection: &mut PgConnection, lease: Lease) -> Result<(), WorkError> {
        if let Some(writer) = &mut self.writer {
            if within(self.config.deadline, writer.resume(connection, lease)).await? {
                tracing::info!(
                    lease.epoch = lease.epoch,
                    fact.seq = writer.tail().fact_seq,
                    "resumed from memory"
                );
                self.progress.leads(writer.tail().fact_seq);
                return Ok(());
            }
            // Freed before as much is needed again.
            self.writer = None;
        }
        self.rebuild(connection, lease).await
    }

    async fn rebuild(&mut self, connection: &mut PgConnection, lease: Lease) -> Result<(), WorkError> {
        let _rebuilding = self.progress.rebuilds();
        let begun = Instant::now();
        let empty = plan::Book::new(self.plan.clone());
        let writer = Writer::rebuild(connection, empty, lease, self.config.lease_ttl).await?;
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(
            fact.seq = writer.tail().fact_seq,
            seconds,
            "rebuilt from the snapshot and later facts"
        );
        self.progress.leads(writer.tail().fact_seq);
        self.keeper.begins_at(writer.kept_through());
        self.writer = Some(writer);
        Ok(())
    }

    /// One step, within its deadline.
    async fn step(&mut self, connection: &mut PgConnection) -> Result<Step, WorkError> {
        let Some(writer) = &mut self.writer else {
            return Ok(Step::Idle);
        };
        let begun = Instant::now();
        let stepped = within(self.config.deadline, writer.step(connection)).await;
        let (lease, seq) = (writer.lease(), writer.tail().fact_seq);
        match stepped {
            Ok(step) => {
                self.tell(step, seq, begun.elapsed());
                Ok(step)
            }
            Err(StepError::Refused { suspect, source }) => {
                self.writer = None;
                self.rebuild(connection, lease).await?;
                if let Some(writer) = &mut self.writer {
                    writer.suspect(connection, suspect, &source).await?;
                }
                Ok(Step::SetAside { commands: 0 })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn tell(&mut self, step: Step, seq: u64, took: Duration) {
        match step {
            Step::Posted { facts, transfers } => {
                self.progress.posted(seq, facts, transfers, took);
                tracing::info!(
                    batch.facts = facts,
                    batch.transfers = transfers,
                    fact.seq = seq,
                    "posted"
                );
            }
            Step::Idle => self.progress.idle(),
            Step::SetAside { .. } => {}
        }
    }

    fn announce(&mut self) -> Result<(), WorkError> {
        if !self.is_announced {
            service::announce_ready().map_err(WorkError::Ready)?;
            self.is_announced = true;
        }
        Ok(())
    }
}

/// Waits for an announcement, the end, or a while.
async fn wait(announcements: &mut PgListener, stop: &CancellationToken) -> Result<(), WorkError> {
    tokio::select! {
        announcement = announcements.recv() => {
            announcement?;
            // One look at the inbox answers all of them.
            while announcements.next_buffered().is_some() {}
        }
        () = stop.cancelled() => {}
        () = tokio::time::sleep(IDLE_WAIT) => {}
    }
    Ok(())
}
