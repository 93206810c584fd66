//! What operators may not do with batches.

use serde_json::json;

use crate::operators::{ADMIN, APPROVER, AUDITOR, BOTH, BUILDER, VIEWER, due_world};
use crate::world::BNB;

#[tokio::test]
async fn every_step_needs_its_role() {
    let mut world = due_world().await;
    let id = world.sealed("roles").await;
    let hash = json!({ "list_hash": format!("0x{}", "11".repeat(32)), "expires": 1, "signature": "0x11" });
    let none = json!({});
    let dry = json!({ "dry_run": true });
    let build = "/payouts/build-batch".to_owned();
    let of = |step: &str| format!("/payouts/{id}/{step}");
    // Who is let through to the next rule, whatever it says.
    let table = [
        (build.clone(), &none, vec![BUILDER, BOTH]),
        (build, &dry, vec![BUILDER, APPROVER, BOTH, VIEWER, ADMIN, AUDITOR]),
        (of("approve"), &hash, vec![BUILDER, APPROVER, BOTH]),
        (of("sign"), &none, vec![BUILDER, APPROVER, BOTH]),
        (of("submit"), &none, vec![BUILDER, APPROVER, BOTH]),
        (of("retry"), &none, vec![BUILDER, APPROVER, BOTH]),
    ];
    for (path, body, allowed) in table {
        for person in [1, 9, BUILDER, APPROVER, BOTH, VIEWER, ADMIN, AUDITOR] {
            let session = world.sign_in(person).await;
            let request = world.request(reqwest::Method::POST, &path, Some(&session));
            let answer = world
                .send(request.header("idempotency-key", "again").json(body))
                .await;
            let is_allowed = allowed.contains(&person);
            assert_eq!(
                answer.code() != "role_missing",
                is_allowed,
                "person {person} at {path}: {answer:?}"
            );
        }
        assert_eq!(world.post(&path, None, body).await.code(), "unauthenticated");
    }
    for person in [1, 9] {
        let session = world.sign_in(person).await;
        for path in ["/payouts".to_owned(), format!("/payouts/{id}"), of("manifest")] {
            assert_eq!(
                world.get(&path, Some(&session)).await.code(),
                "role_missing",
                "{path}"
            );
        }
        assert_eq!(world.step(&session, &id, "cancel").await.code(), "role_missing");
    }
}

#[tokio::test]
async fn nobody_approves_the_own_batch_or_a_list_that_was_not_looked_at() {
    let mut world = due_world().await;
    let both = world.sign_in(BOTH).await;
    let built = world.build(&both, "own", &json!({})).await.ok();
    let id = built["batch"]["id"].as_str().unwrap().to_owned();
    let approver = world.sign_in(APPROVER).await;
    let guess = json!({
        "list_hash": format!("0x{}", "11".repeat(32)),
        "expires": 1,
        "signature": "0x11",
    });
    let path = format!("/payouts/{id}/approve");
    assert_eq!(
        world.post(&path, Some(&approver), &guess).await.code(),
        "wrong_batch_state"
    );
    world.post_causes(vec![]).await;
    world.seal(&id).await;
    assert_eq!(world.approve(&both, &id).await.code(), "approver_is_builder");
    assert_eq!(
        world.post(&path, Some(&approver), &guess).await.code(),
        "list_changed"
    );
    assert_eq!(
        world.step(&approver, &id, "sign").await.code(),
        "wrong_batch_state"
    );
    world.approve(&approver, &id).await.ok();
    assert_eq!(world.approve(&approver, &id).await.code(), "wrong_batch_state");
}

#[tokio::test]
async fn a_batch_is_submitted_once_and_only_while_its_authorization_lives() {
    let mut world = due_world().await;
    let id = world.approved("once").await;
    let builder = world.sign_in(BUILDER).await;
    assert_eq!(
        world.step(&builder, &id, "submit").await.code(),
        "wrong_batch_state"
    );
    world.step(&builder, &id, "sign").await.ok();
    world.chain.as_ref().unwrap().pass(1_801).await;
    assert_eq!(
        world.step(&builder, &id, "submit").await.code(),
        "deadline_passed"
    );
    world.expire(&id).await;
    let id = world.approved("twice").await;
    world.step(&builder, &id, "sign").await.ok();
    world.step(&builder, &id, "submit").await.ok();
    assert_eq!(
        world.step(&builder, &id, "submit").await.code(),
        "wrong_batch_state"
    );
}

#[tokio::test]
async fn an_unsigned_window_that_has_passed_needs_a_new_batch() {
    let mut world = due_world().await;
    let id = world.approved("late").await;
    let builder = world.sign_in(BUILDER).await;
    world.window(&id, 1_800).await;
    world.chain.as_ref().unwrap().pass(1_801).await;
    assert_eq!(world.step(&builder, &id, "sign").await.code(), "deadline_passed");
}

#[tokio::test]
async fn while_settlement_is_stopped_nothing_is_built_signed_or_submitted() {
    let mut world = due_world().await;
    let approved = world.approved("one").await;
    let builder = world.sign_in(BUILDER).await;
    let stop = "INSERT INTO settlement_stop (cause) VALUES ('r9')";
    world.sql(stop).await;
    assert_eq!(
        world.step(&builder, &approved, "sign").await.code(),
        "settlement_stopped"
    );
    world.sql("DELETE FROM settlement_stop").await;
    world.step(&builder, &approved, "sign").await.ok();
    world.sql(stop).await;
    for (path, body) in [
        (format!("/payouts/{approved}/submit"), json!({})),
        ("/payouts/build-batch".to_owned(), json!({})),
    ] {
        let request = world.request(reqwest::Method::POST, &path, Some(&builder));
        let answer = world
            .send(request.header("idempotency-key", "new").json(&body))
            .await;
        assert_eq!(answer.code(), "settlement_stopped", "{path}");
        assert_eq!(answer.status, 409);
    }
    // Looking and giving up go on.
    let dry = json!({ "dry_run": true });
    world
        .post("/payouts/build-batch", Some(&builder), &dry)
        .await
        .ok();
    world.step(&builder, &approved, "cancel").await.ok();
}

#[tokio::test]
async fn a_wish_for_a_batch_that_makes_no_sense_is_refused_with_its_field() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let many: Vec<u32> = (1..=1_001).collect();
    for (body, field) in [
        (json!({ "filters": { "amount_min": "-1" } }), "filters.amount_min"),
        (
            json!({ "filters": { "amount_max": "1.5" } }),
            "filters.amount_max",
        ),
        (json!({ "filters": { "kinds": [] } }), "filters.kinds"),
        (json!({ "filters": { "kinds": ["rank"] } }), "filters.kinds"),
        (json!({ "filters": { "users": [] } }), "filters.users"),
        (json!({ "filters": { "users": [0] } }), "filters.users"),
        (json!({ "filters": { "users": [u32::MAX] } }), "filters.users"),
        (json!({ "filters": { "users": many } }), "filters.users"),
        (json!({ "caps": { "count": 0 } }), "caps.count"),
        (json!({ "caps": { "count": 301 } }), "caps.count"),
        (json!({ "caps": { "total": "" } }), "caps.total"),
    ] {
        let answer = world.build(&builder, "bad", &body).await;
        assert_eq!(answer.code(), "invalid_field", "{body}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{body}");
    }
    for body in [
        json!({ "dry-run": true }),
        json!({ "filters": { "user": 1 } }),
        json!({ "caps": { "count": "1" } }),
        json!([]),
    ] {
        assert_eq!(
            world.build(&builder, "bad", &body).await.code(),
            "malformed_json",
            "{body}"
        );
    }
    let unpayable = json!({ "filters": { "amount_min": (99 * BNB).to_string() } });
    assert_eq!(
        world.build(&builder, "nobody", &unpayable).await.code(),
        "nothing_due"
    );
    let viewer = world.sign_in(VIEWER).await;
    for path in ["/payouts/1", "/payouts/0x12", "/payouts/1/manifest"] {
        assert_eq!(
            world.get(path, Some(&viewer)).await.code(),
            "malformed_path",
            "{path}"
        );
    }
    for path in [
        "/payouts?state=done",
        "/payouts?cursor=00",
        "/rewards/pending?kind=x",
    ] {
        assert_eq!(
            world.get(path, Some(&viewer)).await.code(),
            "malformed_query",
            "{path}"
        );
    }
}
