//! Receipts, nonces, balances and fees, from nodes that lag, lie or fail.

use alloy::providers::Provider;
use chain::{At, ChainError, ChainReader, Outcome};
use rpcsim::{Fault, View};
use serde_json::json;

use crate::world::{PRICE, World, address, sign, transfer};

const RECEIPT: &str = "eth_getTransactionReceipt";
const COUNT: &str = "eth_getTransactionCount";

#[tokio::test]
async fn a_receipt_tells_block_status_and_fee() {
    let world = World::start(1).await;
    let (raw, hash) = sign(transfer(0));
    assert_eq!(world.offer(&raw).await.outcome, Outcome::Accepted { hash });
    assert_eq!(world.sender.find_receipt(hash).await.unwrap(), None);
    world.mine(1).await;
    let receipt = world.sender.find_receipt(hash).await.unwrap().unwrap();
    let block = world.provider.get_block(1.into()).await.unwrap().unwrap();
    assert_eq!((receipt.block.number, receipt.block.hash), (1, block.header.hash));
    assert!(receipt.succeeded);
    assert_eq!(receipt.from, address(20));
    assert_eq!(receipt.gas_used, 21_000);
    assert_eq!(receipt.fee(), 21_000 * PRICE);
}

#[tokio::test]
async fn a_receipt_is_found_where_one_node_has_it_and_missing_only_where_all_say_so() {
    let world = World::start(2).await;
    let (raw, hash) = sign(transfer(0));
    world.sender.broadcast(&raw).await;
    world.mine(1).await;
    world.sim.set_view(0, View::Behind(1));
    let each = world.sender.receipts(hash).await;
    assert!(matches!(each[..], [Ok(None), Ok(Some(_))]), "{each:?}");
    assert!(world.sender.find_receipt(hash).await.unwrap().is_some());
    // The one that has it fails: the answer is unknown.
    world.sim.next_at(1, RECEIPT, Fault::DropBefore);
    let unknown = world.sender.find_receipt(hash).await;
    assert!(
        matches!(unknown, Err(ChainError::Transport { .. })),
        "{unknown:?}"
    );
    world.sim.set_view(1, View::Behind(1));
    assert_eq!(world.sender.find_receipt(hash).await.unwrap(), None);
    // The one that has it answers, and the other one fails.
    world.sim.set_view(1, View::Live);
    world.sim.next_at(0, RECEIPT, Fault::HangBefore);
    assert!(world.impatient().find_receipt(hash).await.unwrap().is_some());
}

#[tokio::test]
async fn a_receipt_of_something_else_is_refused() {
    let world = World::start(1).await;
    let (raw, hash) = sign(transfer(0));
    world.offer(&raw).await;
    world.mine(1).await;
    let (_, other) = sign(transfer(1));
    let lie = Fault::alter(move |_, answer| answer["result"]["transactionHash"] = json!(other));
    world.sim.next(RECEIPT, lie);
    let refused = world.sender.find_receipt(hash).await;
    assert!(
        matches!(refused, Err(ChainError::Malformed { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_transaction_counts_from_its_block_on_and_is_final_four_later() {
    let world = World::start(1).await;
    let account = address(20);
    let head = ChainReader::connect(world.sim.url(), account).unwrap();
    let before = head.head().await.unwrap().hash;
    world.offer(&sign(transfer(0)).0).await;
    let count = async |at| world.sender.transaction_count(account, at).await.unwrap();
    assert_eq!(count(At::Latest).await, 0, "what waits does not count");
    world.mine(1).await;
    assert_eq!(count(At::Latest).await, 1);
    assert_eq!(count(At::Finalized).await, 0);
    assert_eq!(count(At::Block(before)).await, 0);
    world.mine(4).await;
    assert_eq!(count(At::Finalized).await, 1);
    let after = head.head().await.unwrap().hash;
    assert_eq!(count(At::Block(after)).await, 1);
    assert_eq!(count(At::Block(before)).await, 0);
    world.sim.set_view(0, View::Behind(1));
    let stale = world.sender.transaction_count(account, At::Block(after)).await;
    assert!(matches!(stale, Err(ChainError::Stale { .. })), "{stale:?}");
}

#[tokio::test]
async fn the_node_that_is_furthest_tells_the_count_and_the_poorest_the_balance() {
    let world = World::start(2).await;
    let account = address(20);
    world.sender.broadcast(&sign(transfer(0)).0).await;
    let full = world.sender.balance(account, At::Latest).await.unwrap();
    world.mine(1).await;
    world.sim.set_view(1, View::Behind(1));
    assert_eq!(
        world.sender.transaction_count(account, At::Latest).await.unwrap(),
        1
    );
    let spent = world.sender.balance(account, At::Latest).await.unwrap();
    assert_eq!(full - spent, 1 + 21_000 * PRICE);
    world.sim.next_at(0, COUNT, Fault::Status(500));
    assert_eq!(
        world.sender.transaction_count(account, At::Latest).await.unwrap(),
        0
    );
    world.sim.next(COUNT, Fault::HangBefore);
    let nobody = world.impatient().transaction_count(account, At::Latest).await;
    assert!(matches!(nobody, Err(ChainError::Transport { .. })), "{nobody:?}");
}

#[tokio::test]
async fn of_three_nodes_one_does_not_decide_what_gas_costs() {
    let world = World::start(3).await;
    world.mine(1).await;
    let honest = world.sender.suggested_fees().await.unwrap();
    assert!(honest.base_fee > 0 && honest.priority_fee > 0);
    world
        .sim
        .always_at(1, "eth_gasPrice", Fault::result(json!("0xffffffffffffffffff")));
    assert_eq!(world.sender.suggested_fees().await.unwrap(), honest);
    world
        .sim
        .always_at(1, "eth_gasPrice", Fault::result(json!("0x0")));
    assert_eq!(world.sender.suggested_fees().await.unwrap(), honest);
    // What costs that much is accepted.
    let mut transaction = transfer(0);
    transaction.max_fee_per_gas = honest.max_fee();
    transaction.max_priority_fee_per_gas = honest.priority_fee;
    let (raw, hash) = sign(transaction);
    world.sender.broadcast(&raw).await;
    world.mine(1).await;
    assert!(world.sender.find_receipt(hash).await.unwrap().is_some());
}

#[tokio::test]
async fn without_a_base_fee_the_price_is_the_tip() {
    let world = World::start(1).await;
    let empty = json!({"oldestBlock": "0x0", "baseFeePerGas": ["0x0", "0x0"], "gasUsedRatio": [0.5], "reward": [["0x2faf080"]]});
    world.sim.next("eth_feeHistory", Fault::result(empty));
    world.sim.next("eth_gasPrice", Fault::result(json!("0x2faf080")));
    let fees = world.sender.suggested_fees().await.unwrap();
    assert_eq!(
        (fees.base_fee, fees.priority_fee, fees.max_fee()),
        (0, 50_000_000, 50_000_000)
    );
}

#[tokio::test]
async fn a_sender_can_be_used_from_a_task() {
    let world = World::start(1).await;
    let sender = world.sender.clone();
    let (raw, hash) = sign(transfer(0));
    let task = tokio::spawn(async move {
        sender.broadcast(&raw).await;
        sender.suggested_fees().await.unwrap();
        sender.transaction_count(address(20), At::Latest).await.unwrap();
        sender.find_receipt(hash).await.unwrap()
    });
    assert_eq!(task.await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let world = World::start(1).await;
    let reader = ChainReader::connect(world.sim.url(), address(20)).unwrap();
    let endless = format!("0x{}", "00".repeat(17 * 1024 * 1024));
    world.sim.next("eth_getLogs", Fault::result(json!(endless)));
    let refused = reader.logs_of_range(0..=0).await;
    assert!(
        matches!(refused, Err(ChainError::RangeTooLarge { .. })),
        "{refused:?}"
    );
}
