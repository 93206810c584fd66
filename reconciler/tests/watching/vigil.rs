//! Whatever stands still is told, each under its own subject, and its end, too; whoever watches the reconciler hears it.

use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use devstack::services::Service;
use rpcsim::{Fault, RpcSim};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::Watched;

/// Short limits, so that the test need not wait for the minute that people may wait.
const QUICK: [(&str, &str); 4] = [
    ("TRELLIS_VIGIL_INTERVAL_MS", "200"),
    ("TRELLIS_CHAIN_HALTED_SECONDS", "5"),
    ("TRELLIS_SILENCE_SECONDS", "5"),
    ("TRELLIS_RESCAN_INTERVAL_MS", "200"),
];

async fn told(receiver: &Receiver, event: &str, subject: &str) -> Value {
    let told = receiver
        .find(
            |told| told["event"] == event && told["subject"] == subject,
            &format!("{event} {subject}"),
        )
        .await;
    assert!(told["runbook"].is_string(), "{told}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_chain_and_every_dead_process_are_told_and_so_is_their_return() {
    let mut watched = Watched::start_with(&QUICK).await;
    watched.members(1).await;
    watched.clean().await;

    watched.world.mine_by_itself(false).await.unwrap();
    let halted = told(&watched.receiver, "raised", "chain").await;
    assert_eq!(
        (&halted["check"], &halted["severity"]),
        (&json!("R17"), &json!("S2"))
    );
    watched.world.mine_by_itself(true).await.unwrap();
    told(&watched.receiver, "resolved", "chain").await;

    for subject in ["listener", "posting", "settlement"] {
        service(&mut watched, subject).stop().unwrap();
        told(&watched.receiver, "raised", subject).await;
        service(&mut watched, subject).restart().await.unwrap();
        told(&watched.receiver, "resolved", subject).await;
    }
    let stops = "SELECT count(*) FROM settlement_stop";
    assert_eq!(
        watched.count(stops).await,
        0,
        "an outage is no reason for two people"
    );
}

fn service<'a>(watched: &'a mut Watched, subject: &str) -> &'a mut Service {
    let system = &mut watched.world.system;
    match subject {
        "listener" => &mut system.listener,
        "posting" => &mut system.worker,
        _ => &mut system.settler,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_finality_stops_settlement_and_endpoints_that_disagree_are_told() {
    let mut watched = Watched::start_with(&QUICK).await;
    watched.members(1).await;
    watched.clean().await;
    let anvil = watched.world.spec().rpc_url.clone();
    let sim = RpcSim::honest(&anvil).await.unwrap();
    let heartbeats = Receiver::plain().await;
    watched.world.system.reconciler.stop().unwrap();
    let _watching = watched
        .reconciler_with(&[
            ("TRELLIS_RPC_URL", &format!("{anvil},{}", sim.url())),
            ("TRELLIS_HEARTBEAT_URL", &heartbeats.url),
            ("TRELLIS_HEARTBEAT_INTERVAL_MS", "200"),
        ])
        .await;
    heartbeats.next("heartbeat").await;

    // Another journal in the same block: one of the two lies.
    let lie = Fault::alter(|params, answer| {
        // Only the contract's journal answers in two words.
        let result = answer["result"].as_str().unwrap_or_default().to_owned();
        if params[1]["blockHash"].is_string() && result.len() == 2 + 2 * 64 {
            let last = if result.ends_with('0') { "1" } else { "0" };
            answer["result"] = json!(format!("{}{last}", &result[..result.len() - 1]));
        }
    });
    sim.always("eth_call", lie);
    let disagreed = told(&watched.receiver, "raised", "final block").await;
    assert_eq!(
        (&disagreed["check"], &disagreed["severity"]),
        (&json!("R16"), &json!("S1")),
        "{disagreed}"
    );
    sim.clear();
    told(&watched.receiver, "resolved", "final block").await;

    // The other endpoint knows a final log that was not recorded, which is the same as one that was lost here.
    let lost = "UPDATE chain_log SET data = data || '\\x00' WHERE seq = 1";
    watched.execute(lost).await;
    let missed = watched.receiver.next_about("R15").await;
    assert_eq!(missed["severity"], "S1", "{missed}");
    let found = "UPDATE chain_log SET data = substr(data, 1, length(data) - 1) WHERE seq = 1";
    watched.execute(found).await;

    // Finality stands still for a hundred blocks.
    let pinned: Value = watched
        .world
        .provider
        .raw_request(
            "eth_getBlockByNumber".into(),
            (BlockNumberOrTag::Finalized, false),
        )
        .await
        .unwrap();
    let node = RpcSim::honest(&anvil).await.unwrap();
    node.always(
        "eth_getBlockByNumber",
        Fault::alter(move |params, answer| {
            if params[0] == "finalized" {
                answer["result"] = pinned.clone();
            }
        }),
    );
    drop(_watching);
    let _watching = watched.reconciler_with(&[("TRELLIS_RPC_URL", node.url())]).await;
    watched.world.mine(100).await.unwrap();
    let stalled = watched
        .receiver
        .find(
            |told| told["subject"] == "finality" && told["severity"] == "S1",
            "stalled finality",
        )
        .await;
    assert_eq!(stalled["check"], "R17", "{stalled}");
    let stops = "SELECT count(*) FROM settlement_stop WHERE cause = 'R17 finality' AND resumed_by IS NULL";
    watched.becomes(stops, 1).await;
    node.clear();
    told(&watched.receiver, "resolved", "finality").await;
    assert_eq!(watched.count(stops).await, 1, "only two operators resume");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconciler_that_cannot_look_sends_no_heartbeat() {
    let mut watched = Watched::start_with(&QUICK).await;
    watched.members(1).await;
    watched.clean().await;
    let sim = RpcSim::honest(&watched.world.spec().rpc_url).await.unwrap();
    let heartbeats = Receiver::plain().await;
    watched.world.system.reconciler.stop().unwrap();
    let _watching = watched
        .reconciler_with(&[
            ("TRELLIS_RPC_URL", sim.url()),
            ("TRELLIS_HEARTBEAT_URL", &heartbeats.url),
            ("TRELLIS_HEARTBEAT_INTERVAL_MS", "200"),
            ("TRELLIS_CHECK_MAX_SECONDS", "3"),
        ])
        .await;
    heartbeats.next("heartbeat").await;
    // The state is gone at the endpoint: everything that needs the contract is skipped.
    sim.always("eth_getBalance", Fault::refuse("missing trie node"));
    told(&watched.receiver, "raised", "check R1").await;
    heartbeats.drain().await;
    // Rounds go on and find more; no heartbeat may have come in between.
    told(&watched.receiver, "raised", "check R21").await;
    assert_eq!(heartbeats.drain().await, 0);
    sim.clear();
    heartbeats.next("heartbeat").await;
    told(&watched.receiver, "resolved", "check R1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_reaches_nobody_ends_the_heartbeat() {
    let mut watched = Watched::start_with(&QUICK).await;
    watched.members(1).await;
    watched.clean().await;
    let heartbeats = Receiver::plain().await;
    watched.world.system.reconciler.stop().unwrap();
    let _watching = watched
        .reconciler_with(&[
            ("TRELLIS_WEBHOOK_URL", "http://127.0.0.1:1"),
            ("TRELLIS_UNTOLD_MAX_SECONDS", "2"),
            ("TRELLIS_HEARTBEAT_URL", &heartbeats.url),
            ("TRELLIS_HEARTBEAT_INTERVAL_MS", "200"),
        ])
        .await;
    heartbeats.next("heartbeat").await;
    watched.plant(1).await;
    let untold = "SELECT count(*) FROM alert WHERE told_severity IS NULL
        AND raised_at < now() - interval '3 seconds'";
    watched.becomes_more(untold, 0).await;
    heartbeats.drain().await;
    let rounds = "SELECT count(*) FROM alert WHERE raised_at < now() - interval '5 seconds'";
    watched.becomes_more(rounds, 0).await;
    assert_eq!(heartbeats.drain().await, 0, "silence has to tell people");
}
