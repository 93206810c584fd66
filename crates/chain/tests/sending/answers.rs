//! What nodes say to a transaction reaches the caller as it was said.

use alloy::primitives::{Bytes, U256};
use chain::Outcome;
use rpcsim::Fault;
use serde_json::json;
use settlement::answer::Answer;

use crate::world::{PRICE, World, sign, transfer};

const SEND: &str = "eth_sendRawTransaction";

/// What a refusal means to who sends.
fn meaning(outcome: &Outcome) -> Option<Answer> {
    if let Outcome::Refused { message, .. } = outcome {
        return Some(Answer::of_error(message));
    }
    None
}

#[tokio::test]
async fn a_transaction_goes_to_every_node_and_each_answers() {
    let world = World::start(3).await;
    world.sim.next_at(1, SEND, Fault::rate_limited());
    world.sim.next_at(2, SEND, Fault::pool_full());
    let (raw, hash) = sign(transfer(0));
    let answers = world.sender.broadcast(&raw).await;
    assert_eq!(answers.len(), 3);
    for (answer, url) in answers.iter().zip(world.sim.urls()) {
        assert_eq!(format!("http://{}", answer.node), *url);
    }
    assert_eq!(answers[0].outcome, Outcome::Accepted { hash });
    assert!(matches!(
        answers[1].outcome,
        Outcome::HttpStatus { status: 429, .. }
    ));
    let full = Outcome::Refused {
        code: -32000,
        message: "txpool is full".to_owned(),
    };
    assert_eq!(answers[2].outcome, full);
    assert_eq!(world.sim.raw_transactions(), [raw.clone(), raw.clone(), raw]);
}

#[tokio::test]
async fn an_accepted_transaction_whose_answer_is_lost_is_told_as_lost_and_is_known_the_next_time() {
    let world = World::start(1).await;
    for (nonce, fault) in [Fault::HangAfter, Fault::DropAfter, Fault::Truncate]
        .into_iter()
        .enumerate()
    {
        let (raw, hash) = sign(transfer(nonce as u64));
        world.sim.next(SEND, fault.clone());
        let outcome = world.impatient().broadcast(&raw).await.remove(0).outcome;
        let fits = match fault.name() {
            "hang_after" => outcome == Outcome::TimedOut,
            "drop_after" => matches!(outcome, Outcome::Unreachable { .. }),
            _ => matches!(outcome, Outcome::Malformed { .. }),
        };
        assert!(fits, "{fault:?}: {outcome:?}");
        assert!(!outcome.is_accepted());
        world.becomes_known(hash).await;
        let again = world.offer(&raw).await.outcome;
        assert_eq!(meaning(&again), Some(Answer::AlreadyKnown));
    }
}

#[tokio::test]
async fn a_node_that_is_not_there_is_unreachable_and_does_not_keep_the_others() {
    let world = World::start(1).await;
    let nobody = format!("http://127.0.0.1:{}", devstack::free_port().unwrap());
    let urls = [nobody, world.rpc_url()];
    let sender = chain::Sender::connect(&urls).unwrap();
    let (raw, hash) = sign(transfer(0));
    let answers = sender.broadcast(&raw).await;
    assert!(matches!(&answers[0].outcome, Outcome::Unreachable { message } if message.contains("refused")));
    assert_eq!(answers[1].outcome, Outcome::Accepted { hash });
}

#[tokio::test]
async fn a_null_or_an_endless_answer_is_malformed() {
    let world = World::start(1).await;
    let (raw, _) = sign(transfer(0));
    let endless = format!("0x{}", "00".repeat(17 * 1024 * 1024));
    for result in [json!(null), json!("0x12"), json!(endless)] {
        world.sim.next(SEND, Fault::result(result));
        let outcome = world.offer(&raw).await.outcome;
        assert!(
            matches!(&outcome, Outcome::Malformed { message } if message.len() < 200),
            "{}",
            outcome.name()
        );
    }
}

#[tokio::test]
async fn a_node_that_answers_with_another_hash_is_not_hidden() {
    let world = World::start(1).await;
    let (raw, hash) = sign(transfer(0));
    let (_, other) = sign(transfer(1));
    world.sim.next(SEND, Fault::result(json!(other)));
    let outcome = world.offer(&raw).await.outcome;
    assert_eq!(outcome, Outcome::Accepted { hash: other });
    assert_ne!(other, hash);
}

#[tokio::test]
async fn the_rules_of_replacement_are_told_by_their_words() {
    let world = World::start(1).await;
    let priced = |nonce, price| {
        let mut transaction = transfer(nonce);
        transaction.max_fee_per_gas = price;
        transaction.max_priority_fee_per_gas = price;
        sign(transaction).0
    };
    assert!(world.offer(&priced(0, PRICE)).await.outcome.is_accepted());
    let under = world.offer(&priced(0, PRICE + 1)).await.outcome;
    assert_eq!(meaning(&under), Some(Answer::ReplacementUnderpriced));
    let over = priced(0, PRICE / 8 * 9);
    assert!(world.offer(&over).await.outcome.is_accepted());
    assert_eq!(
        meaning(&world.offer(&over).await.outcome),
        Some(Answer::AlreadyKnown)
    );
    world.mine(1).await;
    assert_eq!(
        meaning(&world.offer(&over).await.outcome),
        Some(Answer::NonceTooLow)
    );
}

/// Here the words are those of the real node.
#[tokio::test]
async fn what_can_never_be_accepted_is_recognized() {
    let world = World::start(1).await;
    let mut poor = transfer(0);
    poor.value = U256::MAX / U256::from(2);
    let mut cheap = transfer(0);
    cheap.gas_limit = 20_000;
    let mut hungry = transfer(0);
    hungry.gas_limit = 16_777_217;
    let mut foreign = transfer(0);
    foreign.chain_id = 56;
    let table = [
        (poor, Answer::InsufficientFunds),
        (cheap, Answer::IntrinsicGas),
        // anvil says "intrinsic gas too high", which the sender does not take for final.
        (hungry, Answer::Other),
        (foreign, Answer::WrongChain),
    ];
    for (transaction, objection) in table {
        let outcome = world.offer(&sign(transaction).0).await.outcome;
        assert_eq!(meaning(&outcome), Some(objection), "{outcome}");
    }
    let garbage = world.offer(&Bytes::from_static(&[1, 2, 3])).await.outcome;
    assert!(matches!(garbage, Outcome::Refused { .. }), "{garbage}");
}
