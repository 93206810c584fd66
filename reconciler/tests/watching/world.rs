//! A whole running system whose reconciler tells a receiver of the test.

use std::time::Duration;

use alloy::primitives::U256;
use alloy::providers::Provider;
use anvil_tests::World;
use devstack::services::{Ready, Service};
use rpcsim::View;
use serde_json::Value;
use testkit::wait_for;

use crate::receiver::{Receiver, SECRET};

/// Longer than anything takes on a busy machine: after an observation of everything that took seconds, the next one waits for
/// twenty times as long.
const PATIENCE: Duration = Duration::from_secs(240);

/// The account of the root user; others follow.
const ROOT: usize = 8;

pub(crate) struct Watched {
    pub(crate) world: World,
    pub(crate) receiver: Receiver,
}

impl Watched {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With more variables for every service.
    pub(crate) async fn start_with(more: &[(&str, &str)]) -> Self {
        let receiver = Receiver::start().await;
        let environment = [
            ("TRELLIS_WEBHOOK_URL", receiver.url.as_str()),
            ("TRELLIS_WEBHOOK_SECRET", SECRET),
            ("TRELLIS_FULL_INTERVAL_MS", "1000"),
            ("TRELLIS_ALERT_QUIET_MS", "500"),
        ];
        let environment = environment.iter().chain(more);
        let environment = environment.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (world, _nodes) = World::start_behind(&[View::Live], environment.collect())
            .await
            .unwrap();
        Self { world, receiver }
    }

    /// Another reconciler, which serves nothing over HTTP.
    pub(crate) async fn second_instance(&self) -> Service {
        let mut spec = self.world.system.reconciler.spec().clone();
        "reconciler-second".clone_into(&mut spec.name);
        spec.environment
            .push(("TRELLIS_LISTEN".to_owned(), String::new()));
        spec.ready = Ready::File;
        Service::start(spec).await.unwrap()
    }

    /// A reconciler with other variables, in place of the system's own, which was stopped.
    pub(crate) async fn reconciler_with(&self, more: &[(&str, &str)]) -> Service {
        let mut spec = self.world.system.reconciler.spec().clone();
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        spec.environment.extend(more);
        Service::start(spec).await.unwrap()
    }

    /// So many people register, and it is posted.
    pub(crate) async fn members(&self, count: usize) {
        let root = self.world.person(ROOT).address();
        for index in 0..count {
            let mut person = self.world.person(ROOT + index);
            person
                .register(&self.world, (index > 0).then_some(root))
                .await
                .unwrap();
            self.world.settle().await.unwrap();
        }
    }

    /// Waits until an observation of everything that is posted found nothing, and says what every check said.
    pub(crate) async fn clean(&self) -> Value {
        let statement = "SELECT checks FROM reconciliation_run AS run
            WHERE outcome = 'clean' AND fact_seq = (SELECT max(seq) FROM fact) AND checks #>> '{R5,everything}' = 'true'
            ORDER BY id DESC LIMIT 1";
        wait_for("a clean look at everything", PATIENCE, async || {
            sqlx::query_scalar(statement)
                .fetch_optional(self.world.ledger.pool())
                .await
                .unwrap()
        })
        .await
    }

    /// Changes the company's balance by one wei, behind everyone's back.
    pub(crate) async fn plant(&self, wei: i64) {
        let statement = format!(
            "UPDATE balance SET credits_posted = credits_posted + {wei}
             FROM account WHERE account.id = balance.account_id AND account.kind = 'held' AND account.user_id IS NULL
               AND balance.account_id = (SELECT min(id) FROM account WHERE kind = 'held' AND user_id IS NULL)"
        );
        self.execute(&statement).await;
    }

    pub(crate) async fn execute(&self, statement: &str) {
        let done = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(self.world.ledger.pool())
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1, "{statement}");
    }

    pub(crate) async fn count(&self, statement: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned()))
            .fetch_one(self.world.ledger.pool())
            .await
            .unwrap()
    }

    pub(crate) async fn becomes(&self, statement: &str, count: i64) {
        wait_for(statement, PATIENCE, async || {
            (self.count(statement).await == count).then_some(())
        })
        .await;
    }

    pub(crate) async fn becomes_more(&self, statement: &str, count: i64) {
        wait_for(statement, PATIENCE, async || {
            (self.count(statement).await > count).then_some(())
        })
        .await;
    }

    pub(crate) async fn custody_balance(&self) -> U256 {
        self.world.provider.get_balance(self.world.custody).await.unwrap()
    }
}
