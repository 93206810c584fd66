//! Looks at a ledger that paid: nothing is found, and whatever is then changed in a table is found by exactly its checks.

use std::collections::BTreeSet;

use anvil_tests::PayoutWorld;
use audit::checks::Verdict;
use reconciler::{Config, Reconciler, RunReport};
use service::Env;
use sqlx::PgConnection;

/// Users of a slice that is everything.
const EVERYBODY: &str = "1000";

/// Three users paid, a fourth in a batch that is signed and not sent.
async fn paid() -> PayoutWorld {
    let mut world = PayoutWorld::with_due(4).await;
    let people = world.some(3);
    let batch = world.submitted_batch(&people).await;
    world.executed(&batch).await;
    let last = world.some(1);
    world.signed_batch(&last).await;
    world.settled().await;
    world
}

/// A look at everything by a new reconciler, in slices of so many users.
async fn look(world: &PayoutWorld, slice_users: &str) -> RunReport {
    let database_url = world.ledger.url_as("trellis_reconciler");
    let signers = world.signer.url_as("trellis_signer_auditor");
    let env = Env::of(&[
        ("TRELLIS_DATABASE_URL", &database_url),
        ("TRELLIS_RPC_URL", &world.spec().rpc_url),
        ("TRELLIS_SIGNER_DATABASE_URL", &signers),
        ("TRELLIS_SLICE_USERS", slice_users),
    ]);
    let mut config = Config::from_env(&env).unwrap();
    config.expected = [("outflow_floor".to_owned(), "1000000000000000000000".to_owned())].into();
    let mut reconciler = Reconciler::new(&config).await.unwrap();
    reconciler.run(true).await.unwrap().unwrap()
}

fn found(looked: &RunReport) -> BTreeSet<&'static str> {
    looked
        .report
        .findings()
        .map(|finding| finding.check.id())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_paid_is_clean_and_every_changed_row_is_found() {
    let mut world = paid().await;
    let looked = look(&world, EVERYBODY).await;
    for (check, verdict) in &looked.report.verdicts {
        assert_eq!(*verdict, Verdict::Passed, "{check:?}");
    }
    assert!(looked.is_full && looked.accounts == looked.users && looked.users > 4);

    // From here on only this test looks.
    world.system.reconciler.stop().unwrap();
    let mut ledger = world.ledger.connection().await;
    for (change, undo, checks) in planted() {
        execute(&mut ledger, &change).await;
        let looked = look(&world, "2").await;
        let expected: BTreeSet<&str> = checks.iter().copied().collect();
        let findings: Vec<_> = looked.report.findings().collect();
        assert_eq!(found(&looked), expected, "{change}\n{findings:#?}");
        execute(&mut ledger, &undo).await;
    }
    let mut signer = world.signer.connection().await;
    let forget =
        "UPDATE signer.sign_request SET business_key = 'x' || business_key WHERE id = (SELECT min(id)
        FROM signer.sign_request WHERE business_key LIKE 'batch:%')";
    execute(&mut signer, forget).await;
    assert_eq!(found(&look(&world, EVERYBODY).await), BTreeSet::from(["R12"]));
    let remember =
        "UPDATE signer.sign_request SET business_key = substr(business_key, 2) WHERE business_key LIKE 'x%'";
    execute(&mut signer, remember).await;
    let looked = look(&world, EVERYBODY).await;
    let mut verdicts = looked.report.verdicts.iter();
    assert!(verdicts.all(|(_, verdict)| *verdict == Verdict::Passed));
}

/// What is changed, how it is changed back, and which checks find it in between.
fn planted() -> Vec<(String, String, &'static [&'static str])> {
    let one_paid = "(SELECT min(user_id) FROM payout WHERE state = 'executed')";
    let first_reward = "(SELECT fact_seq, leg FROM reward ORDER BY fact_seq, leg LIMIT 1)";
    let one_post = "(SELECT fact_seq, leg FROM transfer WHERE phase = 2 ORDER BY fact_seq, leg LIMIT 1)";
    let by_one = |table: &str, column: &str, condition: &str| {
        let statement = |sign| format!("UPDATE {table} SET {column} = {column} {sign} 1 WHERE {condition}");
        (statement("+"), statement("-"))
    };
    let flipped = |table: &str, column: &str, byte: &str, condition: &str| {
        let flip = format!("set_byte({column}, {byte}, get_byte({column}, {byte}) # 1)");
        let statement = format!("UPDATE {table} SET {column} = {flip} WHERE {condition}");
        (statement.clone(), statement)
    };
    let changes: [((String, String), &[&str]); 14] = [
        (by_one("users", "paid", &format!("id = {one_paid}")), &["R9"]),
        (
            by_one("payout", "settled", &format!("user_id = {one_paid}")),
            &["R8"],
        ),
        (
            by_one("payout", "target", &format!("user_id = {one_paid}")),
            &["R8"],
        ),
        (
            (
                "UPDATE payout_batch SET state = 'expired' WHERE state = 'executed'".to_owned(),
                "UPDATE payout_batch SET state = 'executed' WHERE state = 'expired'".to_owned(),
            ),
            &["R8"],
        ),
        (
            flipped("payout_batch", "manifest_hash", "0", "state = 'executed'"),
            &["R8"],
        ),
        (by_one("payout", "held", "state = 'held'"), &["R9"]),
        (by_one("sender_account", "next_nonce", "true"), &["R10"]),
        (
            (
                format!("UPDATE users SET frozen_until = 1 WHERE id = {one_paid}"),
                format!("UPDATE users SET frozen_until = NULL WHERE id = {one_paid}"),
            ),
            &["R13"],
        ),
        (
            by_one(
                "deposit",
                "amount",
                &format!("user_id = {one_paid} AND kind = 'registration'"),
            ),
            &["R13", "R14"],
        ),
        (
            by_one("reward", "user_id", &format!("(fact_seq, leg) = {first_reward}")),
            &["R14"],
        ),
        (
            (
                format!(
                    "UPDATE user_income SET direct = direct - 1000000000000000000 WHERE user_id = {one_paid}"
                ),
                format!(
                    "UPDATE user_income SET direct = direct + 1000000000000000000 WHERE user_id = {one_paid}"
                ),
            ),
            &["R9"],
        ),
        (
            by_one("transfer", "amount", &format!("(fact_seq, leg) = {one_post}")),
            &["R5", "R6"],
        ),
        (
            by_one(
                "balance",
                "debits_pending",
                "account_id = (SELECT id FROM account WHERE kind = 'custody')",
            ),
            &["R5"],
        ),
        (
            flipped("chain_log", "data", "length(data) - 1", "seq = 2"),
            &["R3"],
        ),
    ];
    changes
        .into_iter()
        .map(|((change, undo), checks)| (change, undo, checks))
        .collect()
}

async fn execute(connection: &mut PgConnection, statement: &str) {
    let done = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await;
    assert_eq!(done.unwrap().rows_affected(), 1, "{statement}");
}
