//! Reports as CSV: each against what the ledger has otherwise, with its range, its pages and its roles.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use sqlx::{AssertSqlSafe, Row};

use crate::operators::{ADMIN, APPROVER, AUDITOR, BUILDER, VIEWER, due_world};
use crate::world::{BNB, CHAIN_TIME, Session, World, reference, refunded, retopped_up, wallet};

const REPORTS: [&str; 6] = [
    "registrations",
    "sales",
    "payouts",
    "wallet-movements",
    "rewards",
    "top-recipients",
];

/// A report's rows, each by the names of its columns.
async fn rows(world: &World, session: &Session, path: &str) -> Vec<BTreeMap<String, String>> {
    let text = world
        .get(&format!("/admin/reports/{path}"), Some(session))
        .await
        .ok();
    let mut reader = csv::Reader::from_reader(text.as_str().unwrap().as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        names.iter().cloned().zip(row.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

/// The whole time of the tests.
fn always(report: &str) -> String {
    format!("{report}?from=0&to={}", CHAIN_TIME + 100_000)
}

fn column(rows: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

fn amounts(rows: &[BTreeMap<String, String>]) -> Vec<u128> {
    rows.iter().map(|row| row["amount"].parse().unwrap()).collect()
}

async fn table(world: &World, statement: &str) -> Vec<(i64, String)> {
    let rows = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .fetch_all(world.database.pool())
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn registrations_and_sales_are_those_of_the_time() {
    let mut world = World::with(&[1, 1, 2]).await;
    world.post_causes(vec![retopped_up(2), refunded(3)]).await;
    world.enter_operators().await;
    // Each fact a second after the one before it.
    world
        .sql(&format!(
            "UPDATE inbox SET effective_at = {CHAIN_TIME} + fact_seq"
        ))
        .await;
    let viewer = world.sign_in(VIEWER).await;
    let registered = rows(&world, &viewer, &always("registrations")).await;
    assert_eq!(column(&registered, "user"), ["1", "2", "3", "4"]);
    assert_eq!(column(&registered, "sponsor"), ["", "1", "1", "2"]);
    assert_eq!(
        column(&registered, "status"),
        ["active", "active", "refunded", "active"]
    );
    assert_eq!(registered[1]["wallet"], format!("{:#x}", wallet(2)));
    assert_eq!(registered[1]["at"], (CHAIN_TIME + 2).to_string());
    assert_eq!(amounts(&registered), [20 * BNB; 4]);

    let sales = rows(&world, &viewer, &always("sales")).await;
    assert_eq!(column(&sales, "user"), ["1", "2", "3", "4", "2"]);
    assert_eq!((&*sales[4]["kind"], &*sales[2]["state"]), ("retopup", "refunded"));
    assert_eq!(sales[4]["amount"], (40 * BNB).to_string());
    assert_eq!(sales[1]["ref"], format!("{:#x}", reference(2, 0)));
    // From is included, to is not.
    let part = format!("sales?from={}&to={}", CHAIN_TIME + 2, CHAIN_TIME + 4);
    assert_eq!(column(&rows(&world, &viewer, &part).await, "user"), ["2", "3"]);
    for query in [
        "from=5&to=5",
        "from=1",
        "to=1",
        "from=-1&to=2",
        "from=0&to=99999999999999",
        "from=0&to=1&format=csv",
    ] {
        let refused = world
            .get(&format!("/admin/reports/sales?{query}"), Some(&viewer))
            .await;
        assert_eq!(refused.code(), "malformed_query", "{query}");
    }
    let refused = world
        .get("/admin/reports/nothing?from=0&to=1", Some(&viewer))
        .await;
    assert_eq!(refused.code(), "malformed_path");
}

#[tokio::test]
async fn rewards_and_top_recipients_are_the_incomes_of_users() {
    let mut world = World::with(&[1, 1, 2, 1, 2, 2, 4]).await;
    world.post_causes(vec![retopped_up(1), retopped_up(2)]).await;
    world.enter_operators().await;
    let viewer = world.sign_in(VIEWER).await;
    let rewards = rows(&world, &viewer, &always("rewards")).await;
    let found: Vec<(String, u128)> = column(&rewards, "kind")
        .into_iter()
        .zip(amounts(&rewards))
        .collect();
    let sums = table(
        &world,
        "SELECT 0::bigint, k.kind || ' ' || k.amount FROM (
             SELECT 'direct' AS kind, sum(direct) AS amount FROM user_income
             UNION ALL SELECT 'generation', sum(generation) FROM user_income
             UNION ALL SELECT 'pool_layer', sum(pool_layer) FROM user_income
         ) AS k WHERE k.amount > 0 ORDER BY k.kind",
    )
    .await;
    let expected: Vec<String> = sums.into_iter().map(|(_, text)| text).collect();
    let found: Vec<String> = found
        .iter()
        .map(|(kind, amount)| format!("{kind} {amount}"))
        .collect();
    assert!(found.len() > 1, "{found:?}");
    assert_eq!(found, expected);

    let recipients = rows(&world, &viewer, &always("top-recipients")).await;
    let expected = table(
        &world,
        "SELECT user_id::bigint, (direct + pool_layer + generation)::text FROM user_income
         WHERE direct + pool_layer + generation > 0 ORDER BY direct + pool_layer + generation DESC, user_id",
    )
    .await;
    let found: Vec<(i64, String)> = column(&recipients, "user")
        .into_iter()
        .map(|user| user.parse().unwrap())
        .zip(column(&recipients, "amount"))
        .collect();
    assert!(found.len() > 2, "{found:?}");
    assert_eq!(found, expected);
    assert_eq!(recipients[0]["place"], "1");
}

#[tokio::test]
async fn payouts_and_movements_are_those_of_the_books() {
    let mut world = due_world().await;
    let id = world.approved("a").await;
    world.execute(&id, &[(1, 36), (2, 18)]).await;
    let viewer = world.sign_in(VIEWER).await;
    let payouts = rows(&world, &viewer, &always("payouts")).await;
    assert_eq!(column(&payouts, "user"), ["1", "2"]);
    assert_eq!(amounts(&payouts), [36 * BNB, 18 * BNB]);
    assert_eq!(
        (&payouts[0]["kind"], &payouts[0]["state"]),
        (&"payout".to_owned(), &"executed".to_owned())
    );
    assert_eq!(
        payouts[0]["batch_or_root"].parse::<B256>().unwrap(),
        id.parse::<B256>().unwrap()
    );

    let movements = rows(&world, &viewer, &always("wallet-movements")).await;
    let mut balances: BTreeMap<(String, String), i128> = BTreeMap::new();
    for (row, amount) in movements.iter().zip(amounts(&movements)) {
        let amount = i128::try_from(amount).unwrap();
        let signed = if row["direction"] == "in" { amount } else { -amount };
        *balances
            .entry((row["user"].clone(), row["account"].clone()))
            .or_default() += signed;
    }
    let expected = table(
        &world,
        "SELECT a.user_id::bigint, a.kind || ' ' || (b.credits_posted - b.debits_posted) FROM account AS a
         JOIN balance AS b ON b.account_id = a.id WHERE a.kind IN ('available', 'wallet', 'credit') AND a.user_id IS NOT NULL
         ORDER BY a.user_id, a.kind",
    )
    .await;
    let found: Vec<(i64, String)> = (balances.iter())
        .map(|((user, account), sum)| (user.parse().unwrap(), format!("{account} {sum}")))
        .collect();
    assert_eq!(found, expected);
    assert!(
        column(&movements, "reason").contains(&"payout".to_owned()),
        "{movements:?}"
    );
}

/// 2,500 facts, each with a payment and a reward of user 1, and 1,500 movements of one of them.
async fn crowded() -> World {
    let world = World::with(&[1]).await;
    let after = CHAIN_TIME + 10;
    world
        .sql(&format!(
            "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, fact_seq)
             SELECT 'schedule', 'x' || n, '{{}}', decode(repeat('00', 32), 'hex'), {after} + n / 10, 1000 + n
             FROM generate_series(1, 2500) AS n;
             INSERT INTO deposit (id, ref, kind, user_id, amount, refundable_until, state, fact_seq)
             SELECT 1000 + n, decode(lpad(n::text, 64, 'b'), 'hex'), 'retopup', 1, n, 1, 'matured', 1000 + n
             FROM generate_series(1, 2500) AS n;
             INSERT INTO reward (fact_seq, leg, user_id, source_user_id, kind, distance, amount)
             SELECT 1000 + n, 0, 1, 2, 'generation', 1, n FROM generate_series(1, 2500) AS n;
             INSERT INTO account (id, kind, user_id, detail, guarded)
             VALUES ((3::bigint << 56) | 1, 'available', 1, 0, true) ON CONFLICT DO NOTHING;
             INSERT INTO transfer (fact_seq, leg, debit_id, credit_id, amount, reason)
             SELECT 1700, n, (3::bigint << 56) | 1, 1, n, 3 FROM generate_series(1, 1500) AS n;"
        ))
        .await;
    world.enter_operators().await;
    world
}

#[tokio::test]
async fn every_row_comes_once_however_many_pages_it_takes() {
    let world = crowded().await;
    let auditor = world.sign_in(AUDITOR).await;
    let time = format!("from={}&to={}", CHAIN_TIME + 10, CHAIN_TIME + 1_000);
    let sales = rows(&world, &auditor, &format!("sales?{time}")).await;
    assert_eq!(amounts(&sales), (1..=2_500).collect::<Vec<u128>>());
    let movements = rows(&world, &auditor, &format!("wallet-movements?{time}")).await;
    assert_eq!(amounts(&movements), (1..=1_500).collect::<Vec<u128>>());
    let rewards = rows(&world, &auditor, &format!("rewards?{time}")).await;
    assert_eq!(rewards.len(), 1);
    assert_eq!(
        (&*rewards[0]["kind"], &*rewards[0]["count"]),
        ("generation", "2500")
    );
    assert_eq!(amounts(&rewards), [2_500 * 2_501 / 2]);
    let recipients = rows(&world, &auditor, &format!("top-recipients?{time}")).await;
    assert_eq!(amounts(&recipients), [2_500 * 2_501 / 2]);
    assert_eq!(
        world
            .rows("SELECT 1 FROM audit_log WHERE action = 'report.exported' AND subject = 'sales'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_time_of_too_many_facts_is_refused() {
    let world = World::with(&[1]).await;
    world
        .sql(&format!(
            "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, fact_seq)
             SELECT 'schedule', 'x' || n, '{{}}', decode(repeat('00', 32), 'hex'), {CHAIN_TIME} + n, 1000 + n
             FROM generate_series(1, 100001) AS n"
        ))
        .await;
    world.enter_operators().await;
    let viewer = world.sign_in(VIEWER).await;
    let (from, to) = (CHAIN_TIME + 1, CHAIN_TIME + 100_002);
    for report in REPORTS {
        let path = format!("/admin/reports/{report}?from={from}&to={to}");
        assert_eq!(
            world.get(&path, Some(&viewer)).await.code(),
            "range_too_large",
            "{report}"
        );
    }
    let one_less = format!("sales?from={from}&to={}", to - 1);
    assert_eq!(rows(&world, &viewer, &one_less).await.len(), 0);
}

#[tokio::test]
async fn only_viewers_and_auditors_take_reports_and_not_any_number() {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    for (person, may) in [
        (1, false),
        (BUILDER, false),
        (APPROVER, false),
        (ADMIN, false),
        (VIEWER, true),
        (AUDITOR, true),
    ] {
        let session = world.sign_in(person).await;
        for report in REPORTS {
            let answer = world
                .get(&format!("/admin/reports/{}", always(report)), Some(&session))
                .await;
            let expected = if may { "no problem" } else { "role_missing" };
            assert_eq!(answer.code(), expected, "{person} {report}");
        }
        if may {
            let mut last = String::new();
            for _ in 0..10 {
                let path = format!("/admin/reports/{}", always("rewards"));
                last = world.get(&path, Some(&session)).await.code().to_owned();
            }
            assert_eq!(last, "rate_limited");
        }
    }
}
