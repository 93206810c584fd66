//! A batch from its proposal to the settlement worker, as operators move it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::operators::{APPROVER, BOTH, BUILDER, SECOND_APPROVER, VIEWER, due_world};
use crate::world::{BNB, World, wallet};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

async fn audit(world: &World, action: &str) -> i64 {
    let statement = "SELECT count(*) FROM audit_log WHERE action = $1";
    sqlx::query_scalar(statement)
        .bind(action)
        .fetch_one(world.database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_dry_run_says_who_would_be_paid_and_why_others_are_not_and_stores_nothing() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let body = json!({ "dry_run": true, "filters": { "amount_min": (20 * BNB).to_string() } });
    let answer = world.post("/payouts/build-batch", Some(&builder), &body).await;
    assert_eq!(answer.status, 200);
    let proposal = &answer.body["proposal"];
    assert_eq!(proposal["count"], 1);
    assert_eq!(proposal["total"], bnb(36));
    assert_eq!(proposal["lines"][0]["wallet"], wallet(1).to_checksum(None));
    assert_eq!(proposal["lines"][0]["target"], bnb(36));
    assert_eq!(
        proposal["left_out"],
        json!([{ "user_id": 2, "cause": "below_amount_min" }])
    );
    assert_eq!(proposal["left_out_causes"], json!({ "below_amount_min": 1 }));
    assert_eq!(proposal["limits"]["funds"], bnb(5_000));
    assert!(answer.body["batch"].is_null());
    let list = world.get("/payouts", Some(&builder)).await.ok();
    assert_eq!(list["batches"], json!([]));
}

#[tokio::test]
async fn filters_and_caps_choose_whom_a_batch_pays() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    for (body, paid) in [
        (json!({}), vec![1, 2]),
        (json!({ "filters": { "users": [2] } }), vec![2]),
        (
            json!({ "filters": { "amount_max": (18 * BNB).to_string() } }),
            vec![2],
        ),
        (json!({ "filters": { "kinds": ["direct"] } }), vec![1, 2]),
        (json!({ "filters": { "kinds": ["generation"] } }), vec![]),
        (json!({ "filters": { "older_than": 0 } }), vec![1, 2]),
        (json!({ "filters": { "older_than": 4_000_000_000_u64 } }), vec![]),
        (json!({ "caps": { "count": 1 } }), vec![1]),
        (json!({ "caps": { "total": (20 * BNB).to_string() } }), vec![2]),
    ] {
        let mut dry = body.clone();
        dry["dry_run"] = json!(true);
        let answer = world
            .post("/payouts/build-batch", Some(&builder), &dry)
            .await
            .ok();
        let lines = answer["proposal"]["lines"].as_array().unwrap();
        let users: Vec<u64> = lines
            .iter()
            .map(|line| line["user_id"].as_u64().unwrap())
            .collect();
        assert_eq!(users, paid, "{body}");
    }
}

#[tokio::test]
async fn a_batch_goes_from_its_request_to_the_settlement_worker() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let approver = world.sign_in(APPROVER).await;
    let built = world.build(&builder, "batch 1", &json!({})).await;
    assert_eq!(built.status, 202);
    let id = built.body["batch"]["id"].as_str().unwrap().to_owned();
    assert_eq!(built.body["batch"]["state"], "requested");
    assert_eq!(built.body["batch"]["total"], bnb(54));
    world.post_causes(vec![]).await;
    assert_eq!(world.batch(&id).await["state"], "held");
    let me = world.sign_in(1).await;
    let me = world.get("/users/me", Some(&me)).await.ok();
    assert_eq!(me["balances"]["available"], bnb(36));
    assert_eq!(me["balances"]["in_payout"], bnb(36));
    world.seal(&id).await;
    let sealed = world.batch(&id).await;
    assert_eq!(
        (&sealed["state"], &sealed["count"]),
        (&json!("sealed"), &json!(2))
    );
    let manifest = world
        .get(&format!("/payouts/{id}/manifest"), Some(&approver))
        .await
        .ok();
    assert!(manifest.as_str().unwrap().starts_with("trellis-manifest 1\n"));

    let approved = world.approve(&approver, &id).await.ok();
    assert_eq!(approved["approved_by"], wallet(APPROVER).to_checksum(None));
    let signed = world.step(&builder, &id, "sign").await.ok();
    assert_eq!(signed["state"], "signed");
    assert_eq!(signed["signer"], world.signer.key.address().to_checksum(None));
    let time = world.chain.as_ref().unwrap().time().await;
    assert_eq!(signed["deadline"], time + 1_800);
    let submitted = world.step(&builder, &id, "submit").await.ok();
    assert_eq!(submitted["state"], "submitting");
    assert!(submitted["submit_requested_at"].is_i64());
    for action in [
        "payout_batch.requested",
        "payout_batch.approved",
        "payout_batch.sign_requested",
        "payout_batch.signed_by_operator",
        "payout_batch.submitted",
    ] {
        assert_eq!(audit(&world, action).await, 1, "{action}");
    }
    world.execute(&id, &[(1, 36), (2, 18)]).await;
    let executed = world.batch(&id).await;
    assert_eq!(executed["state"], "executed");
    assert_eq!(executed["lines"][0]["state"], "executed");
    let me = world.sign_in(1).await;
    let me = world.get("/users/me", Some(&me)).await.ok();
    assert_eq!(me["balances"]["available"], bnb(0));
    assert_eq!(me["balances"]["withdrawn"], bnb(36));
}

#[tokio::test]
async fn a_batch_is_built_once_for_a_key() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let everybody = json!({});
    let (first, second) = tokio::join!(
        world.build(&builder, "key", &everybody),
        world.build(&builder, "key", &everybody)
    );
    assert_eq!(first.status, 202, "{first:?}");
    assert_eq!(first.body["batch"]["id"], second.body["batch"]["id"]);
    let other = json!({ "caps": { "count": 1 } });
    assert_eq!(
        world.build(&builder, "key", &other).await.code(),
        "idempotency_conflict"
    );
    // Everyone who is due is in it, also while it is not posted yet.
    assert_eq!(
        world.build(&builder, "another", &json!({})).await.code(),
        "nothing_due"
    );
    world.post_causes(vec![]).await;
    assert_eq!(
        world.build(&builder, "another", &json!({})).await.code(),
        "nothing_due"
    );
    assert_eq!(audit(&world, "payout_batch.requested").await, 1);
}

#[tokio::test]
async fn a_batch_stays_within_what_the_contract_can_pay_beside_what_is_promised() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let one = json!({ "filters": { "users": [1] } });
    world.build(&builder, "one", &one).await.ok();
    let dry = json!({ "dry_run": true });
    let answer = world
        .post("/payouts/build-batch", Some(&builder), &dry)
        .await
        .ok();
    let limits = &answer["proposal"]["limits"];
    assert_eq!(limits["promised"], bnb(36));
    assert_eq!(limits["room"], bnb(5_000 - 36));
    assert_eq!(
        answer["proposal"]["left_out"],
        json!([{ "user_id": 1, "cause": "live_payout" }])
    );
}

#[tokio::test]
async fn of_two_operators_at_once_exactly_one_takes_a_step() {
    let mut world = due_world().await;
    let id = world.sealed("race").await;
    let one = world.sign_in(APPROVER).await;
    let two = world.sign_in(SECOND_APPROVER).await;
    let (first, second) = tokio::join!(world.approve(&one, &id), world.approve(&two, &id));
    let codes = [first.code(), second.code()];
    assert!(codes.contains(&"wrong_batch_state"), "{codes:?}");
    assert!(codes.contains(&"no problem"), "{codes:?}");
    let (first, second) = tokio::join!(world.step(&one, &id, "sign"), world.step(&two, &id, "sign"));
    assert_eq!((first.status, second.status), (200, 200), "{first:?} {second:?}");
    assert_eq!(audit(&world, "payout_batch.sign_requested").await, 1);
    let (first, second) = tokio::join!(world.step(&one, &id, "submit"), world.step(&two, &id, "cancel"));
    // Either the batch is in progress and then abandoned, or abandoned and not handed over.
    assert!(second.status == 200, "{second:?}");
    assert!(
        matches!(first.code(), "no problem" | "cancel_requested"),
        "{first:?}"
    );
    assert_eq!(world.step(&one, &id, "cancel").await.code(), "cancel_requested");
}

#[tokio::test]
async fn a_batch_that_was_given_up_unsigned_lets_go_at_once_and_its_users_can_be_paid_again() {
    let mut world = due_world().await;
    let id = world.sealed("given up").await;
    let builder = world.sign_in(BUILDER).await;
    let cancelled = world.step(&builder, &id, "cancel").await.ok();
    assert_eq!(cancelled["state"], "sealed");
    assert!(cancelled["cancel_requested_at"].is_i64());
    let approver = world.sign_in(APPROVER).await;
    assert_eq!(world.approve(&approver, &id).await.code(), "cancel_requested");
    world.post_causes(vec![]).await;
    let ended = world.batch(&id).await;
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(ended["lines"][0]["state"], "released");
    let next = world.build(&builder, "next", &json!({})).await.ok();
    assert_eq!(next["batch"]["total"], bnb(54));
}

#[tokio::test]
async fn a_batch_that_was_given_up_after_it_was_signed_waits_for_its_end() {
    let mut world = due_world().await;
    let id = world.approved("signed").await;
    let builder = world.sign_in(BUILDER).await;
    world.step(&builder, &id, "sign").await.ok();
    world.step(&builder, &id, "cancel").await.ok();
    world.post_causes(vec![]).await;
    assert_eq!(world.batch(&id).await["state"], "signed");
    assert_eq!(
        world.step(&builder, &id, "submit").await.code(),
        "cancel_requested"
    );
    assert_eq!(
        world.build(&builder, "too early", &json!({})).await.code(),
        "nothing_due"
    );
}

#[tokio::test]
async fn a_retry_raises_the_fee_while_under_way_and_replaces_what_expired() {
    let mut world = due_world().await;
    let id = world.approved("first").await;
    let builder = world.sign_in(BUILDER).await;
    world.step(&builder, &id, "sign").await.ok();
    assert_eq!(
        world.step(&builder, &id, "retry").await.code(),
        "wrong_batch_state"
    );
    world.step(&builder, &id, "submit").await.ok();
    let bumped = world.step(&builder, &id, "retry").await.ok();
    assert_eq!(bumped["id"], json!(id));
    assert!(bumped["bump_requested_at"].is_i64());
    world.expire(&id).await;
    assert_eq!(world.batch(&id).await["state"], "expired");
    let both = world.sign_in(BOTH).await;
    let (first, second) = tokio::join!(
        world.step(&builder, &id, "retry"),
        world.step(&both, &id, "retry")
    );
    assert_eq!(first.body["supersedes"], json!(id), "{first:?}");
    assert_eq!(first.body["id"], second.body["id"], "{second:?}");
    assert_eq!(first.body["total"], bnb(54));
    let approver = world.sign_in(APPROVER).await;
    let refused = world.step(&approver, &id, "retry").await;
    assert_eq!(refused.code(), "role_missing");
}

#[tokio::test]
async fn batches_are_listed_newest_first_page_by_page_and_by_state() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let mut ids = Vec::new();
    for user in [1, 2] {
        let body = json!({ "filters": { "users": [user] } });
        let built = world.build(&builder, &format!("for {user}"), &body).await.ok();
        ids.insert(0, built["batch"]["id"].clone());
    }
    world.post_causes(vec![]).await;
    let viewer = world.sign_in(VIEWER).await;
    let first = world.get("/payouts?limit=1", Some(&viewer)).await.ok();
    let rest = format!(
        "/payouts?limit=1&cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    let second = world.get(&rest, Some(&viewer)).await.ok();
    assert!(second["next_cursor"].is_null());
    assert_eq!(
        [&first["batches"][0]["id"], &second["batches"][0]["id"]],
        [&ids[0], &ids[1]]
    );
    let held = world.get("/payouts?state=held", Some(&viewer)).await.ok();
    assert_eq!(held["batches"].as_array().unwrap().len(), 2);
    let none = world.get("/payouts?state=executed", Some(&viewer)).await.ok();
    assert_eq!(none["batches"], json!([]));
}

#[tokio::test]
async fn who_asked_for_a_withdrawal_comes_first() {
    let mut world = due_world().await;
    let user = world.sign_in(2).await;
    let wish = world.post("/users/withdraw", Some(&user), &json!({})).await;
    assert_eq!(wish.status, 202);
    let again = world.post("/users/withdraw", Some(&user), &json!({})).await.ok();
    assert_eq!(again, wish.body);
    let builder = world.sign_in(BUILDER).await;
    let one = json!({ "caps": { "count": 1 } });
    let built = world.build(&builder, "first", &one).await.ok();
    assert_eq!(built["proposal"]["lines"][0]["user_id"], 2);
    let id = built["batch"]["id"].as_str().unwrap().to_owned();
    let noted = world.post("/users/withdraw", Some(&user), &json!({})).await.ok();
    assert_eq!(noted["batch_id"], json!(id));
    // The batch is abandoned: the wish counts again.
    world.post_causes(vec![]).await;
    world.step(&builder, &id, "cancel").await.ok();
    world.post_causes(vec![]).await;
    let built = world.build(&builder, "second", &one).await.ok();
    assert_eq!(built["proposal"]["lines"][0]["user_id"], 2);
    let request = world.request(Method::POST, "/users/withdraw", Some(&user));
    let noted = world.send(request).await.ok();
    assert_eq!(noted["batch_id"], built["batch"]["id"]);
}
