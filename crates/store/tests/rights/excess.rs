//! Roles that may do more than the process that connects under them.

use sqlx::Connection;
use store::rights::{self, Enforcement, RightsError, Role};
use testkit::TestDatabase;

use crate::connect_as;

#[tokio::test]
async fn a_process_runs_under_its_own_role_only() {
    let database = TestDatabase::new().await;
    for expected in Role::ALL {
        for role in Role::ALL {
            let mut connection = connect_as(&database, role.name()).await;
            let checked = rights::check(&mut connection, expected, Enforcement::Refuse).await;
            assert_eq!(
                checked.is_ok(),
                role == expected,
                "{role:?} as {expected:?}: {checked:?}"
            );
        }
        let mut owner = database.connection().await;
        let refused = rights::check(&mut owner, expected, Enforcement::Refuse)
            .await
            .unwrap_err();
        assert!(matches!(refused, RightsError::Excessive { .. }), "{refused:?}");
        let told = format!("is a superuser; connect as {} instead", expected.name());
        assert!(refused.to_string().ends_with(&told), "{refused}");
        rights::check(&mut owner, expected, Enforcement::Warn)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_right_too_many_is_named() {
    let database = TestDatabase::new().await;
    let role = format!("role_of_{}", database.name());
    for (statement, right) in [
        ("GRANT trellis_poster TO ROLE", Some("may act as trellis_poster")),
        (
            "ALTER TABLE lease OWNER TO ROLE",
            Some("owns tables of the ledger"),
        ),
        ("ALTER ROLE ROLE BYPASSRLS", Some("bypasses row-level security")),
        ("ALTER ROLE ROLE CREATEROLE", Some("creates roles")),
        ("ALTER ROLE ROLE REPLICATION", Some("replicates")),
        ("ALTER ROLE ROLE CONNECTION LIMIT 5", None),
    ] {
        let mut connection = database.connection().await;
        // Rolled back: roles belong to the whole server.
        let mut transaction = connection.begin().await.unwrap();
        for statement in [
            &format!("CREATE ROLE {role} LOGIN IN ROLE trellis_api"),
            &statement
                .replace("ROLE ROLE", &format!("ROLE {role}"))
                .replace("TO ROLE", &format!("TO {role}")),
            &format!("SET LOCAL ROLE {role}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
                .execute(&mut *transaction)
                .await
                .unwrap();
        }
        let excess = rights::find_excess(&mut transaction, Role::Api).await.unwrap();
        let named = right.map(|right| format!("the database role {role} {right}"));
        assert_eq!(excess.map(|excess| excess.to_string()), named, "{statement}");
        transaction.rollback().await.unwrap();
    }
}
