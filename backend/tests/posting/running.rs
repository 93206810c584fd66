//! A posting worker that runs as its process runs it, and ends with the test.

use std::sync::OnceLock;
use std::time::Duration;

use backend::posting::{self, Config, WorkError};
use service::metrics::Metrics;
use sqlx::PgPool;
use store::deployment::{self, Deployment};
use testkit::{TestDatabase, wait_for};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{PLAN, compiled};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A worker in a task of its own.
pub(crate) struct Running {
    stop: CancellationToken,
    ended: JoinHandle<Result<(), WorkError>>,
}

/// A database that is bound to the plan.
pub(crate) async fn deployed() -> TestDatabase {
    let database = TestDatabase::new().await;
    let deployment = Deployment {
        chain_id: 31_337,
        contract: alloy_primitives::Address::repeat_byte(0xcc),
        contract_block: 1,
        contract_block_hash: alloy_primitives::B256::repeat_byte(1),
        asset: compiled().asset().code().into(),
        plan_hash: compiled().hash(),
        plan_text: PLAN.into(),
    };
    deployment::insert(&mut database.connection().await, &deployment)
        .await
        .unwrap();
    database
}

fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS
        .get_or_init(|| service::metrics::install().unwrap())
        .clone()
}

impl Running {
    pub(crate) fn start(database_url: String, deadline: Duration) -> Self {
        let config = Config {
            database_url,
            lease_ttl: Duration::from_secs(3),
            deadline,
            snapshot_facts: 50,
            snapshot_pause: Duration::from_millis(10),
            place: admission::Place::default(),
            holder: "a test".to_owned(),
            listen: None,
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let ended = tokio::spawn(async move { posting::run(&config, metrics(), &stopped).await });
        Self { stop, ended }
    }

    /// Waits until nothing waits, and returns how many facts there are.
    pub(crate) async fn posts_everything(&mut self, pool: &PgPool) -> i64 {
        let statement = "SELECT (SELECT count(*) FROM fact) FROM (SELECT count(*) AS count FROM inbox
            WHERE fact_seq IS NULL AND NOT quarantined) AS waiting WHERE count = 0";
        wait_for("everything to be posted", PATIENCE, async || {
            if self.ended.is_finished() {
                panic!("the worker has ended: {:?}", (&mut self.ended).await);
            }
            sqlx::query_scalar(statement).fetch_optional(pool).await.unwrap()
        })
        .await
    }

    pub(crate) async fn ends(self) -> Result<(), WorkError> {
        tokio::time::timeout(PATIENCE, self.ended).await.unwrap().unwrap()
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ends().await.unwrap();
    }
}
