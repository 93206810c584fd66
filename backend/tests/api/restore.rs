//! Someone with the owner's rights forged a fact, log included: the listener stops, the ledger is restored to the fact before it,
//! and everyone goes on without a loss.

use std::time::Duration;

use ::chain::ChainReader;
use alloy::consensus::BlockHeader;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use backend::posting::{Step as Posted, Writer, writer};
use backend::restore::{RestoreError, restore};
use listener::{Halt, Listener, Step, StepError};
use money::Amount;
use plan::{Book, Cause, Intake, ReserveChoice, Tier};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use store::deployment::{self, Deployment};
use store::inbox::{self, BlockRef, ChainEntry, Command};
use store::lease::{self, LeaseName};
use testkit::{TestDatabase, wait_for};

use crate::chain::Chain;
use crate::world::{BNB, PLAN, compiled};

const TTL: Duration = Duration::from_secs(30);
/// Looks at the node until what is awaited is final; each mines a block.
const LOOKS_MAX: usize = 60;

/// A chain whose contract was funded once, and a ledger that is bound to it.
struct Scene {
    chain: Chain,
    database: TestDatabase,
    deployment: Deployment,
    /// The block in which the contract was funded.
    funded: BlockRef,
    funded_at: u64,
}

impl Scene {
    async fn set() -> Self {
        service::install_tls();
        let chain = Chain::start().await;
        let funded = chain
            .custody()
            .Funded_filter()
            .from_block(0)
            .query()
            .await
            .unwrap();
        let log = &funded[0].1;
        let funded = BlockRef {
            number: log.block_number.unwrap(),
            hash: log.block_hash.unwrap(),
        };
        let header = chain
            .provider
            .get_block_by_number(BlockNumberOrTag::Number(funded.number))
            .await
            .unwrap()
            .unwrap()
            .header;
        let plan = compiled();
        let deployment = Deployment {
            chain_id: 31_337,
            contract: chain.contract,
            contract_block: funded.number,
            contract_block_hash: funded.hash,
            asset: plan.asset().code().into(),
            plan_hash: plan.hash(),
            plan_text: PLAN.into(),
        };
        let database = TestDatabase::new().await;
        let mut connection = database.connection().await;
        deployment::insert(&mut connection, &deployment).await.unwrap();
        connection.close().await.unwrap();
        Self {
            chain,
            database,
            deployment,
            funded,
            funded_at: header.timestamp(),
        }
    }

    fn url(&self, database: &str, role: Option<&str>) -> String {
        let url = role.map_or_else(|| self.database.url(), |role| self.database.url_as(role));
        url.replace(self.database.name(), database)
    }

    async fn listener(&self, pool: PgPool) -> Listener {
        let reader = ChainReader::connect(&self.chain.rpc_url(), self.deployment.contract).unwrap();
        Listener::of(
            pool,
            vec![reader],
            1,
            self.deployment.clone(),
            "a test".to_owned(),
        )
        .await
        .unwrap()
    }

    /// Mines and lets a new listener look until the inbox has the journal entry, or it must stop.
    async fn record(&self, database: &str, seq: i64) -> Result<(), StepError> {
        let url = self.url(database, Some("trellis_listener"));
        let pool = store::connect(&url, 2).await.unwrap();
        let mut listener = self.listener(pool.clone()).await;
        let mut connection = PgConnection::connect(&self.url(database, None)).await.unwrap();
        let mut recorded = Ok(());
        for look in 0.. {
            assert!(look < LOOKS_MAX, "journal entry {seq} was not recorded");
            let has = "SELECT EXISTS (SELECT FROM checkpoint WHERE final_seq >= $1)";
            if sqlx::query_scalar(has)
                .bind(seq)
                .fetch_one(&mut connection)
                .await
                .unwrap()
            {
                break;
            }
            match listener.step().await {
                Ok(Step::Advanced | Step::Rewound) => {}
                Ok(Step::Idle | Step::Stale | Step::Standby) => self.chain.pass(1).await,
                Err(error @ StepError::Halt(_)) => {
                    recorded = Err(error);
                    break;
                }
                Err(error) => panic!("{error}"),
            }
        }
        listener.release().await.unwrap();
        pool.close().await;
        connection.close().await.unwrap();
        recorded
    }

    /// Posts everything that waits, as the worker does.
    async fn post(&self, database: &str) {
        let mut connection = writer::connect(&self.url(database, Some("trellis_poster")))
            .await
            .unwrap();
        let lease = lease::claim(&mut connection, LeaseName::Posting, "a test", TTL)
            .await
            .unwrap()
            .expect("nobody else posts");
        let mut writer = Writer::rebuild(&mut connection, Book::new(compiled()), lease, TTL)
            .await
            .unwrap();
        while writer.step(&mut connection).await.unwrap() != Posted::Idle {}
        lease::release(&mut connection, lease).await.unwrap();
        connection.close().await.unwrap();
    }

    /// What a user commands by the API.
    async fn command(&self, key: &str) {
        let command = Command {
            actor: Address::repeat_byte(7),
            idempotency_key: key,
            effective_at: 5,
            cause: Cause::ReserveChosen {
                wallet: Address::repeat_byte(7),
                tier: Tier::new(1).unwrap(),
                choice: ReserveChoice::In,
            },
        };
        let url = self.url(self.database.name(), Some("trellis_api"));
        let mut connection = PgConnection::connect(&url).await.unwrap();
        inbox::insert_command(&mut connection, &command).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A registration that nobody paid, with a log to prove it: what only the owner can write.
    async fn forge(&self, seq: u64) {
        let entry = ChainEntry {
            seq,
            block: self.funded,
            transaction_hash: B256::repeat_byte(6),
            effective_at: self.funded_at,
            cause: Cause::Registered(Intake {
                deposit_ref: B256::repeat_byte(5),
                wallet: Address::repeat_byte(6),
                sponsor: None,
                amount: Amount::new(20 * BNB),
                refundable_until: 1,
                plan_hash: self.deployment.plan_hash,
                disclosure_hash: B256::ZERO,
            }),
        };
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        recorded::record(&mut transaction, &[entry]).await.unwrap();
        transaction.commit().await.unwrap();
        connection.close().await.unwrap();
    }

    async fn fund(&self, amount: u128) {
        let from = abi::development::DEPLOYER.address;
        let custody = self.chain.custody();
        let fund = custody.fund().from(from).value(U256::from(amount));
        assert!(fund.send().await.unwrap().get_receipt().await.unwrap().status());
    }

    /// Lets go of the test's own connections, as stopped processes would.
    async fn stop(&self) {
        self.database.pool().close().await;
        let mut maintenance = PgConnection::connect(&self.url("postgres", None)).await.unwrap();
        wait_for(
            "the end of all connections",
            Duration::from_secs(20),
            async || {
                let connected = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1)";
                let connected = sqlx::query_scalar::<_, bool>(connected).bind(self.database.name());
                (!connected.fetch_one(&mut maintenance).await.unwrap()).then_some(())
            },
        )
        .await;
        maintenance.close().await.unwrap();
    }
}

/// Source and type of every fact of a ledger, in order.
async fn facts(url: &str) -> Vec<(String, String)> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let statement = "SELECT i.source, i.payload ->> 'type' FROM fact AS f JOIN inbox AS i ON i.id = f.inbox_id ORDER BY f.seq";
    let facts = sqlx::query_as(statement)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    facts
}

fn named(facts: &[(&str, &str)]) -> Vec<(String, String)> {
    facts
        .iter()
        .map(|(source, kind)| ((*source).to_owned(), (*kind).to_owned()))
        .collect()
}

/// Drops the copy, which no `TestDatabase` knows, also when the test fails.
struct Copy<'a>(&'a Scene, String);

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        let (url, name) = (self.0.url("postgres", None), self.1.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sqlx::raw_sql(AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await
                    .unwrap();
            });
        });
        let _ = dropping.join();
    }
}

#[tokio::test]
async fn a_forged_fact_is_undone_and_nothing_else_is_lost() {
    let scene = Scene::set().await;
    let present = scene.database.name().to_owned();
    scene.record(&present, 1).await.unwrap();
    scene.command("before").await;
    scene.post(&present).await;
    scene.forge(2).await;
    scene.command("after").await;
    scene.post(&present).await;
    let forged = [
        ("chain", "funded"),
        ("command", "reserve_chosen"),
        ("chain", "registered"),
        ("command", "reserve_chosen"),
    ];
    assert_eq!(facts(&scene.url(&present, None)).await, named(&forged));

    scene.fund(3 * BNB).await;
    let halted = scene.record(&present, 2).await.unwrap_err();
    assert!(
        matches!(halted, StepError::Halt(Halt::InboxContradicts(_))),
        "{halted:?}"
    );

    let copy = Copy(&scene, format!("{present}_restored"));
    let (url, rpc_url) = (scene.url(&present, None), scene.chain.rpc_url());
    let in_use = restore(&url, &rpc_url, &copy.1, 2).await.unwrap_err();
    assert!(matches!(in_use, RestoreError::InUse(_)), "{in_use:?}");
    scene.stop().await;
    let too_far = restore(&url, &rpc_url, &copy.1, 5).await.unwrap_err();
    assert!(
        matches!(too_far, RestoreError::NoSuchFact { last: 4, asked: 5 }),
        "{too_far:?}"
    );
    let restored = restore(&url, &rpc_url, &copy.1, 2).await.unwrap();
    assert_eq!((restored.facts_undone, restored.removed.len()), (2, 1));
    assert_eq!(restored.removed[0]["payload"]["type"], "registered");
    // The evidence is as it was.
    assert_eq!(facts(&url).await, named(&forged));

    scene.record(&copy.1, 2).await.unwrap();
    scene.post(&copy.1).await;
    let url = scene.url(&copy.1, None);
    let told = [
        ("chain", "funded"),
        ("command", "reserve_chosen"),
        ("command", "reserve_chosen"),
        ("chain", "funded"),
    ];
    assert_eq!(facts(&url).await, named(&told));
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let snapshot = store::snapshot::read(&mut connection).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
    connection.close().await.unwrap();
}
