//! The loop around steps: when to poll again, what to log, when to stop.

use std::time::{Duration, Instant};

use chain::{ChainError, ChainReader};
use service::health::Pulse;
use service::transport::{self, TransportError};
use service::{Backoff, ErrorChain};
use store::deadline::BEGIN_WITHIN;
use store::deployment::{self, Deployment, DeploymentError};
use store::rights::Role;
use store::{Deadlines, PgPool, StoreError, within};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::error::{Halt, StepError};
use crate::health::Health;
use crate::step::Listener;
use crate::view::Step;

/// Between two looks at the node: a third of a block of BNB Smart Chain, at most.
const POLL: Duration = Duration::from_millis(100);

/// The waits after failures.
const RETRIES: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));

/// Polls of a node that stays behind before an alert is raised: about ten seconds.
const STALE_LOOKS: u32 = 100;

/// After a replay, the next one waits this many times as long as that took: following comes first, however many
/// requests the API stores.
const REPLAY_REST: u32 = 4;

/// Connections: one for the step, one to spare for the pool's own replacement of a broken one.
const CONNECTIONS_MAX: u32 = 2;

/// Its name at the database.
const PROGRAM: &str = "trellis-listener";

/// The longest step, with everything that endpoints are requested: many times what one takes.
const STEP_WITHIN: Duration = Duration::from_mins(1);

/// Why the listener ended.
#[derive(Debug, Error)]
pub enum RunError {
    /// The configuration is not usable.
    #[error("the configuration is not usable")]
    Config(#[from] ConfigError),
    /// The database is not bound to a contract yet, or the role may do more than the listener.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A connection that others could read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The database was not reached at start.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node was not reached at start.
    #[error("cannot reach the node")]
    Chain(#[from] ChainError),
    /// The first look at the node failed.
    #[error("the listener cannot start")]
    Begin(#[source] StepError),
    /// A signal handler or the ready file could not be made.
    #[error("I/O error")]
    Io(#[source] std::io::Error),
    /// Metrics cannot be recorded.
    #[error("metrics cannot be recorded")]
    Metrics(#[source] service::metrics::InstallError),
    /// Health and metrics cannot be served.
    #[error("cannot serve health and metrics")]
    Serve(#[source] std::io::Error),
    /// Only people can decide what comes next.
    #[error(transparent)]
    Halt(Halt),
}

impl RunError {
    /// Exit status of the process: 1 for what a later start may cure, more for what people must look at.
    pub fn exit_code(&self) -> u8 {
        if let Self::Halt(halt) = self {
            halt.exit_code()
        } else {
            1
        }
    }
}

/// Follows the chain until shutdown, or until it must halt.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let health = Health::default();
    if config.listen.is_some() {
        let metrics = service::metrics::install().map_err(RunError::Metrics)?;
        service::health::serve(config.listen, metrics, health.pulse())
            .await
            .map_err(RunError::Serve)?;
    }
    let pulse = health.pulse();
    let (pool, deployment) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        reached = reach(&config, &pulse) => reached?,
    };
    transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, deployment.chain_id)?;
    let needed = config.final_endpoints(deployment.chain_id)?;
    let readers: Result<Vec<_>, _> = config
        .rpc_urls
        .iter()
        .map(|url| ChainReader::connect(url, deployment.contract))
        .collect();
    let holder = format!("process {}", std::process::id());
    let mut listener = Listener::of(pool, readers?, needed, deployment, holder)
        .await
        .map_err(at_begin)?;
    listener.health = health;
    follow(listener, &config, shutdown).await
}

/// The ledger's database, as soon as it is there, and which ledger it is.
async fn reach(config: &Config, pulse: &Pulse) -> Result<(PgPool, Deployment), RunError> {
    let why_it_waits = |error: &RunError| store::outage(error).map(|_| ErrorChain(error).to_string());
    service::reach("the database", Some(pulse), why_it_waits, || async {
        let url = &config.database_url;
        let pool = store::connect_as(url, CONNECTIONS_MAX, PROGRAM, Deadlines::SERVICE).await?;
        let deployment = within(BEGIN_WITHIN, async {
            let mut connection = pool.acquire().await.map_err(StoreError::from)?;
            let opening = deployment::open(&mut connection, Role::Listener, service::is_local_chain);
            Ok::<_, RunError>(opening.await?)
        });
        let deployment = deployment.await?;
        Ok((pool, deployment))
    })
    .await
}

/// Makes steps until shutdown, or until it must halt.
async fn follow(
    mut listener: Listener,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    service::announce_ready().map_err(RunError::Io)?;
    let mut pace = Pace::default();
    let mut replays = Replays::default();
    loop {
        let wait = match within(STEP_WITHIN, listener.step()).await {
            Ok(step) => {
                replays.answer(&mut listener).await;
                let wait = pace.after(step);
                listener.health.stepped(step, pace.is_waiting_for_long());
                wait
            }
            Err(StepError::Halt(halt)) => {
                metrics::counter!("trellis_listener_halts_total").increment(1);
                return Err(RunError::Halt(halt));
            }
            Err(error) => {
                metrics::counter!("trellis_listener_failed_steps_total").increment(1);
                let wait = pace.backoff.after_failure();
                if store::outage(&error).is_some() {
                    listener.pool = store::connect_lazily(
                        &config.database_url,
                        CONNECTIONS_MAX,
                        PROGRAM,
                        Deadlines::SERVICE,
                    )?;
                }
                tracing::warn!(error = %ErrorChain(&error), retry_ms = wait.as_millis(), "a step failed");
                wait
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    if let Err(error) = listener.release().await {
        tracing::warn!(error = %ErrorChain(&error), "the lease was not released and will expire");
    }
    Ok(())
}

/// Ranges that operators have re-read, between steps.
#[derive(Debug, Default)]
struct Replays {
    rest_until: Option<Instant>,
}

impl Replays {
    /// Reads one range again, if one is requested. A failure leaves the request waiting for the next step.
    async fn answer(&mut self, listener: &mut Listener) {
        let begun = Instant::now();
        if self.rest_until.is_some_and(|until| begun < until) {
            return;
        }
        match listener.answer_replay().await {
            Ok(true) => {
                let ended = Instant::now();
                self.rest_until = ended.checked_add((ended - begun).saturating_mul(REPLAY_REST));
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(error = %ErrorChain(&error), "cannot replay a range"),
        }
    }
}

fn at_begin(error: StepError) -> RunError {
    if let StepError::Halt(halt) = error {
        RunError::Halt(halt)
    } else {
        RunError::Begin(error)
    }
}

/// How long to wait before the next look.
#[derive(Debug)]
struct Pace {
    backoff: Backoff,
    stale_looks: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            backoff: RETRIES,
            stale_looks: 0,
        }
    }
}

impl Pace {
    fn after(&mut self, step: Step) -> Duration {
        self.backoff.reset();
        if step == Step::Stale {
            self.stale_looks = self.stale_looks.saturating_add(1);
            if self.stale_looks.is_multiple_of(STALE_LOOKS) {
                tracing::warn!("node is behind the recorded head or inconsistent; waiting");
            }
        } else {
            self.stale_looks = 0;
        }
        match step {
            Step::Advanced | Step::Rewound => Duration::ZERO,
            Step::Idle | Step::Stale | Step::Standby => POLL,
        }
    }

    fn is_waiting_for_long(&self) -> bool {
        self.stale_looks >= STALE_LOOKS
    }
}
