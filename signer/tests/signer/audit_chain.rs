//! What tampering with the signer's memory does to the chain of decisions.

use money::Amount;
use signer::audit::{Anchor, Broken, Head, VerifyError, verify};

use crate::world::{World, word};

/// Seven decisions: the start, two new requests, a repeat, two refusals and the pause that follows the second of them.
async fn decided() -> (World, Head) {
    let world = World::start().await;
    let terms = world.registration(20, 1).await;
    let mut other = terms.clone();
    other.amount = Amount::new(1_000_000_000);
    let answers = [
        world.ask(&terms).await,
        world.ask(&world.registration(21, 2).await).await,
        world.ask(&terms).await,
        world.ask(&world.registration(21, 0).await).await,
        world.ask(&other).await,
    ];
    let words: Vec<String> = answers.iter().map(word).collect();
    assert_eq!(words, ["signed", "signed", "signed", "ref_zero", "equivocation"]);
    let mut connection = world.database.connection().await;
    let head = verify(&mut connection, None).await.unwrap().head;
    assert_eq!(head.seq, 7);
    (world, head)
}

#[tokio::test]
async fn every_kind_of_tampering_is_found_at_its_row() {
    let (world, head) = decided().await;
    let table: [(&str, Broken); 16] = [
        (
            "UPDATE signer.audit SET detail = detail || ' ' WHERE seq = 3",
            Broken::Changed(3),
        ),
        (
            "UPDATE signer.audit SET caller = 'other' WHERE seq = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE signer.audit SET code = '' WHERE seq = 6",
            Broken::Changed(6),
        ),
        (
            "UPDATE signer.audit SET at_ms = at_ms + 1 WHERE seq = 1",
            Broken::Changed(1),
        ),
        (
            "UPDATE signer.audit SET event = 'repeated' WHERE seq = 2",
            Broken::Changed(2),
        ),
        // What moves from one field to the next changes the row, too.
        (
            "UPDATE signer.audit SET caller = caller || left(subject, 1), subject = substr(subject, 2) WHERE seq = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE signer.audit SET prev_hash = row_hash WHERE seq = 4",
            Broken::Unlinked(4),
        ),
        ("DELETE FROM signer.audit WHERE seq = 3", Broken::Missing(3)),
        (
            "DELETE FROM signer.audit WHERE seq = 7",
            Broken::End { found: 6, wanted: 7 },
        ),
        (
            "UPDATE signer.audit_head SET hash = decode(repeat('00', 32), 'hex')",
            Broken::Head(7),
        ),
        (
            "UPDATE signer.sign_request SET digest = decode(repeat('00', 32), 'hex') WHERE id = 1",
            Broken::Request(subject(&world).await),
        ),
        (
            "UPDATE signer.sign_request SET request = request || '{\"amount\": \"1\"}' WHERE id = 1",
            Broken::Request(subject(&world).await),
        ),
        (
            "UPDATE signer.sign_request SET head_timestamp = head_timestamp - 1 WHERE id = 1",
            Broken::Request(subject(&world).await),
        ),
        (
            "DELETE FROM signer.key_pause",
            Broken::Pause(subject(&world).await),
        ),
        (
            "INSERT INTO signer.key_resume (pause_id, reason, resumed_at_ms) SELECT id, 'x', 0 FROM signer.key_pause",
            Broken::Pause(subject(&world).await),
        ),
        (
            "WITH gone AS (DELETE FROM signer.signature WHERE request_id = 1)
             DELETE FROM signer.sign_request WHERE id = 1",
            Broken::Request(subject(&world).await),
        ),
    ];
    sqlx::raw_sql(
        "ALTER TABLE signer.signature DROP CONSTRAINT signature_request;
         ALTER TABLE signer.payout_batch DROP CONSTRAINT payout_batch_request;
         ALTER TABLE signer.liabilities_root DROP CONSTRAINT liabilities_root_request;
         ALTER TABLE signer.transaction DROP CONSTRAINT transaction_request;
         ALTER TABLE signer.intake DROP CONSTRAINT intake_request;
         ALTER TABLE signer.key_resume DROP CONSTRAINT key_resume_pause",
    )
    .execute(world.database.pool())
    .await
    .unwrap();
    for (tampering, expected) in table {
        let mut connection = world.database.connection().await;
        sqlx::raw_sql("CREATE TABLE kept_audit AS TABLE signer.audit; CREATE TABLE kept_head AS TABLE signer.audit_head; \
                       CREATE TABLE kept_request AS TABLE signer.sign_request; \
                       CREATE TABLE kept_pause AS TABLE signer.key_pause")
            .execute(&mut connection)
            .await
            .unwrap();
        let changed = sqlx::query(tampering).execute(&mut connection).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "{tampering}");
        let found = verify(&mut connection, None).await;
        assert!(
            matches!(&found, Err(VerifyError::Broken(broken)) if *broken == expected),
            "{tampering}: {found:?}"
        );
        sqlx::raw_sql("TRUNCATE signer.audit, signer.audit_head, signer.sign_request, signer.key_pause, signer.key_resume; \
                       INSERT INTO signer.audit TABLE kept_audit; INSERT INTO signer.audit_head TABLE kept_head; \
                       INSERT INTO signer.sign_request OVERRIDING SYSTEM VALUE TABLE kept_request; \
                       INSERT INTO signer.key_pause OVERRIDING SYSTEM VALUE TABLE kept_pause; \
                       DROP TABLE kept_audit, kept_head, kept_request, kept_pause")
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(verify(&mut connection, None).await.unwrap().head, head);
    }
}

async fn subject(world: &World) -> String {
    sqlx::query_scalar("SELECT business_key FROM signer.sign_request WHERE id = 1")
        .fetch_one(world.database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found_by_a_head_that_was_noted() {
    let (world, head) = decided().await;
    let noted = Anchor(head);
    let mut connection = world.database.connection().await;
    assert!(verify(&mut connection, Some(noted)).await.is_ok());
    sqlx::raw_sql(
        "UPDATE signer.audit_head SET seq = 6, hash = (SELECT prev_hash FROM signer.audit WHERE seq = 7);
         DELETE FROM signer.audit WHERE seq = 7;
         DELETE FROM signer.key_pause",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    assert!(
        verify(&mut connection, None).await.is_ok(),
        "without the note it looks whole"
    );
    let found = verify(&mut connection, Some(noted)).await;
    assert!(
        matches!(found, Err(VerifyError::Broken(Broken::Anchor(7)))),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_health_endpoint_tells_the_head_in_the_form_that_the_command_takes() {
    let (world, head) = decided().await;
    let health = reqwest::get(format!("{}/health", world.url)).await.unwrap();
    let health: serde_json::Value = health.json().await.unwrap();
    let text = health["audit_head"].as_str().unwrap();
    assert_eq!(text.parse::<Anchor>(), Ok(Anchor(head)));

    let run = |url: String| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_signer"));
        command
            .args(["verify-audit", "--anchor", text])
            .env("TRELLIS_DATABASE_URL", url);
        command.output().unwrap()
    };
    let whole = run(world.database.url_as("trellis_signer"));
    assert!(whole.status.success(), "{whole:?}");
    sqlx::query("UPDATE signer.audit SET caller = 'x' WHERE seq = 4")
        .execute(world.database.pool())
        .await
        .unwrap();
    let broken = run(world.database.url());
    let said = String::from_utf8_lossy(&broken.stderr);
    assert!(
        !broken.status.success() && said.contains("row 4 was changed"),
        "{said}"
    );
    let metrics = reqwest::get(format!("{}/metrics", world.url))
        .await
        .unwrap()
        .text()
        .await;
    let metrics = metrics.unwrap();
    assert!(metrics.contains(r#"outcome="equivocation"} 1"#), "{metrics}");
}
