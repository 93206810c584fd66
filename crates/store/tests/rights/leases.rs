//! Who may hold which lease, and for how long.

use std::time::Duration;

use sqlx::Row;
use store::lease::{self, LeaseName};
use testkit::TestDatabase;

use crate::{ROLES, connect_as, is_denied};

const TTL: Duration = Duration::from_secs(2);

const LEASES: [(LeaseName, &str); 5] = [
    (LeaseName::Listener, "trellis_listener"),
    (LeaseName::Posting, "trellis_poster"),
    (LeaseName::Settlement, "trellis_settler"),
    (LeaseName::Reconciler, "trellis_reconciler"),
    (LeaseName::Schedule, "trellis_scheduler"),
];

#[tokio::test]
async fn nobody_takes_or_touches_the_lease_of_another() {
    let database = TestDatabase::new().await;
    for (name, owner) in LEASES {
        for role in ROLES.into_iter().filter(|role| *role != owner) {
            let mut connection = connect_as(&database, role).await;
            let refused = lease::claim(&mut connection, name, "a thief", TTL)
                .await
                .unwrap_err();
            assert!(is_denied(&refused), "{role} took {name:?}: {refused:?}");
        }
        let mut connection = connect_as(&database, owner).await;
        let held = lease::claim(&mut connection, name, "the owner", TTL)
            .await
            .unwrap()
            .unwrap();
        lease::renew(&mut connection, held, TTL).await.unwrap();
        for role in ROLES.into_iter().filter(|role| *role != owner) {
            let mut connection = connect_as(&database, role).await;
            let statement = "UPDATE lease SET epoch = epoch + 1, expires_at = now() + interval '1 minute' WHERE name = $1";
            // Either the statement is refused, or no row of it is in sight.
            let stolen = sqlx::query(statement)
                .bind(name.name())
                .execute(&mut connection)
                .await;
            assert!(
                !stolen.is_ok_and(|done| done.rows_affected() > 0),
                "{role} stole {name:?}"
            );
        }
        lease::renew(&mut connection, held, TTL).await.unwrap();
        lease::release(&mut connection, held).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_holds_a_lease_for_years_or_for_ever() {
    let database = TestDatabase::new().await;
    for (name, owner) in LEASES {
        let mut connection = connect_as(&database, owner).await;
        let years = Duration::from_secs(100 * 366 * 86_400);
        let held = lease::claim(&mut connection, name, "an owner", years)
            .await
            .unwrap()
            .unwrap();
        lease::renew(&mut connection, held, years).await.unwrap();
        let seconds: f64 = sqlx::query(
            "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM lease WHERE name = $1",
        )
        .bind(name.name())
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
        assert!(seconds <= 900.0, "{name:?}: {seconds}");
        for (statement, rule) in [
            (
                "UPDATE lease SET expires_at = now() + interval '100 years' WHERE name = $1",
                "lease_is_short",
            ),
            (
                "UPDATE lease SET expires_at = 'infinity' WHERE name = $1",
                "lease_is_short",
            ),
            (
                "UPDATE lease SET epoch = 9223372036854775807 WHERE name = $1",
                "lease_epoch_follows",
            ),
            (
                "UPDATE lease SET epoch = epoch - 1 WHERE name = $1",
                "lease_epoch_follows",
            ),
            (
                "UPDATE lease SET epoch = 0 WHERE name = $1",
                "lease_epoch_follows",
            ),
        ] {
            let refused = sqlx::query(statement)
                .bind(name.name())
                .execute(&mut connection)
                .await;
            let refused = refused.unwrap_err().into_database_error().unwrap();
            assert_eq!(refused.constraint(), Some(rule), "{name:?}: {statement}");
        }
    }
}
