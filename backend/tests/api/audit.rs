//! What operators leave in the audit log beside what they did: that they came, what they were refused, and who made them.

mod read;

use serde_json::json;

use crate::operators::APPROVER;
use crate::world::{World, wallet};

async fn noted(world: &World, action: &str, person: u8) -> usize {
    let query = format!(
        "SELECT 1 FROM audit_log WHERE action = '{action}' AND '{:#x}' IN (actor, subject)",
        wallet(person)
    );
    world.rows(&query).await
}

#[tokio::test]
async fn operators_leave_a_trace_when_they_sign_in_and_users_do_not() {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    world.sign_in(APPROVER).await;
    world.sign_in(1).await;
    assert_eq!(noted(&world, "operator.signed_in", APPROVER).await, 1);
    assert_eq!(noted(&world, "operator.signed_in", 1).await, 0);
    for person in [APPROVER, 1] {
        let session = world.sign_in(person).await;
        for _ in 0..2 {
            world.post("/auth/logout", Some(&session), &json!({})).await;
        }
    }
    assert_eq!(noted(&world, "operator.signed_out", APPROVER).await, 1);
    assert_eq!(noted(&world, "operator.signed_out", 1).await, 0);
}

#[tokio::test]
async fn a_dangerous_act_without_its_role_is_noted_and_nobody_fills_the_log() {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    let approver = world.sign_in(APPROVER).await;
    let refused = world
        .post(
            "/liabilities/roots",
            Some(&approver),
            &json!({ "accept_claims": false }),
        )
        .await;
    assert_eq!(refused.code(), "role_missing");
    assert_eq!(noted(&world, "operator.refused", APPROVER).await, 1);
    // Looking is no dangerous act.
    let user = world.sign_in(1).await;
    assert_eq!(world.get("/payouts", Some(&user)).await.code(), "role_missing");
    assert_eq!(noted(&world, "operator.refused", 1).await, 0);
    for _ in 0..30 {
        world
            .post(
                "/liabilities/roots",
                Some(&user),
                &json!({ "accept_claims": false }),
            )
            .await;
    }
    assert_eq!(noted(&world, "operator.refused", 1).await, 10);
}

#[tokio::test]
async fn every_change_of_an_operator_is_noted_however_it_is_made() {
    let world = World::empty().await;
    world.enter_operators().await;
    assert_eq!(noted(&world, "operator.added", APPROVER).await, 1);
    let operator = format!("wallet = decode('{:x}', 'hex')", wallet(APPROVER));
    world
        .sql(&format!(
            "UPDATE operator SET roles = '{{approver,viewer}}' WHERE {operator}"
        ))
        .await;
    let detail = "SELECT 1 FROM audit_log WHERE action = 'operator.changed'
                  AND detail = '{\"before\": [\"approver\"], \"after\": [\"approver\", \"viewer\"]}'";
    assert_eq!(world.rows(detail).await, 1);
    world.sql(&format!("DELETE FROM operator WHERE {operator}")).await;
    assert_eq!(noted(&world, "operator.removed", APPROVER).await, 1);
}
