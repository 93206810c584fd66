//! The audit log as auditors read it: pages, files, and the comparison with its hash chain.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use store::audit_seal;
use testkit::wait_for;

use crate::operators::{ADMIN, APPROVER, AUDITOR, BUILDER, VIEWER};
use crate::world::{Session, World, wallet};

/// The first of the entries that these tests write, in seconds since 1970-01-01 UTC.
const FIRST_AT: u64 = 1_000;

/// So many entries, a second apart: every tenth is a stop, every hundredth is about `rare`.
async fn written(count: u32) -> (World, Session) {
    let world = World::empty().await;
    world
        .sql(&format!(
            "INSERT INTO audit_log (actor, action, subject, detail, at)
             SELECT '{:#x}', CASE n % 10 WHEN 0 THEN 'settlement.stop' ELSE 'payout.built' END,
                    CASE n % 100 WHEN 0 THEN 'rare' ELSE 'batch' END,
                    jsonb_build_object('n', n, 'before', n, 'after', array[n + 1]), to_timestamp({FIRST_AT} + n)
             FROM generate_series(0, {count} - 1) AS n",
            wallet(BUILDER)
        ))
        .await;
    world.enter_operators().await;
    let auditor = world.sign_in(AUDITOR).await;
    (world, auditor)
}

/// All pages of a list, and how many there were.
async fn pages(world: &World, session: &Session, query: &str) -> (Vec<Value>, usize) {
    let (mut all, mut cursor, mut count) = (Vec::new(), String::new(), 0);
    loop {
        let path = format!("/admin/audit?{query}{cursor}");
        let page = world.get(&path, Some(session)).await.ok();
        all.extend(page["entries"].as_array().unwrap().clone());
        count += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (all, count),
        }
    }
}

fn numbers(entries: &[Value]) -> Vec<i64> {
    entries
        .iter()
        .map(|entry| entry["detail"]["n"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn entries_are_listed_newest_first_by_who_what_to_what_and_when() {
    let (world, auditor) = written(300).await;
    let builder = wallet(BUILDER).to_checksum(None);
    let (all, count) = pages(&world, &auditor, &format!("limit=100&operator={builder}&to=5000")).await;
    assert_eq!(numbers(&all), (0..300).rev().collect::<Vec<i64>>());
    assert_eq!(count, 3);
    assert_eq!(
        (&all[0]["before"], &all[0]["after"]),
        (&json!(299), &json!([300]))
    );
    assert_eq!(all[0]["at_us"], (FIRST_AT + 299) * 1_000_000);
    let stops = |from: i64| (from..300).rev().filter(|n| n % 10 == 0).collect::<Vec<i64>>();
    let (found, _) = pages(&world, &auditor, "limit=7&action=settlement.stop").await;
    assert_eq!(numbers(&found), stops(0));
    // From is included, to is not.
    let query = format!(
        "action=settlement.stop&from={}&to={}",
        FIRST_AT + 250,
        FIRST_AT + 290
    );
    let (found, _) = pages(&world, &auditor, &query).await;
    assert_eq!(numbers(&found), [280, 270, 260, 250]);
    let query = format!("subject=rare&action=settlement.stop&operator={}", wallet(BUILDER));
    let (found, _) = pages(&world, &auditor, &query).await;
    assert_eq!(numbers(&found), [200, 100, 0]);
    for query in [
        "subject=rare&action=payout.built",
        "operator=settlement",
        "subject=rar",
    ] {
        assert_eq!(
            pages(&world, &auditor, query).await.0,
            [Value::Null; 0],
            "{query}"
        );
    }
    for query in [
        "from=2&to=2",
        "from=-1",
        "to=99999999999999",
        "who=1",
        "cursor=7a312e31",
        "limit=0",
    ] {
        let refused = world.get(&format!("/admin/audit?{query}"), Some(&auditor)).await;
        assert_eq!(refused.code(), "malformed_query", "{query}");
    }
}

#[tokio::test]
async fn a_page_looks_through_no_more_than_its_limit() {
    let (world, auditor) = written(11_000).await;
    // Nothing satisfies both filters, and it takes three windows to see that.
    let (found, count) = pages(&world, &auditor, "subject=batch&action=settlement.resume").await;
    assert_eq!((found.len(), count), (0, 3));
    let (found, _) = pages(&world, &auditor, "operator=settlement&subject=batch&limit=100").await;
    assert_eq!(found.len(), 0);
    let query = format!("subject=rare&to={}&limit=100", FIRST_AT + 11_000);
    assert_eq!(pages(&world, &auditor, &query).await.0.len(), 110);
}

#[tokio::test]
async fn files_have_every_entry_once_and_taking_one_is_noted() {
    let (world, auditor) = written(2_500).await;
    world
        .sql("UPDATE audit_log SET action = '=cmd|calc', subject = E'a,\"b\"\\nc' WHERE detail ->> 'n' = '2499'")
        .await;
    let range = format!("from={FIRST_AT}&to={}", FIRST_AT + 2_500);
    let path = format!("/admin/audit/export?format=csv&{range}");
    let text = world.get(&path, Some(&auditor)).await.ok();
    let text = text.as_str().unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = [
        "id", "at_us", "operator", "action", "subject", "detail", "seal", "hash",
    ];
    assert_eq!(reader.headers().unwrap(), columns.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let n = |row: &csv::StringRecord| {
        let detail: Value = serde_json::from_str(&row[5]).unwrap();
        detail["n"].as_i64().unwrap()
    };
    assert_eq!(
        rows.iter().map(n).collect::<Vec<_>>(),
        (0..2_500).rev().collect::<Vec<_>>()
    );
    assert_eq!((&rows[0][3], &rows[0][4]), ("'=cmd|calc", "a,\"b\"\nc"));

    let path = format!("/admin/audit/export?format=ndjson&action=settlement.stop&{range}");
    let text = world.get(&path, Some(&auditor)).await.ok();
    let lines: Vec<Value> = text
        .as_str()
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 250);
    let (listed, _) = pages(
        &world,
        &auditor,
        &format!("limit=100&action=settlement.stop&{range}"),
    )
    .await;
    assert_eq!(lines, listed);
    let noted = "SELECT 1 FROM audit_log WHERE action = 'audit.exported' AND detail ->> 'format' = 'ndjson'
                 AND detail ->> 'action' = 'settlement.stop'";
    assert_eq!(world.rows(noted).await, 1);

    let refused = world.get("/admin/audit/export?format=pdf", Some(&auditor)).await;
    assert_eq!(refused.code(), "malformed_query");
}

/// Seals everything, as the posting worker does.
async fn sealed(world: &World) {
    let url = world.database.url_as("trellis_poster");
    let mut poster = PgConnection::connect(&url).await.unwrap();
    let poster = tokio::sync::Mutex::new(&mut poster);
    wait_for("sealed rows", Duration::from_secs(60), async || {
        let mut poster = poster.lock().await;
        audit_seal::seal_next(&mut poster).await.unwrap();
        let waits = audit_seal::find_unsealed_seconds(&mut poster).await.unwrap();
        waits.is_none().then_some(())
    })
    .await;
}

async fn verified(world: &World, session: &Session, known: &Value) -> Vec<Value> {
    let (mut parts, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body = json!({ "cursor": cursor, "known": known });
        let part = world.post("/admin/audit/verify", Some(session), &body).await.ok();
        cursor = part["next_cursor"].clone();
        parts.push(part);
        if cursor.is_null() {
            return parts;
        }
    }
}

fn broken(parts: &[Value]) -> Vec<(&str, i64)> {
    let all = parts.iter().flat_map(|part| part["broken"].as_array().unwrap());
    all.map(|found| {
        (
            found["how"].as_str().unwrap(),
            found["entry"].as_i64().unwrap_or_default(),
        )
    })
    .collect()
}

#[tokio::test]
async fn the_log_is_compared_with_its_chain_part_by_part() {
    let (world, auditor) = written(2_400).await;
    let first = verified(&world, &auditor, &Value::Null).await;
    assert!(first[0]["unsealed_seconds"].is_u64() && first[0]["head"].is_null());
    sealed(&world).await;
    let whole = verified(&world, &auditor, &Value::Null).await;
    let sum = |name: &str| -> u64 { whole.iter().map(|part| part[name].as_u64().unwrap()).sum() };
    let rows = u64::try_from(world.rows("SELECT 1 FROM audit_log").await).unwrap();
    assert_eq!((sum("seals"), sum("entries")), (rows, rows));
    assert_eq!((broken(&whole), whole.len()), (vec![], 3));
    let head = &whole[0]["head"];
    assert_eq!(
        (&head["seq"], &whole[0]["unsealed_seconds"]),
        (&json!(rows), &Value::Null)
    );
    let (listed, _) = pages(&world, &auditor, "subject=rare&limit=1").await;
    assert!(listed[0]["hash"].is_string() && listed[0]["seal"].as_u64().unwrap() <= rows);

    let known = json!({ "seq": head["seq"], "hash": head["hash"] });
    assert_eq!(broken(&verified(&world, &auditor, &known).await), []);
    let other = json!({ "seq": head["seq"], "hash": format!("0x{}", "11".repeat(32)) });
    let found = verified(&world, &auditor, &other).await;
    assert_eq!(found[0]["broken"][0]["how"], "rewritten");

    let id = listed[0]["id"].as_i64().unwrap();
    world
        .sql(&format!("UPDATE audit_log SET actor = 'nobody' WHERE id = {id}"))
        .await;
    world
        .sql("DELETE FROM audit_log WHERE detail ->> 'n' = '1500'")
        .await;
    let found = verified(&world, &auditor, &Value::Null).await;
    let kinds: Vec<&str> = broken(&found).iter().map(|(how, _)| *how).collect();
    assert_eq!(kinds, ["deleted", "changed"]);
    assert!(broken(&found).contains(&("changed", id)));
    for body in [
        json!({ "cursor": "00" }),
        json!({ "cursor": hex::encode("v1.-1") }),
        json!({ "known": { "seq": 0, "hash": head["hash"] } }),
        json!({ "known": { "seq": 1, "hash": "0x" } }),
    ] {
        let refused = world.post("/admin/audit/verify", Some(&auditor), &body).await;
        assert!(
            ["malformed_query", "invalid_field"].contains(&refused.code()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn only_auditors_and_config_admins_read_the_audit_log() {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    for person in [1, BUILDER, APPROVER, VIEWER, AUDITOR, ADMIN] {
        let session = world.sign_in(person).await;
        let may = matches!(person, AUDITOR | ADMIN);
        for (method, path) in [
            (Method::GET, "/admin/audit"),
            (Method::GET, "/admin/audit/export?format=csv"),
            (Method::POST, "/admin/audit/verify"),
        ] {
            let request = world.request(method.clone(), path, Some(&session));
            let request = if method == Method::POST {
                request.json(&json!({}))
            } else {
                request
            };
            let answer = world.send(request).await;
            let expected = if may { "no problem" } else { "role_missing" };
            assert_eq!(answer.code(), expected, "{person} {path}");
        }
    }
}
