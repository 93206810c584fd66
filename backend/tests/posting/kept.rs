//! What posting keeps so that nobody looks at everyone: equal to what an observation of everyone gives, after every batch.

use sqlx::{PgConnection, Row};
use testkit::TestDatabase;

use crate::settlement::{Settlements, ask, runs};
use crate::{TTL, claim, post_all, poster, rebuild, receive};

/// The figures of the disclosure, counted over everyone.
const FIGURES: &str = include_str!("kept/figures.sql");
/// Who waits to be paid, and the time at which the oldest unsettled reward matured: rewards are settled oldest first.
const DUE: &str = "
    SELECT a.user_id, coalesce((
        SELECT i.effective_at FROM fact AS t JOIN inbox AS i ON i.id = t.inbox_id
        WHERE t.seq = (
            SELECT min(m.matured_fact)
            FROM (
                SELECT coalesce(d.closed_fact, w.fact_seq) AS matured_fact,
                       sum(w.amount) OVER (
                           ORDER BY coalesce(d.closed_fact, w.fact_seq) DESC, w.fact_seq DESC, w.leg DESC
                       ) - w.amount AS newer
                FROM reward AS w LEFT JOIN deposit AS d ON d.id = w.deposit_id
                WHERE w.user_id = a.user_id AND w.withheld IS NULL AND (w.deposit_id IS NULL OR d.state = 'matured')
                  AND NOT EXISTS (
                      SELECT FROM reward_forfeited AS x WHERE x.fact_seq = w.fact_seq AND x.leg = w.leg
                  )
            ) AS m
            WHERE m.newer < (
                SELECT sum(o.credits_posted - o.debits_posted)
                FROM account AS k JOIN balance AS o ON o.account_id = k.id
                WHERE k.user_id = a.user_id AND k.kind IN ('available', 'reserve')
            )
        )
    ), 0) AS since
    FROM account AS a JOIN balance AS b ON b.account_id = a.id
    WHERE a.kind = 'available' AND b.credits_posted > b.debits_posted";
const TOTALS: &str = "
    SELECT a.kind, CASE WHEN a.kind IN ('breakage', 'clearing') THEN a.detail ELSE 0 END, sum(b.credits_posted),
           sum(b.debits_posted), sum(b.debits_pending),
           count(*) FILTER (WHERE a.kind = 'available' AND b.credits_posted > b.debits_posted)
    FROM account AS a JOIN balance AS b ON b.account_id = a.id GROUP BY 1, 2";
const PAID: &str = "
    SELECT (SELECT coalesce(sum(paid), 0) FROM users), (SELECT coalesce(sum(amount), 0) FROM claim)";

/// The rows of a query, one text each.
async fn rows(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let statement = format!("SELECT q::text FROM ({query}) AS q ORDER BY 1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn assert_kept(connection: &mut PgConnection, when: &str) {
    for (kept, counted) in [
        ("SELECT user_id FROM due", &format!("SELECT user_id FROM ({DUE}) AS d") as &str),
        (
            "SELECT kind, detail, credits, debits, debits_pending, due_users FROM kind_total",
            TOTALS,
        ),
        (
            "SELECT fact_seq, participants, refunded, without_rewards, below_paid, even, above_paid, paid_total,
                    received_total, held_total, received_percentiles, net_percentiles FROM figures",
            FIGURES,
        ),
    ] {
        assert_eq!(rows(connection, kept).await, rows(connection, counted).await, "{when}: {kept}");
    }
    let paid = rows(connection, "SELECT paid, claimed FROM paid_total").await;
    let counted = rows(connection, PAID).await;
    assert!(
        paid == counted || paid.is_empty() && counted == ["(0,0)"],
        "{when}: {paid:?} {counted:?}"
    );
}

#[tokio::test]
async fn figures_sums_and_who_waits_are_those_of_a_look_at_everybody() {
    for seed in 30..33 {
        let database = TestDatabase::new().await;
        let mut connection = poster(&database).await;
        let mut source = database.connection().await;
        let lease = claim(&mut connection, TTL).await;
        let mut writer = rebuild(&mut connection, lease).await;
        let mut settlements = Settlements::new(seed);
        let causes: Vec<_> = (0..700).map(|_| settlements.next()).collect();
        ask(&mut source, &causes).await;
        let mut seq = 1;
        for (number, run) in runs(&causes).enumerate() {
            seq = receive(&mut source, seq, run).await;
            post_all(&mut writer, &mut connection).await;
            if number % 8 == 0 {
                store::figures::refresh(&mut connection).await.unwrap();
                assert_kept(&mut source, &format!("seed {seed}, run {number}")).await;
            }
        }
        store::figures::refresh(&mut connection).await.unwrap();
        assert!(!store::figures::refresh(&mut connection).await.unwrap());
        assert_kept(&mut source, &format!("seed {seed}")).await;
        let since = rows(&mut source, "SELECT user_id, since FROM due").await;
        let exact = rows(&mut source, DUE).await;
        let right = since.iter().filter(|row| exact.contains(row)).count();
        assert_eq!(right, exact.len(), "seed {seed}: {since:?} {exact:?}");
        assert!(exact.len() > 10, "a history in which few are paid shows little");
    }
}

#[tokio::test]
async fn figures_that_were_lost_are_counted_again() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    let mut settlements = Settlements::new(40);
    let causes: Vec<_> = (0..400).map(|_| settlements.next()).collect();
    ask(&mut source, &causes).await;
    receive(&mut source, 1, &causes).await;
    post_all(&mut writer, &mut connection).await;
    store::figures::refresh(&mut connection).await.unwrap();
    let before = store::figures::find(&mut source).await.unwrap().unwrap();
    sqlx::raw_sql("TRUNCATE figures, figure_count, participant_figures")
        .execute(&mut source)
        .await
        .unwrap();
    assert_eq!(store::figures::find(&mut source).await.unwrap(), None);
    store::figures::refresh(&mut connection).await.unwrap();
    assert_eq!(store::figures::find(&mut source).await.unwrap(), Some(before));
}

#[tokio::test]
async fn figures_are_shown_after_a_quiet_time_and_not_while_a_fact_waits_too_long_to_be_counted() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    let mut settlements = Settlements::new(41);
    let causes: Vec<_> = (0..20).map(|_| settlements.next()).collect();
    ask(&mut source, &causes).await;
    let age = async |connection: &mut PgConnection, table, column, hours| {
        let aged = format!("UPDATE {table} SET {column} = now() - {hours} * interval '1 hour'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(aged))
            .execute(connection)
            .await
            .unwrap();
    };
    age(&mut source, "figures", "counted_at", 3).await;
    receive(&mut source, 1, &causes).await;
    post_all(&mut writer, &mut connection).await;
    let shown = store::figures::find(&mut source).await.unwrap();
    assert_eq!(
        shown.map(|figures| figures.fact_seq),
        Some(0),
        "it is counted in a moment"
    );
    age(&mut source, "posting_batch", "posted_at", 3).await;
    assert_eq!(store::figures::find(&mut source).await.unwrap(), None);
    store::figures::refresh(&mut connection).await.unwrap();
    let shown = store::figures::find(&mut source).await.unwrap();
    assert!(shown.is_some_and(|figures| figures.fact_seq > 0));
}
