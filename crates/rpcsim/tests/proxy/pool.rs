//! geth's rules for transactions of one account.

use rpcsim::Fault;
use serde_json::{Value, json};

use crate::world::{PRICE, World, hash_of, raw};

const SEND: &str = "eth_sendRawTransaction";

async fn send(world: &World, nonce: u64, max_fee: u128, priority_fee: u128) -> Value {
    let answer = world
        .answer(SEND, json!([raw(20, nonce, max_fee, priority_fee)]))
        .await;
    match answer["error"]["message"].as_str() {
        Some(words) => json!(words),
        None => answer["result"].clone(),
    }
}

#[tokio::test]
async fn a_replacement_must_raise_both_prices_by_a_tenth() {
    let world = World::start().await;
    let tenth_more = PRICE / 10 * 11;
    let refused = json!("replacement transaction underpriced");
    send(&world, 0, PRICE, PRICE / 2).await;
    // The real node would take each of these.
    assert_eq!(send(&world, 0, PRICE + 1, PRICE / 2).await, refused);
    assert_eq!(send(&world, 0, tenth_more, PRICE / 2).await, refused);
    assert_eq!(send(&world, 0, tenth_more - 1, PRICE / 20 * 11).await, refused);
    let enough = raw(20, 0, tenth_more, PRICE / 20 * 11);
    assert_eq!(
        send(&world, 0, tenth_more, PRICE / 20 * 11).await,
        json!(hash_of(&enough))
    );
    assert!(
        !world.is_known(&raw(20, 0, PRICE, PRICE / 2)).await,
        "it was replaced"
    );
    assert!(world.is_known(&enough).await);
    // Another nonce is no replacement, and neither is another account.
    assert_eq!(
        send(&world, 1, PRICE, PRICE).await,
        json!(hash_of(&raw(20, 1, PRICE, PRICE)))
    );
    let other = raw(21, 0, PRICE, PRICE);
    assert_eq!(
        world.answer(SEND, json!([other])).await["result"],
        json!(hash_of(&other))
    );
}

#[tokio::test]
async fn a_transaction_is_known_while_it_waits_and_its_nonce_low_when_it_is_mined() {
    let world = World::start().await;
    let hash = json!(hash_of(&raw(20, 0, PRICE, PRICE)));
    assert_eq!(send(&world, 0, PRICE, PRICE).await, hash);
    assert_eq!(send(&world, 0, PRICE, PRICE).await, "already known");
    world.mine(1).await;
    let low = "nonce too low: next nonce 1, tx nonce 0";
    assert_eq!(send(&world, 0, PRICE, PRICE).await, low);
    assert_eq!(send(&world, 0, PRICE * 9, PRICE * 9).await, low);
}

#[tokio::test]
async fn a_transaction_that_fell_out_of_the_pool_is_taken_again() {
    let world = World::start().await;
    let sent = raw(20, 0, PRICE, PRICE);
    send(&world, 0, PRICE, PRICE).await;
    world
        .truth("anvil_dropTransaction", json!([hash_of(&sent)]))
        .await;
    assert_eq!(
        send(&world, 0, PRICE - 1, PRICE - 1).await,
        json!(hash_of(&raw(20, 0, PRICE - 1, PRICE - 1)))
    );
}

#[tokio::test]
async fn a_transaction_ahead_of_its_turn_waits_and_is_replaced_by_the_same_rule() {
    let world = World::start().await;
    send(&world, 3, PRICE, PRICE).await;
    assert_eq!(send(&world, 3, PRICE, PRICE).await, "already known");
    assert_eq!(
        send(&world, 3, PRICE + 1, PRICE + 1).await,
        "replacement transaction underpriced"
    );
    assert_eq!(
        send(&world, 3, PRICE * 2, PRICE * 2).await,
        json!(hash_of(&raw(20, 3, PRICE * 2, PRICE * 2)))
    );
}

#[tokio::test]
async fn what_is_no_transaction_is_left_to_the_real_node_to_refuse() {
    let world = World::start().await;
    for params in [json!(["0x01"]), json!(["zz"]), json!([])] {
        let answer = world.answer(SEND, params).await;
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
    world.sim.next(SEND, Fault::Swallow);
    assert!(world.answer(SEND, json!(["0x01"])).await["error"].is_object());
}
