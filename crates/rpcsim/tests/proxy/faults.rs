//! Each fault that can be ordered.

use std::time::{Duration, Instant};

use alloy::primitives::Bytes;
use rpcsim::Fault;
use serde_json::{Value, json};

use crate::world::{IMPATIENCE, PRICE, World, hash_of, raw, request};

const SEND: &str = "eth_sendRawTransaction";

fn transfer(nonce: u64) -> Bytes {
    raw(20, nonce, PRICE, PRICE)
}

#[tokio::test]
async fn a_node_that_behaves_answers_as_the_real_one_alone_and_in_batches() {
    let world = World::start().await;
    world.mine(3).await;
    let answer = world.answer("eth_blockNumber", json!([])).await;
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 7, "result": "0x3"}));
    let asked = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_nothing", "params": []},
        {"jsonrpc": "2.0", "id": 3, "method": "eth_blockNumber", "params": []},
    ]);
    let (_, text) = world.post(world.sim.url(), &asked).await.unwrap();
    let answers: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}));
    assert_eq!(answers[1]["error"]["code"], -32601);
    assert_eq!(answers[2]["result"], "0x3");
    let methods: Vec<String> = world.sim.exchanges().into_iter().map(|one| one.method).collect();
    assert_eq!(
        methods,
        ["eth_blockNumber", "eth_chainId", "eth_nothing", "eth_blockNumber"]
    );
}

#[tokio::test]
async fn what_is_no_json_is_told_so() {
    let world = World::start().await;
    let client = reqwest::Client::new();
    let answer = client.post(world.sim.url()).body("{").send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32700);
}

#[tokio::test]
async fn a_dropped_transaction_is_executed_or_not_and_the_client_cannot_tell() {
    let world = World::start().await;
    let (before, after) = (transfer(0), raw(21, 0, PRICE, PRICE));
    world.sim.next(SEND, Fault::DropBefore);
    world.sim.next(SEND, Fault::DropAfter);
    let first = world.failure(SEND, json!([before])).await;
    let second = world.failure(SEND, json!([after])).await;
    assert!(!first.is_timeout() && !second.is_timeout());
    assert!(!world.is_known(&before).await);
    assert!(world.is_known(&after).await);
    assert_eq!(world.sim.raw_transactions(), [before, after]);
    let forwarded: Vec<bool> = world
        .sim
        .exchanges_of(SEND)
        .iter()
        .map(|one| one.forwarded)
        .collect();
    assert_eq!(forwarded, [false, true]);
}

#[tokio::test]
async fn a_transaction_without_an_answer_is_executed_or_not() {
    let world = World::start().await;
    let (before, after) = (transfer(0), raw(21, 0, PRICE, PRICE));
    world.sim.next(SEND, Fault::HangBefore);
    world.sim.next(SEND, Fault::HangAfter);
    assert!(world.failure(SEND, json!([before])).await.is_timeout());
    assert!(world.failure(SEND, json!([after])).await.is_timeout());
    world.becomes_known(&after).await;
    assert!(!world.is_known(&before).await);
}

#[tokio::test]
async fn a_swallowed_transaction_is_promised_and_lost() {
    let world = World::start().await;
    world.sim.next(SEND, Fault::Swallow);
    let lost = transfer(0);
    let answer = world.answer(SEND, json!([lost])).await;
    assert_eq!(answer["result"], json!(hash_of(&lost)));
    assert!(!world.is_known(&lost).await);
    // The next is sent in earnest.
    let answer = world.answer(SEND, json!([lost])).await;
    assert_eq!(answer["result"], json!(hash_of(&lost)));
    assert!(world.is_known(&lost).await);
}

#[tokio::test]
async fn words_of_refusal_come_with_and_without_the_deed() {
    let world = World::start().await;
    let table = [
        (Fault::already_known(), "already known"),
        (Fault::nonce_too_low(), "nonce too low"),
        (Fault::underpriced(), "transaction underpriced"),
        (
            Fault::replacement_underpriced(),
            "replacement transaction underpriced",
        ),
        (Fault::pool_full(), "txpool is full"),
    ];
    for (fault, words) in table {
        world.sim.next(SEND, fault);
        let answer = world.answer(SEND, json!([transfer(0)])).await;
        assert_eq!(answer["error"], json!({"code": -32000, "message": words}));
        assert_eq!(answer["id"], 7);
    }
    assert!(!world.is_known(&transfer(0)).await);
    world.sim.next(SEND, Fault::accepted_already_known());
    let answer = world.answer(SEND, json!([transfer(0)])).await;
    assert_eq!(answer["error"]["message"], "already known");
    assert!(world.is_known(&transfer(0)).await);
}

#[tokio::test]
async fn statuses_are_answered_without_json() {
    let world = World::start().await;
    for (fault, expected) in [(Fault::rate_limited(), 429), (Fault::Status(500), 500)] {
        world.sim.next("*", fault);
        let asked = request("eth_chainId", json!([]));
        let (status, page) = world.post(world.sim.url(), &asked).await.unwrap();
        assert_eq!(status, expected);
        assert!(serde_json::from_str::<Value>(&page).is_err());
    }
    assert!(world.sim.exchanges().iter().all(|one| !one.forwarded));
}

#[tokio::test]
async fn a_truncated_answer_is_half_of_the_true_one() {
    let world = World::start().await;
    world.sim.next("eth_getBlockByNumber", Fault::Truncate);
    let asked = request("eth_getBlockByNumber", json!(["latest", false]));
    let (status, half) = world.post(world.sim.url(), &asked).await.unwrap();
    assert_eq!(status, 200);
    assert!(half.starts_with('{') && serde_json::from_str::<Value>(&half).is_err());
    let (_, whole) = world.post(world.sim.url(), &asked).await.unwrap();
    assert_eq!(whole.len() / 2, half.len());
}

#[tokio::test]
async fn one_fault_of_a_connection_ends_the_whole_batch_and_others_are_executed() {
    let world = World::start().await;
    world.sim.next("eth_chainId", Fault::DropBefore);
    let sent = transfer(0);
    let asked = json!([request("eth_chainId", json!([])), request(SEND, json!([sent]))]);
    assert!(world.post(world.sim.url(), &asked).await.is_err());
    assert!(world.is_known(&sent).await);
}

#[tokio::test]
async fn a_delayed_answer_comes_late_and_is_true() {
    let world = World::start().await;
    let delay = Duration::from_millis(300);
    world.sim.next("eth_chainId", Fault::Delay(delay));
    let start = Instant::now();
    assert_eq!(world.answer("eth_chainId", json!([])).await["result"], "0x7a69");
    assert!(start.elapsed() >= delay);
    // It is executed before the delay, which is longer than a test.
    world.sim.next(SEND, Fault::Delay(IMPATIENCE * 1_000));
    assert!(world.failure(SEND, json!([transfer(0)])).await.is_timeout());
    world.becomes_known(&transfer(0)).await;
}

#[tokio::test]
async fn results_are_missing_or_changed_as_ordered_until_it_is_cleared() {
    let world = World::start().await;
    let sent = transfer(0);
    world.answer(SEND, json!([sent])).await;
    world.mine(1).await;
    let method = "eth_getTransactionReceipt";
    let receipt = json!([hash_of(&sent)]);
    world.sim.always(method, Fault::Null);
    for _ in 0..2 {
        assert_eq!(world.answer(method, receipt.clone()).await["result"], Value::Null);
    }
    world.sim.next(
        method,
        Fault::alter(|params, answer| {
            answer["result"]["status"] = json!("0x0");
            answer["result"]["asked"] = params[0].clone();
        }),
    );
    let altered = world.answer(method, receipt.clone()).await;
    assert_eq!(altered["result"]["status"], "0x0");
    assert_eq!(altered["result"]["asked"], receipt[0]);
    world.sim.next("eth_getLogs", Fault::Empty);
    assert_eq!(world.sim.waiting(), 1);
    assert_eq!(
        world.answer("eth_getLogs", json!([{}])).await["result"],
        json!([])
    );
    world.sim.next("eth_gasPrice", Fault::result(json!("0x5")));
    assert_eq!(world.answer("eth_gasPrice", json!([])).await["result"], "0x5");
    world.sim.clear();
    assert_eq!(world.answer(method, receipt).await["result"]["status"], "0x1");
    let met: Vec<_> = world
        .sim
        .exchanges_of(method)
        .iter()
        .map(|one| one.fault)
        .collect();
    assert_eq!(met, [Some("null"), Some("null"), Some("alter"), None]);
}
