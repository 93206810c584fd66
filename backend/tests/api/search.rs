//! Looking for users, as operators do.

use serde_json::{Value, json};

use crate::operators::{ADMIN, APPROVER, AUDITOR, BUILDER, VIEWER};
use crate::world::{Session, World, refunded, wallet};

/// Ids of all pages of a search, and how many pages there were.
async fn found(world: &World, session: &Session, query: &str) -> (Vec<i64>, usize) {
    let (mut all, mut cursor, mut count) = (Vec::new(), String::new(), 0);
    loop {
        let page = world
            .get(&format!("/admin/users?{query}{cursor}"), Some(session))
            .await
            .ok();
        let users = page["users"].as_array().unwrap();
        all.extend(users.iter().map(|user| user["id"].as_i64().unwrap()));
        count += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (all, count),
        }
    }
}

async fn ids(world: &World, session: &Session, query: &str) -> Vec<i64> {
    found(world, session, query).await.0
}

#[tokio::test]
async fn users_are_found_by_number_wallet_sponsor_and_state() {
    // 1 is the sponsor of 2, 3 and 5; 2 of 4.
    let mut world = World::with(&[1, 1, 2, 1]).await;
    world.post_causes(vec![refunded(3)]).await;
    world.enter_operators().await;
    let viewer = world.sign_in(VIEWER).await;
    assert_eq!(ids(&world, &viewer, "").await, [1, 2, 3, 4, 5]);
    assert_eq!(found(&world, &viewer, "limit=2").await, (vec![1, 2, 3, 4, 5], 3));
    assert_eq!(ids(&world, &viewer, "query=4").await, [4]);
    assert_eq!(ids(&world, &viewer, "query=6").await, [0; 0]);
    assert_eq!(ids(&world, &viewer, "sponsor=1").await, [2, 3, 5]);
    assert_eq!(
        found(&world, &viewer, "sponsor=1&limit=1").await,
        (vec![2, 3, 5], 3)
    );
    assert_eq!(ids(&world, &viewer, "status=refunded").await, [3]);
    assert_eq!(ids(&world, &viewer, "status=active").await, [1, 2, 4, 5]);
    assert_eq!(ids(&world, &viewer, "status=active&sponsor=1").await, [2, 5]);
    assert_eq!(ids(&world, &viewer, "query=4&sponsor=1").await, [0; 0]);
    let whole = wallet(2).to_checksum(None);
    assert_eq!(ids(&world, &viewer, &format!("query={whole}")).await, [2]);
    for digits in [4, 5, 39] {
        let beginning = &whole[..2 + digits];
        assert_eq!(ids(&world, &viewer, &format!("query={beginning}")).await, [2]);
        assert_eq!(
            ids(&world, &viewer, &format!("query={beginning}&sponsor=2")).await,
            [0; 0]
        );
    }
    let page = world.get("/admin/users?query=2", Some(&viewer)).await.ok();
    let user = &page["users"][0];
    assert_eq!((&user["wallet"], &user["sponsor_id"]), (&json!(whole), &json!(1)));
    for query in [
        "query=0x",
        "query=0x123",
        "query=0xzzzz",
        "query=-1",
        "query=0",
        "query=a",
        "status=frozen",
        "sponsor=x",
        "cursor=77312e30",
        "limit=101",
        "query=",
    ] {
        let refused = world.get(&format!("/admin/users?{query}"), Some(&viewer)).await;
        assert_eq!(refused.code(), "malformed_query", "{query}");
    }
}

#[tokio::test]
async fn a_page_looks_through_no_more_users_than_its_limit() {
    let world = World::with(&[1]).await;
    world
        .sql(
            "INSERT INTO users (id, wallet, sponsor_id, ordinal, status, registered_fact, registered_at)
             SELECT n, decode('abcd' || lpad(to_hex(n), 36, '0'), 'hex'), 1, n,
                    CASE WHEN n % 1000 = 0 THEN 'refunded' ELSE 'active' END, 2, 1
             FROM generate_series(3, 3500) AS n",
        )
        .await;
    world.enter_operators().await;
    let viewer = world.sign_in(VIEWER).await;
    let refunded = vec![1_000, 2_000, 3_000];
    assert_eq!(
        found(&world, &viewer, "status=refunded").await,
        (refunded.clone(), 1)
    );
    // Pages that look through their share and find little or nothing.
    assert_eq!(
        found(&world, &viewer, "status=refunded&sponsor=1").await,
        (refunded.clone(), 4)
    );
    assert_eq!(
        found(&world, &viewer, "query=0xABCD&status=refunded").await,
        (refunded, 4)
    );
    let (all, pages) = found(&world, &viewer, "query=0xabcd&limit=100").await;
    assert_eq!((all, pages), ((3..=3_500).collect::<Vec<i64>>(), 35));
    assert_eq!(ids(&world, &viewer, "sponsor=1&limit=100").await.len(), 3_499);
    // The planner takes the indexes.
    for (statement, index) in [
        (
            "SELECT 1 FROM users WHERE status = 'refunded' AND id > 5 ORDER BY id LIMIT 1000",
            "users_refunded",
        ),
        (
            "SELECT 1 FROM users WHERE wallet >= '\\xabcd' AND wallet <= '\\xabce' ORDER BY wallet LIMIT 1000",
            "users_wallet_unique",
        ),
    ] {
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("EXPLAIN {statement}")))
            .fetch_all(world.database.pool())
            .await
            .unwrap();
        assert!(plan.join("\n").contains(index), "{plan:?}");
    }
}

#[tokio::test]
async fn only_viewers_and_support_look_for_users() {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    for (person, may) in [
        (1, false),
        (BUILDER, false),
        (APPROVER, false),
        (ADMIN, false),
        (AUDITOR, false),
        (VIEWER, true),
    ] {
        let session = world.sign_in(person).await;
        let answer = world.get("/admin/users", Some(&session)).await;
        let expected = if may { "no problem" } else { "role_missing" };
        assert_eq!(answer.code(), expected, "{person}");
        assert_eq!(answer.body["users"] == Value::Null, !may);
    }
}
