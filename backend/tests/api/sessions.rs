//! Tokens: how long they are good, and what happens when one is stolen.

use serde_json::json;

use crate::world::{World, session_of};

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_ends_the_old_one() {
    let world = World::empty().await;
    let old = world.sign_in(1).await;
    let answer = world
        .post("/auth/refresh", None, &json!({ "refresh_token": old.refresh }))
        .await
        .ok();
    let new = session_of(&answer);
    assert_ne!(new.access, old.access);
    world.get("/users/me", Some(&new)).await.ok();
    assert_eq!(world.get("/users/me", Some(&old)).await.code(), "session_expired");
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_every_session_of_its_login_and_no_other() {
    let world = World::empty().await;
    let stolen = world.sign_in(1).await;
    let elsewhere = world.sign_in(1).await;
    let body = json!({ "refresh_token": stolen.refresh });
    let thief = session_of(&world.post("/auth/refresh", None, &body).await.ok());
    assert_eq!(
        world.post("/auth/refresh", None, &body).await.code(),
        "refresh_reused"
    );
    assert_eq!(
        world.get("/users/me", Some(&thief)).await.code(),
        "session_expired"
    );
    let again = json!({ "refresh_token": thief.refresh });
    assert_eq!(
        world.post("/auth/refresh", None, &again).await.code(),
        "session_expired"
    );
    world.get("/users/me", Some(&elsewhere)).await.ok();
    let mut connection = world.database.connection().await;
    let noted = sqlx::Executor::fetch_all(
        &mut connection,
        "SELECT 1 FROM audit_log WHERE action = 'session.refresh_reused'",
    );
    assert_eq!(noted.await.unwrap().len(), 1);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let world = World::empty().await;
    let session = world.sign_in(1).await;
    let answer = world.post("/auth/logout", Some(&session), &json!({})).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        world.get("/users/me", Some(&session)).await.code(),
        "session_expired"
    );
    let body = json!({ "refresh_token": session.refresh });
    assert_eq!(
        world.post("/auth/refresh", None, &body).await.code(),
        "session_expired"
    );
}

#[tokio::test]
async fn an_access_token_expires() {
    let world = World::empty().await;
    let session = world.sign_in(1).await;
    world
        .sql("UPDATE session SET access_expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(
        world.get("/users/me", Some(&session)).await.code(),
        "session_expired"
    );
    let body = json!({ "refresh_token": session.refresh });
    world.post("/auth/refresh", None, &body).await.ok();
}

#[tokio::test]
async fn the_database_holds_no_token() {
    let world = World::empty().await;
    let session = world.sign_in(1).await;
    let statement = format!(
        "DO $$ BEGIN
            IF EXISTS (SELECT FROM session WHERE session::text LIKE '%{}%' OR session::text LIKE '%{}%')
            THEN RAISE 'a token is stored'; END IF;
         END $$",
        session.access, session.refresh
    );
    world.sql(&statement).await;
}
