//! What users and operators see of what was posted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{BNB, World, matured, refunded, registered, retopped_up, wallet};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

#[tokio::test]
async fn balances_follow_a_reward_from_held_to_available() {
    let mut world = World::with(&[1]).await;
    let sponsor = world.sign_in(1).await;
    let me = world.get("/users/me", Some(&sponsor)).await.ok();
    assert_eq!(me["balances"]["held"], bnb(18));
    assert_eq!(me["balances"]["available"], bnb(0));
    assert_eq!(me["balances"]["direct_income"], bnb(18));
    assert_eq!(me["user"]["directs"], 1);
    world.post_causes(vec![matured(40 * BNB)]).await;
    let me = world.get("/users/me", Some(&sponsor)).await.ok();
    assert_eq!(me["balances"]["held"], bnb(0));
    assert_eq!(me["balances"]["available"], bnb(18));
}

#[tokio::test]
async fn a_history_says_why_each_reward_came_and_why_another_did_not() {
    let mut world = World::with(&[1, 2]).await;
    // User 1 has no retopup, so its generation reward is withheld; user 2 has one.
    world
        .post_causes(vec![retopped_up(2), retopped_up(3), refunded(3)])
        .await;
    let session = world.sign_in(1).await;
    let history = world.get("/users/1/history", Some(&session)).await.ok();
    let entries = history["entries"].as_array().unwrap();
    let of = |kind: &str| {
        entries
            .iter()
            .filter(|entry| entry["kind"] == kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("registration")[0]["amount"], bnb(20));
    assert_eq!(of("registration")[0]["state"], "held");
    assert_eq!(of("direct")[0]["source"]["wallet"], wallet(2).to_checksum(None));
    let withheld = of("generation");
    assert!(!withheld.is_empty());
    assert!(
        withheld
            .iter()
            .all(|entry| entry["withheld"] == "not_retopped" && entry["state"] == "withheld")
    );

    let session = world.sign_in(2).await;
    let history = world.get("/users/2/history", Some(&session)).await.ok();
    let entries = history["entries"].as_array().unwrap();
    let direct = entries.iter().find(|entry| entry["kind"] == "direct").unwrap();
    assert_eq!(direct["state"], "refunded");
    let generation = entries
        .iter()
        .find(|entry| entry["kind"] == "generation")
        .unwrap();
    assert_eq!(
        (&generation["distance"], &generation["state"]),
        (&json!(1), &json!("held"))
    );
    assert!(generation["transaction_hash"].is_string());
}

#[tokio::test]
async fn pages_of_a_history_neither_repeat_nor_lose_entries_while_it_grows() {
    let mut world = World::with(&[1; 9]).await;
    let session = world.sign_in(1).await;
    let all = world.get("/users/1/history?limit=100", Some(&session)).await.ok();
    let all = all["entries"].as_array().unwrap().clone();
    assert!(all.len() >= 9, "{}", all.len());
    let mut paged = Vec::new();
    let mut path = "/users/1/history?limit=2".to_owned();
    let mut next_person = 11;
    loop {
        let page = world.get(&path, Some(&session)).await.ok();
        paged.extend(page["entries"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/users/1/history?limit=2&cursor={cursor}");
        if next_person < 13 {
            world.post_causes(vec![registered(next_person, Some(1))]).await;
            next_person += 1;
        }
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn referrals_come_in_order_page_by_page() {
    let world = World::with(&[1, 1, 2, 1, 1]).await;
    let session = world.sign_in(1).await;
    let mut ids = Vec::new();
    let mut path = "/users/1/referrals?limit=3".to_owned();
    loop {
        let page = world.get(&path, Some(&session)).await.ok();
        ids.extend(
            page["referrals"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["id"].as_i64().unwrap()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/users/1/referrals?limit=3&cursor={cursor}");
    }
    assert_eq!(ids, [2, 3, 5, 6]);
}

#[tokio::test]
async fn a_tree_is_cut_at_its_depth_and_its_number() {
    let world = World::with(&[1, 1, 2, 4, 5]).await;
    let session = world.sign_in(1).await;
    let ids = |tree: &Value| -> Vec<(i64, i64)> {
        let users = tree["downline"].as_array().unwrap();
        users
            .iter()
            .map(|entry| {
                (
                    entry["generation"].as_i64().unwrap(),
                    entry["user"]["id"].as_i64().unwrap(),
                )
            })
            .collect()
    };
    let tree = world.get("/users/1/tree?depth=2", Some(&session)).await.ok();
    assert_eq!(ids(&tree), [(1, 2), (1, 3), (2, 4)]);
    assert_eq!(tree["truncated"], false);
    let tree = world
        .get("/users/1/tree?depth=10&limit=4", Some(&session))
        .await
        .ok();
    assert_eq!(ids(&tree), [(1, 2), (1, 3), (2, 4), (3, 5)]);
    assert_eq!(tree["truncated"], true);
    let session = world.sign_in(3).await;
    let tree = world.get("/users/3/tree", Some(&session)).await.ok();
    assert_eq!(tree["places"][0]["tier"], 1);
    assert_eq!(tree["places"][0]["index"], 0);
}

#[tokio::test]
async fn pools_show_taken_and_next_places() {
    // Users 3, 5 and 7 are second directs.
    let world = World::with(&[1, 1, 2, 2, 3, 3]).await;
    let summary = world.get("/pool/summary", None).await.ok();
    assert_eq!(summary["tiers"].as_array().unwrap().len(), 6);
    let first = &summary["tiers"][0];
    assert_eq!((&first["nodes"], &first["trees_open"]), (&json!(3), &json!(1)));
    assert_eq!(
        (&first["next"]["tree"], &first["next"]["index"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(first["price"], bnb(20));
    let session = world.sign_in(9).await;
    let page = world.get("/pool/1/nodes?limit=2", Some(&session)).await.ok();
    assert_eq!(page["nodes"][1]["user_id"], 5);
    let rest = format!(
        "/pool/1/nodes?limit=2&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    let page = world.get(&rest, Some(&session)).await.ok();
    assert_eq!(page["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&page["nodes"][0]["user_id"], &page["nodes"][0]["side"]),
        (&json!(7), &json!("right"))
    );
    assert!(page["next_cursor"].is_null());
    let queue = world.get("/pool/1/queue?limit=13", Some(&session)).await.ok();
    let slots = queue["slots"].as_array().unwrap();
    assert_eq!(slots[0]["index"], 3);
    assert_eq!((&slots[12]["tree"], &slots[12]["index"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_choice_about_reserving_is_accepted_once_and_has_effect_when_posted() {
    let mut world = World::with(&[1, 1]).await;
    let session = world.sign_in(3).await;
    let send = async |tier: u8, choice: &str| {
        let request = world.request(reqwest::Method::POST, "/users/3/reserve", Some(&session));
        let body = world.reserve(&session, "choice 1", tier, choice);
        world
            .send(request.header("idempotency-key", "choice 1").json(&body))
            .await
    };
    let first = send(1, "in").await;
    assert_eq!(first.status, 202);
    assert!(first.body["fact_seq"].is_null());
    let again = send(1, "in").await;
    assert_eq!(again.body["command_id"], first.body["command_id"]);
    assert_eq!(send(1, "out").await.code(), "idempotency_conflict");
    world.post_causes(vec![]).await;
    let me = world.get("/users/me", Some(&session)).await.ok();
    assert_eq!(me["reserves"][0]["tier"], 1);
    assert_eq!(me["reserves"][0]["reserving"], true);
}

#[tokio::test]
async fn users_see_their_own_and_operators_with_a_looking_role_see_all() {
    let world = World::with(&[1]).await;
    for (person, role) in [(20, "viewer"), (21, "support"), (22, "auditor")] {
        let statement = format!(
            "INSERT INTO operator (wallet, name, roles) VALUES ('\\x{}', '{role}', '{{{role}}}')",
            hex::encode(wallet(person))
        );
        world.sql(&statement).await;
    }
    let resources = ["history", "referrals", "tree"];
    for (person, id, expected) in [
        (1, 1, "no problem"),
        (1, 2, "not_your_resource"),
        (1, 77, "not_your_resource"),
        (9, 1, "not_your_resource"),
        (20, 1, "no problem"),
        (21, 2, "no problem"),
        (22, 2, "not_your_resource"),
        (20, 77, "unknown_user"),
    ] {
        let session = world.sign_in(person).await;
        for resource in resources {
            let answer = world
                .get(&format!("/users/{id}/{resource}"), Some(&session))
                .await;
            assert_eq!(answer.code(), expected, "person {person}, /users/{id}/{resource}");
        }
    }
    let viewer = world.sign_in(20).await;
    let me = world.get("/users/me", Some(&viewer)).await.ok();
    assert_eq!(me["roles"], json!(["viewer"]));
    // Looking is not acting.
    let request = world.request(reqwest::Method::POST, "/users/1/reserve", Some(&viewer));
    let body = world.reserve(&viewer, "a", 1, "in");
    let answer = world
        .send(request.header("idempotency-key", "a").json(&body))
        .await;
    assert_eq!(answer.code(), "not_your_resource");
}

#[tokio::test]
async fn every_request_has_an_id_and_is_counted_by_route() {
    let world = World::with(&[]).await;
    let session = world.sign_in(1).await;
    world.get("/users/1/history", Some(&session)).await.ok();
    let metrics = world.get("/metrics", None).await.ok();
    let text = metrics.as_str().unwrap();
    assert!(text.contains("route=\"/users/{id}/history\""), "{text}");
    let ids: BTreeSet<String> = futures::future::join_all((0..5).map(async |_| {
        let answer = world.get("/nothing", None).await;
        answer.body["trace_id"].as_str().unwrap().to_owned()
    }))
    .await
    .into_iter()
    .collect();
    assert_eq!(ids.len(), 5);
}
