//! Matured and unpaid balances, of all users for operators and of their own for users.

use serde_json::{Value, json};

use crate::operators::{AUDITOR, BUILDER, due_world};
use crate::world::{BNB, World, matured};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

/// User 1 has 36 BNB available and user 2 has 18.
async fn due() -> World {
    let mut world = World::with(&[1, 1, 2, 1]).await;
    world.post_causes(vec![matured(100 * BNB)]).await;
    world.enter_operators().await;
    world
}

#[tokio::test]
async fn operators_see_everybody_with_totals_page_by_page() {
    let world = due().await;
    for person in [BUILDER, AUDITOR] {
        let operator = world.sign_in(person).await;
        let first = world.get("/rewards/pending?limit=1", Some(&operator)).await.ok();
        assert_eq!(first["users"][0]["user_id"], 1);
        assert_eq!(first["users"][0]["available"], bnb(36));
        assert_eq!(first["users"][0]["kinds"], json!(["direct"]));
        assert!(first["users"][0]["oldest_matured_at"].as_u64().unwrap() > 0);
        assert!(first["users"][0]["frozen_until"].is_null());
        assert_eq!(first["totals"]["users"], 2);
        assert_eq!(first["totals"]["available"], bnb(54));
        let rest = format!(
            "/rewards/pending?limit=1&cursor={}",
            first["next_cursor"].as_str().unwrap()
        );
        let second = world.get(&rest, Some(&operator)).await.ok();
        assert_eq!(second["users"][0]["user_id"], 2);
        assert!(second["next_cursor"].is_null());
    }
}

#[tokio::test]
async fn filters_narrow_users_and_totals_alike() {
    let world = due().await;
    let operator = world.sign_in(BUILDER).await;
    for (query, users) in [
        (format!("amount_min={}", 20 * BNB), vec![1]),
        (format!("amount_max={}", 18 * BNB), vec![2]),
        ("kind=direct".to_owned(), vec![1, 2]),
        ("kind=pool_layer".to_owned(), vec![]),
        ("older_than=0".to_owned(), vec![1, 2]),
        ("older_than=1".to_owned(), vec![]),
    ] {
        let answer = world
            .get(&format!("/rewards/pending?{query}"), Some(&operator))
            .await
            .ok();
        let found = answer["users"].as_array().unwrap();
        let found: Vec<u64> = found
            .iter()
            .map(|user| user["user_id"].as_u64().unwrap())
            .collect();
        assert_eq!(found, users, "{query}");
        assert_eq!(answer["totals"]["users"], users.len(), "{query}");
    }
}

#[tokio::test]
async fn users_see_their_own_and_nobody_elses() {
    let world = due().await;
    let user = world.sign_in(2).await;
    let answer = world.get("/rewards/pending", Some(&user)).await.ok();
    assert_eq!(answer["users"].as_array().unwrap().len(), 1);
    assert_eq!(answer["users"][0]["user_id"], 2);
    assert_eq!(answer["totals"]["available"], bnb(18));
    let nothing = world.sign_in(4).await;
    let answer = world.get("/rewards/pending", Some(&nothing)).await.ok();
    assert_eq!(answer["users"], json!([]));
    let stranger = world.sign_in(9).await;
    let answer = world.get("/rewards/pending", Some(&stranger)).await;
    assert_eq!(answer.code(), "not_registered");
}

#[tokio::test]
async fn what_a_batch_holds_back_and_who_asked_to_be_paid_stand_beside_what_is_available() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let user = world.sign_in(2).await;
    world.post("/users/withdraw", Some(&user), &json!({})).await.ok();
    let pending = world.get("/rewards/pending", Some(&builder)).await.ok();
    let asked = [0, 1].map(|user: usize| pending["users"][user]["withdrawal_requested"].clone());
    assert_eq!(asked, [json!(false), json!(true)]);

    let body = json!({ "filters": { "users": [2] } });
    world.build(&builder, "one of two", &body).await.ok();
    world.post_causes(vec![]).await;
    let pending = world.get("/rewards/pending", Some(&builder)).await.ok();
    let held = [0, 1].map(|user: usize| pending["users"][user]["in_payout"].clone());
    assert_eq!(held, [bnb(0), bnb(18)]);
    let totals = &pending["totals"];
    assert_eq!((&totals["available"], &totals["in_payout"]), (&bnb(54), &bnb(18)));
}
