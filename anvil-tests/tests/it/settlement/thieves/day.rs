//! Every password of a database, in turn and then all together, for a day of the chain: rows, and no money.

use alloy::primitives::U256;
use alloy::providers::Provider;
use anvil_tests::PayoutWorld;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{PATIENCE, stolen};

/// A day, in seconds of the chain's time.
const DAY: u64 = 86_400;

const BATCH: &str = "(SELECT batch_id FROM payout_batch ORDER BY requested_at DESC LIMIT 1)";

/// What a thief writes with a role's password, and whether the database takes it.
struct Row(&'static str, bool);

/// In this order: each begins where the one before it left things.
const PLANTED: [(&str, &[Row]); 5] = [
    (
        "trellis_api",
        &[
            Row(
                "INSERT INTO approval (kind, subject, wallet, expires, signature) \
                 SELECT 'batch', batch_id, operator.wallet, 4000000000, decode(repeat('1b', 65), 'hex') \
                 FROM payout_batch, operator WHERE batch_id = BATCH",
                true,
            ),
            Row(
                "UPDATE payout_batch SET state = 'approved', approved_by = decode(repeat('11', 20), 'hex'), \
                 approved_at = now(), sign_requested_by = decode(repeat('11', 20), 'hex'), sign_requested_at = now() \
                 WHERE batch_id = BATCH",
                true,
            ),
            Row("UPDATE lease SET holder = 'a thief', epoch = epoch + 1", false),
            Row("INSERT INTO settlement_stop (cause) VALUES ('R1 nothing')", false),
            Row(
                "INSERT INTO settlement_stop (cause, opened_by, reason) \
                 VALUES ('R1 nothing', decode(repeat('11', 20), 'hex'), 'nothing')",
                false,
            ),
            Row("UPDATE balance SET credits_posted = credits_posted + 1", false),
        ],
    ),
    (
        "trellis_reconciler",
        &[
            Row(
                "INSERT INTO attestation SELECT 'batch', batch_id, list_hash, 1, 1, list_hash, 1, list_hash, 1, \
                 4000000000, decode(repeat('1b', 65), 'hex') FROM payout_batch WHERE batch_id = BATCH \
                 ON CONFLICT (kind, subject) DO UPDATE SET signature = excluded.signature",
                true,
            ),
            Row(
                "UPDATE payout_batch SET state = 'signed' WHERE batch_id = BATCH",
                false,
            ),
            Row(
                "UPDATE settlement_stop SET resumed_by = decode(repeat('11', 20), 'hex')",
                false,
            ),
        ],
    ),
    (
        "trellis_settler",
        &[
            Row(
                "UPDATE payout_batch SET state = 'signed', signer = decode(repeat('11', 20), 'hex'), \
                 signature = decode(repeat('1b', 65), 'hex'), signed_at = now(), valid_after = 1, deadline = 4000000000, \
                 submitter = decode(repeat('00', 20), 'hex') WHERE batch_id = BATCH",
                true,
            ),
            Row(
                "UPDATE payout_batch SET state = 'submitting' WHERE batch_id = BATCH",
                true,
            ),
            Row("UPDATE payout SET target = target + 1", false),
            Row("INSERT INTO attestation SELECT * FROM attestation", false),
            Row("INSERT INTO approval SELECT * FROM approval", false),
        ],
    ),
    (
        "trellis_poster",
        &[
            Row(
                "UPDATE balance SET credits_posted = credits_posted + 1000000000000000000 \
                 WHERE account_id = (SELECT max(account_id) FROM balance WHERE credits_posted > 0)",
                true,
            ),
            Row(
                "UPDATE payout_batch SET signature = decode(repeat('1b', 65), 'hex')",
                false,
            ),
            Row("INSERT INTO chain_log SELECT * FROM chain_log", false),
        ],
    ),
    (
        "trellis_listener",
        &[
            Row(
                "INSERT INTO chain_log SELECT block_hash, log_index + 1000, block_number, transaction_hash, \
                 transaction_index, topics, data, seq + 1 FROM chain_log WHERE seq = (SELECT max(seq) FROM chain_log)",
                true,
            ),
            Row(
                "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, chain_seq, block_number, \
                 block_hash, transaction_hash) SELECT source, (chain_seq + 1)::text, payload, fingerprint, \
                 effective_at, chain_seq + 1, block_number, block_hash, transaction_hash FROM inbox \
                 WHERE chain_seq = (SELECT max(chain_seq) FROM inbox)",
                true,
            ),
            Row("UPDATE inbox SET fact_seq = NULL", false),
            Row("UPDATE payout_batch SET state = 'approved'", false),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_password_reaches_money_in_a_day() {
    let mut payouts = PayoutWorld::with_due(3).await;
    let people = payouts.some(2);
    let batch = payouts.build(&people).await;
    let custody = payouts.provider.get_balance(payouts.custody).await.unwrap();
    for (role, rows) in PLANTED {
        let mut thief = stolen(&payouts, role).await;
        for Row(row, is_taken) in rows {
            let row = row.replace("BATCH", BATCH);
            let done = sqlx::query(AssertSqlSafe(row.clone())).execute(&mut thief).await;
            assert_eq!(done.is_ok(), *is_taken, "{role}: {row}: {done:?}");
        }
        // Whoever believes it has the time to act.
        tokio::time::sleep(PATIENCE).await;
    }
    forge_people(&payouts).await;

    payouts.pass_time(DAY).await.unwrap();
    for _ in 0..5 {
        payouts.mine(1).await.unwrap();
        tokio::time::sleep(PATIENCE / 5).await;
    }
    let totals = payouts.contract().totals().call().await.unwrap();
    let gone = [totals.pushed, totals.claimed, totals.credited];
    assert!(gone.iter().all(|sum| U256::from(*sum).is_zero()), "{totals:?}");
    assert_eq!(
        payouts.provider.get_balance(payouts.custody).await.unwrap(),
        custody
    );
    for person in &people {
        let account = payouts.contract().account(person.address()).call().await.unwrap();
        assert!(U256::from(account.paid).is_zero());
    }
    let signed = "SELECT count(*) FROM signer.payout_batch";
    let signed: i64 = sqlx::query_scalar(signed)
        .fetch_one(payouts.signer.pool())
        .await
        .unwrap();
    assert_eq!(signed, 0, "{}", batch.id);
}

/// The signers' password adds a list with nobody's signatures: from then on they sign for nobody, the thief included.
async fn forge_people(payouts: &PayoutWorld) {
    let mut thief = PgConnection::connect(&payouts.signer.url_as("trellis_signer"))
        .await
        .unwrap();
    for (row, is_taken) in [
        (
            "INSERT INTO signer.people SELECT max(version) + 1, (SELECT list FROM signer.people LIMIT 1), NULL, NULL, 1 \
             FROM signer.people",
            false,
        ),
        (
            "INSERT INTO signer.people SELECT max(version) + 1, (SELECT list FROM signer.people LIMIT 1), 1, '[]', 1 \
             FROM signer.people",
            true,
        ),
        ("UPDATE signer.people SET list = ''", false),
        ("DELETE FROM signer.audit", false),
    ] {
        let done = sqlx::query(row).execute(&mut thief).await;
        assert_eq!(done.is_ok(), is_taken, "{row}: {done:?}");
    }
}
