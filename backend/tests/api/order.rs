//! In which order a request is looked at, the same everywhere: session, then role or whose it is, then form, then state.

use reqwest::Method;
use serde_json::Value;

use crate::documents::EXPORTED;
use crate::operators::{BUILDER, due_world};
use crate::world::{Answer, Session, World};

/// Operations that need a session: method, path and tag.
fn guarded() -> Vec<(Method, String, String)> {
    let described: Value = serde_json::from_str(EXPORTED).unwrap();
    let mut found = Vec::new();
    for (path, operations) in described["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if !operation["security"].as_array().unwrap().is_empty() {
                let method = method.to_uppercase().parse().unwrap();
                found.push((
                    method,
                    path.clone(),
                    operation["tags"][0].as_str().unwrap().to_owned(),
                ));
            }
        }
    }
    found
}

/// Everything about the request is wrong but its path's beginning.
async fn send(world: &World, method: &Method, path: &str, session: Option<&Session>) -> Answer {
    let request = world.request(method.clone(), &format!("{path}?nothing=1&limit=0"), session);
    world
        .send(request.header("content-type", "application/json").body("["))
        .await
}

#[tokio::test]
async fn without_a_session_nothing_else_is_looked_at() {
    let world = World::empty().await;
    let guarded = guarded();
    assert!(guarded.len() > 30);
    for (method, path, _) in guarded {
        let answer = send(&world, &method, &path, None).await;
        assert_eq!(answer.code(), "unauthenticated", "{method} {path}");
    }
}

#[tokio::test]
async fn without_the_role_nothing_else_is_looked_at() {
    let world = World::with(&[1]).await;
    let session = world.sign_in(2).await;
    let mut asked = 0;
    for (method, path, tag) in guarded() {
        let is_of_operators = matches!(
            tag.as_str(),
            "payouts" | "liabilities" | "treasury" | "monitoring" | "admin"
        );
        if is_of_operators && !path.starts_with("/users/") && path != "/rewards/pending" {
            let answer = send(&world, &method, &path, Some(&session)).await;
            assert_eq!(answer.code(), "role_missing", "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked}");
}

#[tokio::test]
async fn of_others_nothing_else_is_looked_at() {
    let world = World::with(&[1]).await;
    let session = world.sign_in(2).await;
    let mut asked = 0;
    for (method, path, _) in guarded() {
        if path.starts_with("/users/{id}/") {
            let answer = send(&world, &method, &path.replace("{id}", "1"), Some(&session)).await;
            assert_eq!(answer.code(), "not_your_resource", "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 6, "{asked}");
}

#[tokio::test]
async fn who_may_only_look_is_refused_before_the_wish_is_read() {
    let world = due_world().await;
    world
        .sql("UPDATE operator SET roles = '{viewer}' WHERE name = 'operator 40'")
        .await;
    let session = world.sign_in(BUILDER).await;
    let wish = serde_json::json!({ "filters": { "kinds": ["nothing"] }, "dry_run": false });
    let answer = world.post("/payouts/build-batch", Some(&session), &wish).await;
    assert_eq!(answer.code(), "role_missing");
    let range = serde_json::json!({ "from_block": 9, "to_block": 1, "dry_run": false });
    let answer = world
        .post("/monitoring/replay-events", Some(&session), &range)
        .await;
    assert_eq!(answer.code(), "role_missing");
}
