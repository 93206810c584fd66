//! The development system from start to start: its clock never goes back, its ports stay, and what a killed server lost
//! is said plainly.

use std::path::PathBuf;

use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use anvil_tests::PATIENCE;
use devstack::development::{Development, DevelopmentSpec};
use devstack::world::{Person, Site};
use devstack::{Checkout, Wallet};
use testkit::wait_for;

/// Three days: beyond the cooling-off time and every delay.
const TRAVELLED_SECONDS: u64 = 3 * 86_400;

/// A system in a place of its own, which is removed at the end.
struct Place {
    checkout: Checkout,
    name: String,
}

impl Place {
    fn new() -> Self {
        Self {
            checkout: Checkout::find().unwrap(),
            name: format!("test-development-{}", std::process::id()),
        }
    }

    async fn start(&self) -> anyhow::Result<Development> {
        let spec = DevelopmentSpec {
            place: Some(self.name.clone()),
            ..DevelopmentSpec::default()
        };
        Development::start(&self.checkout, &spec).await
    }

    fn saved_chain(&self) -> PathBuf {
        self.checkout.local(&self.name).unwrap().join("chain.json")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Development::remove(&self.checkout, &self.name);
    }
}

fn site(development: &Development) -> Site {
    let endpoints = development.endpoints();
    Site::new(&endpoints.api, &endpoints.rpc, endpoints.custody.parse().unwrap()).unwrap()
}

async fn newest_time(site: &Site) -> u64 {
    let block = site
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap();
    block.unwrap().header.timestamp
}

/// Registers someone, and waits until it is posted.
async fn register(development: &Development, account: usize) {
    let site = site(development);
    let root = Person::with(devstack::world::root_user()).address();
    let mut person = Person::with(Wallet::at(account));
    // Behind a clock that jumped, an authorization may have expired before it is given.
    wait_for("somebody to register", PATIENCE, async || {
        person.register(&site, Some(root)).await.ok()
    })
    .await;
    let seq = site.contract().journalHead().call().await.unwrap().seq;
    let pool = sqlx::PgPool::connect(&development.endpoints().database_url)
        .await
        .unwrap();
    wait_for("the registration to be posted", PATIENCE, async || {
        let posted = "SELECT coalesce(max(chain_seq), 0) FROM inbox WHERE fact_seq IS NOT NULL";
        let posted: i64 = sqlx::query_scalar(posted).fetch_one(&pool).await.unwrap();
        (posted == i64::try_from(seq).unwrap()).then_some(())
    })
    .await;
}

async fn failure(development: &mut Development) -> String {
    wait_for("the end of a process to be seen", PATIENCE, async || {
        development.check_running().err().map(|error| error.to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_development_system_goes_on_where_it_ended_or_says_why_not() {
    let place = Place::new();
    let development = place.start().await.unwrap();
    let first = development.endpoints().clone();
    let before = site(&development);
    let _: serde_json::Value = before
        .provider
        .raw_request("evm_increaseTime".into(), [TRAVELLED_SECONDS])
        .await
        .unwrap();
    register(&development, 9).await;
    let travelled = newest_time(&before).await;
    development.stop().unwrap();

    // The clock goes on, and nothing of the contract that counts time panics.
    let mut development = place.start().await.unwrap();
    let again = development.endpoints().clone();
    assert_eq!(
        (&again.rpc, &again.database_url),
        (&first.rpc, &first.database_url)
    );
    assert_eq!(development.notes(), &[] as &[String]);
    let after = site(&development);
    assert!(newest_time(&after).await >= travelled);
    after.contract().available().call().await.unwrap();
    register(&development, 10).await;

    // A killed PostgreSQL is the cause, whoever ends without it.
    development.postgres().kill().unwrap();
    let told = failure(&mut development).await;
    assert!(told.starts_with("postgres "), "{told}");
    drop(development);

    // A chain that was killed goes on from where it was saved, when no fact is later.
    let mut development = place.start().await.unwrap();
    let saved = std::fs::read(place.saved_chain()).unwrap();
    let after = site(&development);
    let head = after.provider.get_block_number().await.unwrap();
    wait_for("blocks that are not saved", PATIENCE, async || {
        (after.provider.get_block_number().await.unwrap() > head + 20).then_some(())
    })
    .await;
    development.anvil().kill().unwrap();
    let told = failure(&mut development).await;
    assert!(told.starts_with("anvil "), "{told}");
    drop(development);
    std::fs::write(place.saved_chain(), &saved).unwrap();
    let mut development = place.start().await.unwrap();
    let notes = development.notes().join("\n");
    assert!(
        notes.contains("the chain was killed and continues from block"),
        "{notes}"
    );
    register(&development, 11).await;

    // When a fact is later, nothing is removed, and it is said what to do.
    development.anvil().kill().unwrap();
    drop(development);
    std::fs::write(place.saved_chain(), &saved).unwrap();
    let told = match place.start().await {
        Ok(_) => panic!("a ledger without its chain was started"),
        Err(error) => format!("{error:#}"),
    };
    assert!(
        told.contains("Nothing was removed") && told.contains("--fresh"),
        "{told}"
    );
    assert!(!std::fs::read(place.saved_chain()).unwrap().is_empty());
}
