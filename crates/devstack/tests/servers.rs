//! PostgreSQL and anvil really start, end, and leave nothing behind.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use devstack::anvil::{Anvil, AnvilSpec, Mining};
use devstack::postgres::{Durability, Postgres, PostgresSpec, connect};
use devstack::{Account, Checkout, ProcessId};

/// Names the part that a copy of this test binary plays.
const INNER: &str = "DEVSTACK_TEST_INNER";

/// Where the servers of one test live; removed with it.
struct Place {
    checkout: Checkout,
    name: String,
    directory: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let checkout = Checkout::find().unwrap();
        let directory = checkout.local(&format!("devstack-tests/{name}")).unwrap();
        Self {
            checkout,
            name: name.to_owned(),
            directory,
        }
    }

    async fn postgres(&self) -> Postgres {
        let spec = PostgresSpec {
            data: format!("devstack-tests/{}/postgres", self.name),
            log: self.directory.join("postgres.log"),
            pids: self.directory.join("pids"),
            durability: Durability::Durable,
        };
        Postgres::start(&self.checkout, &spec).await.unwrap()
    }

    async fn anvil(&self, mining: Mining, state: Option<PathBuf>) -> Anvil {
        let log = self.directory.join("anvil.log");
        let spec = AnvilSpec {
            mining,
            state,
            log,
            pids: self.directory.join("pids"),
        };
        Anvil::start(&self.checkout, &spec).await.unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let account = Account::unprivileged().unwrap();
        let data = self
            .checkout
            .local_for(&account, &format!("devstack-tests/{}", self.name));
        let _ = std::fs::remove_dir_all(data.unwrap());
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn rpc(url: &str, method: &str, params: serde_json::Value) -> serde_json::Value {
    let request = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = reqwest::Client::new()
        .post(url)
        .json(&request)
        .send()
        .await
        .unwrap();
    answer.json::<serde_json::Value>().await.unwrap()["result"].take()
}

#[tokio::test]
async fn a_commit_survives_the_end_of_the_server() {
    let place = Place::new("commit");
    let mut server = place.postgres().await;
    let mut connection = connect(&server.address().url("postgres")).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
        .execute(&mut connection)
        .await
        .unwrap();
    server.stop().unwrap();
    let server = place.postgres().await;
    let mut connection = connect(&server.address().url("postgres")).await.unwrap();
    let kept: i32 = sqlx::query_scalar("SELECT id FROM kept")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(kept, 7);
    let durable: String = sqlx::query_scalar("SHOW fsync")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(durable, "on");
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let place = Place::new("password");
    let server = place.postgres().await;
    let url = server.address().url("postgres");
    let password = devstack::postgres::password_of(&url).unwrap();
    assert!(connect(&url.replace(password, "wrong")).await.is_err());
    assert!(connect(&url).await.is_ok());
}

#[tokio::test]
async fn a_chain_on_demand_stands_still_and_is_final_four_blocks_behind() {
    let place = Place::new("on-demand");
    let anvil = place.anvil(Mining::OnDemand, None).await;
    let url = anvil.rpc_url();
    assert_eq!(rpc(&url, "eth_blockNumber", serde_json::json!([])).await, "0x0");
    rpc(&url, "anvil_mine", serde_json::json!(["0xa"])).await;
    assert_eq!(rpc(&url, "eth_blockNumber", serde_json::json!([])).await, "0xa");
    let finalized = rpc(
        &url,
        "eth_getBlockByNumber",
        serde_json::json!(["finalized", false]),
    )
    .await;
    assert_eq!(finalized["number"], "0x6");
}

#[tokio::test]
async fn a_saved_chain_knows_its_blocks_after_a_restart() {
    let place = Place::new("saved");
    let state = place.directory.join("chain.json");
    let mut anvil = place.anvil(Mining::OnDemand, Some(state.clone())).await;
    rpc(&anvil.rpc_url(), "anvil_mine", serde_json::json!(["0x5"])).await;
    let block = rpc(
        &anvil.rpc_url(),
        "eth_getBlockByNumber",
        serde_json::json!(["0x3", false]),
    )
    .await;
    anvil.stop().unwrap();
    let anvil = place.anvil(Mining::OnDemand, Some(state)).await;
    let same = rpc(
        &anvil.rpc_url(),
        "eth_getBlockByHash",
        serde_json::json!([block["hash"], false]),
    )
    .await;
    assert_eq!(same["number"], "0x3");
}

#[tokio::test]
async fn a_parent_that_is_killed_takes_its_children_with_it() {
    if std::env::var_os(INNER).is_some() {
        return play_parent().await;
    }
    let place = Place::new("killed");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_parent_that_is_killed_takes_its_children_with_it",
            "--nocapture",
        ])
        .env(INNER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.contains("both servers run"))
    );
    let children: Vec<ProcessId> = ["postgres", "anvil"]
        .iter()
        .map(|name| ProcessId::read(&place.directory.join(format!("pids/{name}.json"))).unwrap())
        .collect();
    assert!(children.iter().all(ProcessId::is_running));
    // `kill -9`: no handler and no destructor runs.
    parent.kill().unwrap();
    parent.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while children.iter().any(ProcessId::is_running) {
        assert!(Instant::now() < deadline, "a child outlives its killed parent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts both servers from a thread that ends at once, and waits to be killed.
async fn play_parent() {
    let place = Place::new("killed");
    let starting = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let servers = (place.postgres().await, place.anvil(Mining::Interval, None).await);
            (servers, place)
        })
    });
    let ((mut postgres, mut anvil), _place) = starting.join().unwrap();
    // A child bound to the thread that started it would have been killed by now.
    tokio::time::sleep(Duration::from_millis(200)).await;
    postgres.check_running().unwrap();
    anvil.check_running().unwrap();
    println!("both servers run");
    std::future::pending::<()>().await;
}
