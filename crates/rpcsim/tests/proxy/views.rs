//! Replicas that lag, that stopped, and that follow another branch.

use rpcsim::{Fault, Replica, Spec, View};
use serde_json::{Value, json};

use crate::world::{PRICE, World, chain, hash_of, key, raw};

const LAG: u64 = 3;

/// One replica that is current, and one that lags.
async fn lagging() -> World {
    World::start_with(|url| Spec::honest(url).with_views(&[View::Live, View::Behind(LAG)])).await
}

impl World {
    async fn result(&self, replica: usize, method: &str, params: &Value) -> Value {
        let mut answer = self.answer_at(replica, method, params.clone()).await;
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    async fn words(&self, replica: usize, method: &str, params: &Value) -> String {
        let answer = self.answer_at(replica, method, params.clone()).await;
        answer["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_lagging_replica_has_older_blocks_under_the_same_names() {
    let world = lagging().await;
    world.mine(20).await;
    let block = "eth_getBlockByNumber";
    let seen = |tag: &str| json!([tag, false]);
    assert_eq!(world.result(0, "eth_blockNumber", &json!([])).await, "0x14");
    assert_eq!(world.result(1, "eth_blockNumber", &json!([])).await, "0x11");
    assert_eq!(world.result(1, block, &seen("latest")).await["number"], "0x11");
    assert_eq!(
        (world.sim.head_told(0), world.sim.head_told(1)),
        (None, Some(0x11))
    );
    let finalized = world.result(0, block, &seen("finalized")).await;
    assert_eq!(finalized["number"], "0x10");
    assert_eq!(world.result(1, block, &seen("finalized")).await["number"], "0xd");
    assert_eq!(world.result(1, block, &seen("0x12")).await, Value::Null);
    assert_eq!(world.result(1, block, &seen("0x11")).await["number"], "0x11");
    let above = world.result(0, block, &seen("0x12")).await["hash"].clone();
    let by_hash = "eth_getBlockByHash";
    assert_eq!(
        world.result(1, by_hash, &json!([above, false])).await,
        Value::Null
    );
    assert_eq!(
        world.result(0, by_hash, &json!([above, false])).await["number"],
        "0x12"
    );
}

#[tokio::test]
async fn a_lagging_replica_knows_a_transaction_and_not_its_receipt() {
    let world = lagging().await;
    let sent = raw(20, 0, PRICE, PRICE);
    world.answer_at(1, "eth_sendRawTransaction", json!([sent])).await;
    world.mine(1).await;
    let (hash, account) = (json!([hash_of(&sent)]), json!([key(20).address(), "latest"]));
    let (receipt, transaction) = ("eth_getTransactionReceipt", "eth_getTransactionByHash");
    assert_eq!(world.result(0, receipt, &hash).await["status"], "0x1");
    assert_eq!(world.result(1, receipt, &hash).await, Value::Null);
    assert_eq!(
        world.result(1, transaction, &hash).await["blockNumber"],
        Value::Null
    );
    assert_eq!(world.result(0, "eth_getTransactionCount", &account).await, "0x1");
    assert_eq!(world.result(1, "eth_getTransactionCount", &account).await, "0x0");
    world.mine(LAG).await;
    assert_eq!(world.result(1, receipt, &hash).await["status"], "0x1");
    assert_eq!(world.result(1, transaction, &hash).await["blockNumber"], "0x1");
    assert_eq!(world.result(1, "eth_getTransactionCount", &account).await, "0x1");
}

#[tokio::test]
async fn a_lagging_replica_refuses_the_state_of_blocks_that_it_has_not() {
    let world = lagging().await;
    world.mine(10).await;
    let head = world
        .result(0, "eth_getBlockByNumber", &json!(["latest", false]))
        .await["hash"]
        .clone();
    let account = key(20).address();
    for block in [
        json!({"blockHash": head, "requireCanonical": true}),
        json!("0x9"),
        head,
    ] {
        let asked = json!([account, block]);
        assert_eq!(world.words(1, "eth_getBalance", &asked).await, "header not found");
        assert_eq!(world.words(0, "eth_getBalance", &asked).await, "");
    }
    // Without a block the newest that it has is meant.
    let call = json!([{"to": account}]);
    assert_eq!(world.result(1, "eth_call", &call).await, "0x");
}

#[tokio::test]
async fn a_lagging_replica_silently_ends_a_range_of_logs_where_it_ends() {
    let world = lagging().await;
    world.mine(10).await;
    let asked = |from: &str, to: &str| json!([{"fromBlock": from, "toBlock": to}]);
    for (from, to) in [
        ("0x1", "latest"),
        ("0x1", "0xa"),
        ("0x9", "0xa"),
        ("0x8", "finalized"),
    ] {
        assert_eq!(world.result(1, "eth_getLogs", &asked(from, to)).await, json!([]));
    }
    let head = world
        .result(0, "eth_getBlockByNumber", &json!(["latest", false]))
        .await["hash"]
        .clone();
    let of_block = json!([{"blockHash": head}]);
    assert_eq!(world.words(1, "eth_getLogs", &of_block).await, "unknown block");
    assert_eq!(world.result(0, "eth_getLogs", &of_block).await, json!([]));
}

#[tokio::test]
async fn a_replica_can_stop_and_follow_again_and_answer_once_as_an_older_one() {
    let world = World::start().await;
    world.mine(5).await;
    world.sim.set_view(0, View::Frozen(4));
    world.mine(5).await;
    assert_eq!(world.result(0, "eth_blockNumber", &json!([])).await, "0x4");
    world.sim.set_view(0, View::Live);
    world.sim.next("eth_blockNumber", Fault::Stale(2));
    assert_eq!(world.result(0, "eth_blockNumber", &json!([])).await, "0x8");
    assert_eq!(world.result(0, "eth_blockNumber", &json!([])).await, "0xa");
}

#[tokio::test]
async fn a_replica_can_follow_another_branch() {
    let (other, _files) = chain().await;
    let other_url = other.rpc_url();
    let world = World::start_with(|url| Spec {
        replicas: vec![
            Replica::default(),
            Replica {
                view: View::Live,
                upstream: Some(other_url),
            },
        ],
        ..Spec::honest(url)
    })
    .await;
    world.mine(2).await;
    let block = json!(["latest", false]);
    assert_eq!(
        world.result(0, "eth_getBlockByNumber", &block).await["number"],
        "0x2"
    );
    assert_eq!(
        world.result(1, "eth_getBlockByNumber", &block).await["number"],
        "0x0"
    );
}
