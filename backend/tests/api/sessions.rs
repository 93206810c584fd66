//! Tokens: how long they are good, and what happens when one is stolen.

use reqwest::Method;
use serde_json::json;

use crate::world::{Answer, Session, World, session_of};

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

/// Refreshes with this token as a client with this `user-agent`.
async fn refresh(world: &World, token: &str, user_agent: &str) -> Answer {
    let request = world.request(Method::POST, "/auth/refresh", None);
    let body = json!({ "refresh_token": token });
    world
        .send(request.header("user-agent", user_agent).json(&body))
        .await
}

/// Whether anything of a login still works.
async fn lives(world: &World, session: &Session, user_agent: &str) -> bool {
    let used = world.get("/users/me", Some(session)).await.status == 200;
    let refreshed = refresh(world, &session.refresh, user_agent).await.status == 200;
    used || refreshed
}

#[tokio::test]
async fn a_refresh_token_that_another_client_uses_again_ends_its_login_and_no_other() {
    let world = World::empty().await;
    let stolen = world.sign_in(1).await;
    let elsewhere = world.sign_in(1).await;
    let thief = session_of(&refresh(&world, &stolen.refresh, "thief").await.ok());
    let owner = refresh(&world, &stolen.refresh, "owner").await;
    assert_eq!(owner.code(), "refresh_reused");
    assert_eq!(
        world.get("/users/me", Some(&thief)).await.code(),
        "session_expired"
    );
    assert_eq!(
        refresh(&world, &thief.refresh, "thief").await.code(),
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
async fn two_tabs_that_refresh_at_once_get_the_same_pair() {
    let world = World::empty().await;
    for _ in 0..20 {
        let old = world.sign_in(1).await;
        let (first, second) = tokio::join!(
            refresh(&world, &old.refresh, "browser"),
            refresh(&world, &old.refresh, "browser")
        );
        let (first, second) = (session_of(&first.ok()), session_of(&second.ok()));
        assert_eq!((&first.access, &first.refresh), (&second.access, &second.refresh));
        world.get("/users/me", Some(&first)).await.ok();
        // The login goes on from there, once.
        let next = session_of(&refresh(&world, &first.refresh, "browser").await.ok());
        world.get("/users/me", Some(&next)).await.ok();
    }
}

#[tokio::test]
async fn after_the_grace_a_repeat_ends_the_login_also_when_the_token_is_forgotten() {
    let world = World::empty().await;
    let old = world.sign_in(1).await;
    let new = session_of(&refresh(&world, &old.refresh, "browser").await.ok());
    let newest = session_of(&refresh(&world, &new.refresh, "browser").await.ok());
    world
        .sql("UPDATE session SET refreshed_at = refreshed_at - interval '10 seconds' WHERE refreshed_at IS NOT NULL")
        .await;
    let again = session_of(&refresh(&world, &newest.refresh, "browser").await.ok());
    // Both older sessions are forgotten; their tokens are still known to be used ones.
    assert_eq!(world.rows("SELECT 1 FROM session").await, 2);
    assert_eq!(world.get("/users/me", Some(&old)).await.code(), "unauthenticated");
    assert_eq!(
        refresh(&world, &old.refresh, "browser").await.code(),
        "refresh_reused"
    );
    assert!(!lives(&world, &again, "browser").await);
}

#[tokio::test]
async fn refreshing_piles_up_no_rows() {
    let world = World::empty().await;
    let mut session = world.sign_in(1).await;
    for _ in 0..20 {
        session = session_of(&refresh(&world, &session.refresh, "browser").await.ok());
        world
            .sql("UPDATE session SET refreshed_at = refreshed_at - interval '1 minute' WHERE refreshed_at IS NOT NULL")
            .await;
        assert!(world.rows("SELECT 1 FROM session").await <= 2);
    }
}

#[tokio::test]
async fn what_expired_is_deleted_a_part_at_a_time() {
    let world = World::empty().await;
    let session = world.sign_in(1).await;
    world
        .sql(
            "INSERT INTO login_nonce (nonce, expires_at)
             SELECT 'old' || n, now() - interval '1 hour' FROM generate_series(1, 250) AS n;
             INSERT INTO login_nonce (nonce, expires_at) VALUES ('fresh', now() + interval '1 minute');
             INSERT INTO session_family (id, wallet, secret_hash, expires_at)
             SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('aa', 20), 'hex'),
                    decode(lpad(to_hex(n), 64, '0'), 'hex'), now() - interval '2 days'
             FROM generate_series(1, 250) AS n;
             INSERT INTO session (family, access_hash, refresh_hash, access_expires_at)
             SELECT id, secret_hash, secret_hash, now() - interval '2 days' FROM session_family
             WHERE expires_at < now()",
        )
        .await;
    let mut connection = world.app.connection().await.unwrap();
    let mut deleted = Vec::new();
    loop {
        let rows = store::session::delete_expired(&mut connection, 100)
            .await
            .unwrap();
        deleted.push(rows);
        if rows == 0 {
            break;
        }
    }
    assert_eq!(deleted, [200, 200, 100, 0]);
    assert_eq!(
        world
            .rows("SELECT 1 FROM login_nonce WHERE nonce = 'fresh'")
            .await,
        1
    );
    assert_eq!(world.rows("SELECT 1 FROM session").await, 1);
    world.get("/users/me", Some(&session)).await.ok();
}

/// How often the races are run: each of them hit about every second time before logins were locked.
const RACES: usize = 200;

#[tokio::test]
async fn a_logout_is_not_outrun_by_a_refresh() {
    let world = World::empty().await;
    let mut both = 0;
    for _ in 0..RACES {
        let session = world.sign_in(1).await;
        let nothing = json!({});
        let (logout, refreshed) = tokio::join!(
            world.post("/auth/logout", Some(&session), &nothing),
            refresh(&world, &session.refresh, "browser")
        );
        assert_eq!(logout.status, 204, "{logout:?}");
        if refreshed.status == 200 {
            both += 1;
            assert!(!lives(&world, &session_of(&refreshed.body), "browser").await);
        } else {
            assert_eq!(refreshed.code(), "session_expired");
        }
        assert!(!lives(&world, &session, "browser").await);
    }
    assert!(
        (1..RACES).contains(&both),
        "no race: {both} of {RACES} refreshes came first"
    );
}

#[tokio::test]
async fn a_reused_token_is_not_outrun_by_a_refresh() {
    let world = World::empty().await;
    let mut both = 0;
    for _ in 0..RACES {
        let old = world.sign_in(1).await;
        let thief = session_of(&refresh(&world, &old.refresh, "thief").await.ok());
        let (reused, refreshed) = tokio::join!(
            refresh(&world, &old.refresh, "owner"),
            refresh(&world, &thief.refresh, "thief")
        );
        assert_eq!(reused.code(), "refresh_reused", "{reused:?}");
        if refreshed.status == 200 {
            both += 1;
            assert!(!lives(&world, &session_of(&refreshed.body), "thief").await);
        } else {
            assert_eq!(refreshed.code(), "session_expired");
        }
        assert!(!lives(&world, &thief, "thief").await);
    }
    assert!(
        (1..RACES).contains(&both),
        "no race: {both} of {RACES} refreshes came first"
    );
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
