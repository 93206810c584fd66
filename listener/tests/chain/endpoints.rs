//! Several endpoints: one that fails is left for the next, and nothing becomes final on the word of one alone.

use abi::ICustody;
use alloy::primitives::Address;
use chain::ChainReader;
use listener::{Halt, Listener, Step, StepError};
use rpcsim::{Fault, RpcSim, View};
use serde_json::{Value, json};

use crate::backfill::second_database;
use crate::world::{FINALITY, World, assert_truth_in, drain, inbox_of, user};

/// Requests within which a listener recovers from what a vendor does to it.
const RECOVERED_WITHIN: usize = 20;

impl World {
    /// A listener on these endpoints, of which so many must agree.
    async fn listener_of(&self, urls: &[&str], needed: usize) -> Listener {
        self.try_listener_of(urls, needed).await.unwrap()
    }

    async fn try_listener_of(&self, urls: &[&str], needed: usize) -> Result<Listener, StepError> {
        let pool = store::connect(&self.database.url_as("trellis_listener"), 2)
            .await
            .unwrap();
        let connect = |url: &&str| ChainReader::connect(url, self.deployment.contract).unwrap();
        let readers = urls.iter().map(connect).collect();
        Listener::of(
            pool,
            readers,
            needed,
            self.deployment.clone(),
            "a test".to_owned(),
        )
        .await
    }
}

/// Steps until there is nothing to do, whatever fails on the way; returns how often that was.
async fn drain_through(listener: &mut Listener) -> usize {
    let mut failures = 0;
    for _ in 0..400 {
        match listener.step().await {
            Ok(Step::Idle) => return failures,
            Ok(Step::Stale | Step::Advanced | Step::Rewound | Step::Standby) => {}
            Err(StepError::Halt(halt)) => panic!("{halt}"),
            Err(_) => failures += 1,
        }
    }
    panic!("the listener does not come to rest");
}

/// The contract's journal with another last word, as `eth_call` answers it.
fn another_journal() -> Fault {
    Fault::alter(|params, answer| {
        let result = answer["result"].as_str().unwrap_or_default().to_owned();
        // Only the journal is requested at a block's hash by a listener.
        if params[1]["blockHash"].is_string() && result.len() == 2 + 2 * 64 {
            let digit = if &result[2 + 64..3 + 64] == "0" { "1" } else { "0" };
            answer["result"] = json!(format!("{}{digit}{}", &result[..2 + 64], &result[3 + 64..]));
        }
    })
}

#[tokio::test]
async fn what_one_endpoint_hides_or_alters_is_read_from_another() {
    let world = World::start().await;
    let liar = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_of(&[liar.url(), &world.rpc_url()], 1).await;
    let lies: [(&str, Fault); 4] = [
        ("eth_getLogs", Fault::Empty),
        (
            "eth_getLogs",
            Fault::alter(|_, answer| {
                if let Some(logs) = answer["result"].as_array_mut() {
                    drop(logs.pop());
                }
            }),
        ),
        ("eth_call", another_journal()),
        ("*", Fault::DropBefore),
    ];
    for (round, (method, fault)) in (0_u128..).zip(lies) {
        liar.always(method, fault);
        world
            .fund(5_000_000_000_000_000_000 + round * 1_000_000_000_000_000_000)
            .await;
        world.mine(FINALITY + 1).await;
        let failures = drain_through(&mut listener).await;
        assert!(failures <= 2, "{method}: {failures}");
        assert_eq!(world.inbox().await.len(), usize::try_from(round).unwrap() + 1);
        liar.clear();
    }
    world.assert_truth().await;
}

#[tokio::test]
async fn an_endpoint_whose_logs_alone_lag_never_makes_a_hole() {
    let world = World::start().await;
    let lagging = RpcSim::start(rpcsim::Spec::honest(&world.rpc_url()).with_views(&[View::Live]))
        .await
        .unwrap();
    let mut listener = world.listener_of(&[lagging.url(), &world.rpc_url()], 1).await;
    for lag in 1..=20 {
        lagging.always("eth_getLogs", Fault::Stale(lag));
        world
            .fund(5_000_000_000_000_000_000 + u128::from(lag) * 1_000_000_000_000_000_000)
            .await;
        // The block is final before the lagging index has it, when it lags by more than that.
        world.mine(1 + lag % (2 * FINALITY)).await;
        drain_through(&mut listener).await;
        world.assert_truth().await;
    }
    lagging.clear();
    world.mine(FINALITY).await;
    drain_through(&mut listener).await;
    assert_eq!(world.inbox().await.len(), 20);
    world.assert_truth().await;
}

#[tokio::test]
async fn nothing_is_credited_while_two_endpoints_have_different_journals() {
    let world = World::start().await;
    let other = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_of(&[&world.rpc_url(), other.url()], 2).await;
    drain(&mut listener).await;
    other.always("eth_call", another_journal());
    world.register(user(20), Address::ZERO).await;
    world.mine(FINALITY + 1).await;
    let mut disagreed = 0;
    for _ in 0..20 {
        match listener.step().await {
            Ok(_) => {}
            Err(StepError::NotAgreed {
                needed, testimony, ..
            }) => {
                assert_eq!((needed, testimony.agree.len(), testimony.differ.len()), (2, 1, 1));
                disagreed += 1;
            }
            // Its own steps on the liar.
            Err(error) => assert!(matches!(error, StepError::Incomplete { .. }), "{error}"),
        }
        assert!(world.inbox().await.is_empty());
    }
    assert!(disagreed > 0);
    other.clear();
    drain_through(&mut listener).await;
    assert_eq!(world.kinds().await, ["registered"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn nothing_is_credited_while_two_endpoints_are_on_different_branches() {
    let world = World::start().await;
    // The same contract at the same height, in blocks with other hashes.
    let other = World::start().await;
    other.pass(7).await;
    world.mine(1).await;
    let mut listener = world.listener_of(&[&world.rpc_url(), &other.rpc_url()], 2).await;
    for branch in [&world, &other] {
        branch.fund(5_000_000_000_000_000_000).await;
        branch.mine(FINALITY + 1).await;
    }
    assert_eq!(world.head().await, other.head().await);
    let mut differed = 0;
    for _ in 0..20 {
        if let Err(StepError::NotAgreed { testimony, .. }) = listener.step().await {
            differed += testimony.differ.len();
        }
        assert!(world.inbox().await.is_empty());
    }
    assert!(differed > 0);
}

#[tokio::test]
async fn what_is_final_at_one_endpoint_waits_for_the_others() {
    let world = World::start().await;
    let views = [View::Behind(5), View::Behind(9)];
    let behind = RpcSim::start(rpcsim::Spec::honest(&world.rpc_url()).with_views(&views))
        .await
        .unwrap();
    let rpc_url = world.rpc_url();
    let urls: Vec<&str> = [rpc_url.as_str()]
        .into_iter()
        .chain(behind.urls().iter().map(String::as_str))
        .collect();
    let mut listener = world.listener_of(&urls, 2).await;
    world.mine(30).await;
    drain_through(&mut listener).await;
    let finalized = "SELECT final_number FROM checkpoint";
    let expected = i64::try_from(world.head().await - FINALITY - 5).unwrap();
    assert_eq!(
        world.count(finalized).await,
        expected,
        "two of three are that far"
    );

    // With one of them gone, the next one decides; with two gone, nothing becomes final any more.
    world.mine(10).await;
    behind.always_at(0, "*", Fault::DropBefore);
    drain_through(&mut listener).await;
    assert_eq!(world.count(finalized).await, expected + 6);
    behind.always_at(1, "*", Fault::DropBefore);
    world.mine(10).await;
    drain_through(&mut listener).await;
    assert_eq!(world.count(finalized).await, expected + 6);
    behind.clear();
    drain_through(&mut listener).await;
    assert_eq!(world.count(finalized).await, expected + 20);
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_refused_and_one_that_is_down_is_not_waited_for() {
    let world = World::start().await;
    let other = RpcSim::honest(&world.rpc_url()).await.unwrap();
    other.always("eth_chainId", Fault::result(json!("0x38")));
    let refused = world.try_listener_of(&[&world.rpc_url(), other.url()], 1).await;
    assert!(matches!(refused, Err(StepError::Halt(Halt::WrongChain(_)))));
    other.clear();
    other.always("*", Fault::Status(503));
    let mut listener = world.listener_of(&[other.url(), &world.rpc_url()], 1).await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    drain(&mut listener).await;
    assert_eq!(world.inbox().await.len(), 1);
}

#[tokio::test]
async fn logs_of_a_block_of_another_branch_are_rejected() {
    let world = World::start().await;
    let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_at(node.url()).await;
    drain(&mut listener).await;
    // The logs of a block that a fork then replaces, by another block with another log.
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(1).await;
    let orphan: Value = world.logs_of_newest().await;
    assert_eq!(orphan.as_array().unwrap().len(), 1);
    world.fork(1, Vec::new()).await;
    world
        .send(user(31), 6_000_000_000_000_000_000, ICustody::fundCall {})
        .await;
    world.mine(1).await;
    let before = world.contents().await;
    node.always(
        "eth_getLogs",
        Fault::alter(move |_, answer| answer["result"] = orphan.clone()),
    );
    for _ in 0..5 {
        let error = listener.step().await.unwrap_err();
        assert!(matches!(error, StepError::Chain(_)), "{error:?}");
    }
    assert_eq!(world.contents().await, before);
    node.clear();
    world.mine(FINALITY).await;
    drain(&mut listener).await;
    assert_eq!(
        world
            .count("SELECT count(*) FROM inbox WHERE payload->>'amount' = '6000000000000000000'")
            .await,
        1
    );
    world.assert_truth().await;
}

#[tokio::test]
async fn a_range_converges_through_everything_that_vendors_do() {
    let world = World::start().await;
    let mut first = world.listener().await;
    drain(&mut first).await;
    for round in 0..10 {
        world
            .fund(5_000_000_000_000_000_000 + round * 1_000_000_000_000_000_000)
            .await;
        world.mine(20).await;
    }
    world.mine(FINALITY).await;
    first.release().await.unwrap();
    let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_at(node.url()).await;
    let said = [
        Fault::rate_limited(),
        Fault::Truncate,
        Fault::Status(502),
        Fault::DropAfter,
        Fault::refuse("query returned more than 10000 results"),
        Fault::refuse("query timeout exceeded"),
        Fault::Empty,
        Fault::rate_limited(),
    ];
    for fault in said {
        node.next("eth_getLogs", fault);
    }
    drain_through(&mut listener).await;
    assert_eq!(node.waiting(), 0, "every one of them was met");
    assert!(
        node.exchanges_of("eth_getLogs").len() <= RECOVERED_WITHIN + 10,
        "{}",
        node.exchanges_of("eth_getLogs").len()
    );
    assert_eq!(world.inbox().await.len(), 10);
    world.assert_truth().await;
}

/// A node that refuses, in its own way, whatever is more than 16 blocks.
fn refuses_long_ranges(code: i64, message: &'static str) -> Fault {
    Fault::alter(move |params, answer| {
        let height = |name: &str| {
            let text = params[0][name].as_str()?.trim_start_matches("0x").to_owned();
            u64::from_str_radix(&text, 16).ok()
        };
        if let (Some(from), Some(to)) = (height("fromBlock"), height("toBlock"))
            && to - from >= 16
        {
            answer.as_object_mut().unwrap().remove("result");
            answer["error"] = json!({"code": code, "message": message});
        }
    })
}

#[tokio::test]
async fn whatever_a_vendor_says_to_long_ranges_they_become_short_and_long_again() {
    let world = World::start().await;
    for round in 0..5 {
        world
            .fund(5_000_000_000_000_000_000 + round * 1_000_000_000_000_000_000)
            .await;
        world.mine(500).await;
    }
    for (code, message) in [
        (-32000, "exceed maximum block range: 5000"),
        (-32005, "query returned more than 10000 results"),
        (-32000, "query timeout exceeded"),
        (-32602, "Log response size exceeded"),
        (-32005, "limit exceeded"),
    ] {
        let database = second_database(&world).await;
        let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
        let mut listener = world.listener_on(node.url(), &database).await;
        node.always("eth_getLogs", refuses_long_ranges(code, message));
        // From 2000 blocks to 15 it is halved seven times.
        for _ in 0..RECOVERED_WITHIN {
            let _ = listener.step().await;
        }
        assert!(
            node.exchanges_of("eth_getLogs").len() <= 2 * RECOVERED_WITHIN,
            "{message}"
        );
        node.clear();
        node.forget();
        drain_through(&mut listener).await;
        let asked = node.exchanges_of("eth_getLogs").len();
        assert!(asked <= RECOVERED_WITHIN, "{message}: {asked} requests");
        assert_eq!(inbox_of(&database).await.len(), 5, "{message}");
        assert_truth_in(&world, &database).await;
    }
}
