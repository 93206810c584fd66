//! Causes of the chain are posted only as the log of a final block says them.

use alloy_primitives::B256;
use backend::posting::{ProofError, Step, StepError};
use money::Amount;
use plan::{Cause, PayoutOutcome, SettledPayout};
use sqlx::{AssertSqlSafe, Connection};
use store::inbox;
use testkit::TestDatabase;

use crate::{TTL, claim, entry, poster, rebuild, wallet};

/// Two entries of one log each, and one of three.
fn causes() -> [Cause; 3] {
    let funded = |amount| Cause::Funded {
        from: wallet(1),
        amount: Amount::new(amount),
    };
    let paid = |user, amount| SettledPayout {
        wallet: wallet(user),
        outcome: PayoutOutcome::Executed(Amount::new(amount)),
    };
    [
        funded(10),
        funded(20),
        Cause::BatchSettled {
            batch_id: B256::repeat_byte(1),
            manifest_hash: B256::repeat_byte(2),
            payouts: vec![paid(2, 3), paid(3, 4)],
        },
    ]
}

/// What the worker does with the recorded entries after someone with the owner's rights did this to them.
async fn after(tampering: &str) -> Result<usize, StepError> {
    let database = TestDatabase::new().await;
    let mut source = database.connection().await;
    let mut transaction = source.begin().await.unwrap();
    let entries: Vec<_> = (1..)
        .zip(causes())
        .map(|(seq, cause)| entry(seq, cause))
        .collect();
    recorded::record(&mut transaction, &entries).await.unwrap();
    transaction.commit().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(tampering.to_owned()))
        .execute(&mut source)
        .await
        .unwrap();
    step(&database).await
}

/// One step of a new worker; if it fails, nothing at all is posted.
async fn step(database: &TestDatabase) -> Result<usize, StepError> {
    let mut connection = poster(database).await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    let step = writer.step(&mut connection).await;
    if step.is_err() {
        let facts: i64 = sqlx::query_scalar("SELECT count(*) FROM fact")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert_eq!(facts, 0);
    }
    step.map(|step| match step {
        Step::Posted { facts, .. } => facts,
        Step::Idle | Step::SetAside { .. } => 0,
    })
}

#[tokio::test]
async fn what_the_log_says_is_posted() {
    assert_eq!(after("").await.unwrap(), 3);
}

#[tokio::test]
async fn an_entry_that_only_the_inbox_has_is_not_posted() {
    let database = TestDatabase::new().await;
    let mut source = database.connection().await;
    let mut transaction = source.begin().await.unwrap();
    let [funded, ..] = causes();
    inbox::insert(&mut transaction, &[entry(1, funded)])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let refused = step(&database).await.unwrap_err();
    assert!(
        matches!(refused, StepError::Proof(ProofError::NotLogged { seq: 1 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_entry_whose_log_is_not_of_a_final_block_is_not_posted() {
    for tampering in [
        "UPDATE chain_block SET final = false",
        "UPDATE chain_block SET final = false, canonical = false",
        "UPDATE chain_log SET seq = NULL WHERE seq = 2",
        "UPDATE inbox SET transaction_hash = decode(repeat('07', 32), 'hex') WHERE chain_seq = 2",
        "UPDATE inbox SET block_hash = decode(repeat('07', 32), 'hex') WHERE chain_seq = 2",
    ] {
        let refused = after(tampering).await.unwrap_err();
        assert!(
            matches!(refused, StepError::Proof(ProofError::NotLogged { .. })),
            "{tampering}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_entry_of_another_place_or_time_is_not_posted() {
    for tampering in [
        "UPDATE inbox SET block_number = block_number + 1 WHERE chain_seq = 1",
        "UPDATE inbox SET effective_at = effective_at + 1 WHERE chain_seq = 1",
        // The same log under another number.
        "DELETE FROM chain_log WHERE seq = 1; UPDATE chain_log SET seq = 1 WHERE seq = 2",
    ] {
        let refused = after(tampering).await.unwrap_err();
        assert!(
            matches!(refused, StepError::Proof(ProofError::OtherPlace { seq: 1 })),
            "{tampering}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_entry_that_says_something_else_than_its_log_is_not_posted() {
    for (tampering, number) in [
        (
            "UPDATE inbox SET payload = jsonb_set(payload, '{amount}', '\"1000\"') WHERE chain_seq = 2",
            2,
        ),
        (
            "UPDATE inbox SET payload = '{\"type\": \"noted\"}' WHERE chain_seq = 2",
            2,
        ),
        (
            "UPDATE inbox SET payload = jsonb_set(payload, '{payouts,0,amount}', '\"1000\"') WHERE chain_seq = 3",
            3,
        ),
    ] {
        let refused = after(tampering).await.unwrap_err();
        assert!(
            matches!(refused, StepError::Proof(ProofError::OtherCause { seq }) if seq == number),
            "{tampering}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_log_that_the_contract_cannot_have_emitted_proves_nothing() {
    for tampering in [
        "UPDATE chain_log SET data = '\\x00' WHERE seq = 1",
        "DELETE FROM chain_log WHERE seq IS NULL AND log_index = (SELECT min(log_index) FROM chain_log WHERE seq IS NULL)",
    ] {
        let refused = after(tampering).await.unwrap_err();
        assert!(
            matches!(refused, StepError::Proof(ProofError::Unreadable { .. })),
            "{tampering}: {refused:?}"
        );
    }
}
