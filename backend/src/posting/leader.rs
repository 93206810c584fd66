//! [`Leader`]: the worker across database connections. Its state in memory outlives a connection: if the database
//! ends where memory ends, posting continues.

use std::time::{Duration, Instant};

use sqlx::postgres::PgListener;
use sqlx::{Connection, PgConnection};
use store::lease::{self, Lease, LeaseName};
use store::{StoreError, inbox, within};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::snapshot::Keeper;
use super::writer::{self, Step, StepError, Writer};
use super::{Config, WorkError, figures, sealer};
use crate::succession::{Succession, Successor};

/// How long an idle writer waits at most: causes are announced at once, this is for announcements that got
/// lost with a connection, and for renewing the lease.
const IDLE_WAIT: Duration = Duration::from_millis(250);

/// The worker, while it leads and while it does not.
pub(super) struct Leader<'a> {
    config: &'a Config,
    plan: plan::CompiledPlan,
    progress: Progress,
    succession: Succession,
    /// What was posted, also after the connection is gone.
    writer: Option<Writer>,
    keeper: Keeper,
}

impl<'a> Leader<'a> {
    pub(super) fn new(config: &'a Config, plan: plan::CompiledPlan, progress: Progress) -> Self {
        Self {
            config,
            plan,
            progress,
            succession: Succession::new(
                LeaseName::Posting,
                config.holder.clone(),
                config.lease_ttl,
                config.deadline,
            ),
            writer: None,
            keeper: Keeper::new(config),
        }
    }

    async fn listen(&self) -> Result<PgListener, StoreError> {
        let mut announcements = PgListener::connect(&self.config.database_url).await?;
        announcements.listen(inbox::CHANNEL).await?;
        Ok(announcements)
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
}

impl Successor for Leader<'_> {
    type Error = WorkError;

    fn succession(&mut self) -> &mut Succession {
        &mut self.succession
    }

    fn is_lost_lease(error: &WorkError) -> bool {
        error.is_lost_lease()
    }

    fn lacks_the_database(&self) {
        self.progress.lacks_the_database();
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        writer::connect(&self.config.database_url).await
    }

    async fn work(
        &mut self,
        mut connection: PgConnection,
        stop: &CancellationToken,
    ) -> Result<(), WorkError> {
        let mut announcements = within(self.config.deadline, self.listen()).await?;
        let stands_by = || self.progress.stands_by();
        let leading = self.succession.lead(&mut connection, stop, stands_by).await?;
        let Some(lease) = leading else {
            return Ok(());
        };
        // Ends with this function.
        let mut background = JoinSet::new();
        background.spawn(figures::keep(self.config.database_url.clone()));
        background.spawn(sealer::keep(
            self.config.database_url.clone(),
            self.config.deadline,
        ));
        self.remember(&mut connection, lease).await?;
        self.succession.announce()?;
        while !stop.is_cancelled() {
            match self.step(&mut connection).await? {
                Step::Posted { .. } | Step::SetAside { .. } => {}
                Step::Idle => wait(&mut announcements, stop).await?,
            }
            self.succession.moved();
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
