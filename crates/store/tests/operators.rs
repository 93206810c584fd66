//! Operators in the database: two config admins stay, and every change is in the audit log.

use alloy_primitives::Address;
use sqlx::Connection;
use store::operator::{self, Operator, TWO_CONFIG_ADMINS};
use testkit::TestDatabase;

fn wallet(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn operator(number: u8, name: &str, roles: &[&str]) -> Operator {
    Operator {
        wallet: wallet(number),
        name: name.to_owned(),
        roles: roles.iter().map(ToString::to_string).collect(),
    }
}

#[tokio::test]
async fn roles_are_granted_and_revoked_and_both_are_noted() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    operator::insert(&mut connection, &[operator(1, "one", &["viewer"])])
        .await
        .unwrap();
    let again = operator::insert(&mut connection, &[operator(1, "two", &[])])
        .await
        .unwrap_err();
    assert_eq!(again.constraint(), Some("operator_pkey"));

    let roles = operator::change_roles(&mut connection, wallet(1), &["builder", "viewer"], &["auditor"]);
    assert_eq!(roles.await.unwrap().unwrap(), ["builder", "viewer"]);
    let roles = operator::change_roles(&mut connection, wallet(1), &[], &["viewer"]);
    assert_eq!(roles.await.unwrap().unwrap(), ["builder"]);
    let unknown = operator::change_roles(&mut connection, wallet(1), &["owner"], &[])
        .await
        .unwrap_err();
    assert_eq!(unknown.constraint(), Some("operator_roles_known"));
    let nobody = operator::change_roles(&mut connection, wallet(2), &["viewer"], &[]);
    assert_eq!(nobody.await.unwrap(), None);
    assert_eq!(
        operator::list(&mut connection).await.unwrap(),
        [operator(1, "one", &["builder"])]
    );

    assert!(operator::remove(&mut connection, wallet(1)).await.unwrap());
    assert!(!operator::remove(&mut connection, wallet(1)).await.unwrap());
    let noted: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        noted,
        [
            "operator.added",
            "operator.changed",
            "operator.changed",
            "operator.removed"
        ]
    );
}

#[tokio::test]
async fn two_config_admins_stay() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let admin = ["config_admin"];
    // Two wallets of one person are one admin.
    let operators = [
        operator(1, "one", &admin),
        operator(2, "one", &admin),
        operator(3, "two", &admin),
    ];
    operator::insert(&mut connection, &operators).await.unwrap();
    assert!(operator::remove(&mut connection, wallet(2)).await.unwrap());

    let refused = operator::remove(&mut connection, wallet(1)).await.unwrap_err();
    assert_eq!(refused.constraint(), Some(TWO_CONFIG_ADMINS));
    let refused = operator::change_roles(&mut connection, wallet(3), &[], &admin)
        .await
        .unwrap_err();
    assert_eq!(refused.constraint(), Some(TWO_CONFIG_ADMINS));
    let renamed = sqlx::query("UPDATE operator SET name = 'one'")
        .execute(&mut connection)
        .await;
    assert!(renamed.is_err());
    operator::change_roles(&mut connection, wallet(3), &["viewer"], &[])
        .await
        .unwrap();

    // In one transaction an admin follows another.
    let mut transaction = connection.begin().await.unwrap();
    operator::remove(&mut transaction, wallet(1)).await.unwrap();
    operator::insert(&mut transaction, &[operator(4, "three", &admin)])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// Of two changes at once that leave enough each by itself, one fails.
#[tokio::test]
async fn two_at_once_do_not_remove_both() {
    let database = TestDatabase::new().await;
    let (mut one, mut two) = (database.connection().await, database.connection().await);
    let operators: Vec<Operator> = (1..=3)
        .map(|number| operator(number, &format!("admin {number}"), &["config_admin"]))
        .collect();
    operator::insert(&mut one, &operators).await.unwrap();

    let mut first = one.begin().await.unwrap();
    let mut second = two.begin().await.unwrap();
    operator::remove(&mut first, wallet(1)).await.unwrap();
    operator::remove(&mut second, wallet(2)).await.unwrap();
    // As at the end of each, but before either has ended.
    let settle = "SET CONSTRAINTS ALL IMMEDIATE";
    let (one_ends, two_ends) = tokio::join!(
        sqlx::query(settle).execute(&mut *first),
        sqlx::query(settle).execute(&mut *second)
    );
    assert!(one_ends.is_ok() != two_ends.is_ok(), "{one_ends:?} {two_ends:?}");
    first.commit().await.unwrap();
    second.commit().await.unwrap();
    assert_eq!(
        operator::list(&mut database.connection().await)
            .await
            .unwrap()
            .len(),
        2
    );
}
