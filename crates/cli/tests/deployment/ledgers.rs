//! `trellis ledger init`, `migrate`, `status` and `trellis operator` against a real server and a real chain.

use sqlx::{Connection as _, PgConnection};
use testkit::TestDatabase;

use crate::world::{LOCAL, Ran, World, trellis};

/// The ledger of the local chain.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ledgers/local.toml");

/// An operator of that file who is its only config admin, and a wallet that is nobody's.
const ADMIN: &str = "0x265188114EB5d5536BC8654d8e9710FE72C28c4d";
const STRANGER: &str = "0x0000000000000000000000000000000000000002";

/// A deployed contract, and a database that does not exist yet.
struct Place {
    world: World,
    beside: TestDatabase,
    database_url: String,
    from_block: String,
}

impl Place {
    async fn new() -> Self {
        let world = World::start().await;
        let deployed = world.deploy(LOCAL);
        let block = deployed
            .output
            .split_once("with events from block ")
            .expect("its block")
            .1;
        let from_block = block.split_whitespace().next().expect("a number").to_owned();
        let beside = TestDatabase::new().await;
        let database_url = beside
            .url()
            .replace(beside.name(), &format!("{}_ledger", beside.name()));
        Self {
            world,
            beside,
            database_url,
            from_block,
        }
    }

    fn init(&self, file: &str, more: &[&str]) -> Ran {
        let rpc = self.world.rpc_url();
        let arguments = [
            "ledger",
            "init",
            file,
            "--rpc",
            &rpc,
            "--from-block",
            &self.from_block,
        ];
        self.run(&[&arguments, more].concat())
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        trellis(&[arguments, &["--database-url", &self.database_url]].concat())
    }

    async fn execute(&self, statement: &'static str) {
        let mut owner = PgConnection::connect(&self.database_url)
            .await
            .expect("a connection");
        sqlx::raw_sql(statement)
            .execute(&mut owner)
            .await
            .expect("it obeys");
        owner.close().await.expect("it closes");
    }

    async fn end(self) {
        let mut owner = self.beside.connection().await;
        let statement = format!(
            "DROP DATABASE IF EXISTS \"{}_ledger\" WITH (FORCE)",
            self.beside.name()
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut owner)
            .await
            .expect("it obeys");
    }
}

fn refused(ran: &Ran, code: &str) {
    assert!(
        !ran.succeeded && ran.errors.contains(&format!("{code}: ")),
        "{code}: {ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_made_once_and_nothing_else_becomes_one() {
    let place = Place::new().await;
    let rehearsed = place.init(FILE, &["--dry-run"]);
    assert!(
        rehearsed.succeeded && rehearsed.output.contains("nothing was done"),
        "{rehearsed:?}"
    );
    assert!(!place.run(&["ledger", "status"]).succeeded);

    let made = place.init(FILE, &[]);
    assert!(
        made.succeeded && made.output.ends_with("the ledger is ready\n"),
        "{made:?}"
    );
    assert!(made.output.contains("operator   builder "), "{made:?}");
    let status = place.run(&["ledger", "status"]);
    assert!(status.succeeded, "{status:?}");
    assert_eq!(
        (
            status.value("plan "),
            status.value("operators"),
            status.value("facts")
        ),
        ("auto-pool 1", "4", "0")
    );

    let again = place.init(FILE, &[]);
    assert!(
        again.succeeded && again.output.contains("exists already"),
        "{again:?}"
    );
    let directory = FILE.replace("/local.toml", "");
    let rolling = std::fs::read_to_string(FILE)
        .expect("the file")
        .replace("auto-pool.toml", "auto-pool-rolling.toml");
    let rolling = place.world.write(
        "rolling.toml",
        &rolling.replace("\"../", &format!("\"{directory}/../")),
    );
    refused(&place.init(&rolling, &[]), "ledger_is_bound");
    let elsewhere = place.init(FILE, &["--contract", STRANGER]);
    refused(&elsewhere, "contract_differs");

    place
        .execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE shop (id bigint)")
        .await;
    refused(&place.init(FILE, &[]), "database_not_empty");
    refused(&place.run(&["ledger", "migrate"]), "not_a_ledger");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_an_earlier_version_is_upgraded_when_nobody_uses_it() {
    let place = Place::new().await;
    assert!(place.init(FILE, &[]).succeeded);
    let migrated = place.run(&["ledger", "migrate"]);
    assert!(
        migrated.succeeded && migrated.output.starts_with("all "),
        "{migrated:?}"
    );

    // As before the last migration.
    place
        .execute(
            "DROP FUNCTION two_config_admins_stay CASCADE; DELETE FROM _sqlx_migrations WHERE version = 32",
        )
        .await;
    let status = place.run(&["ledger", "status"]);
    assert!(
        !status.succeeded && status.output.contains("schema_outdated: "),
        "{status:?}"
    );
    refused(&place.run(&["operator", "list"]), "schema_outdated");
    let rehearsed = place.run(&["ledger", "migrate", "--dry-run"]);
    assert!(
        rehearsed.succeeded && rehearsed.output.contains("migration  32 "),
        "{rehearsed:?}"
    );

    let user = PgConnection::connect(&place.database_url)
        .await
        .expect("a connection");
    refused(&place.run(&["ledger", "migrate"]), "ledger_in_use");
    user.close().await.expect("it closes");
    assert!(place.run(&["ledger", "migrate"]).succeeded);
    assert!(place.run(&["ledger", "status"]).succeeded);

    place.execute("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '\\x00', 0)").await;
    refused(&place.run(&["ledger", "migrate"]), "schema_newer");
    let status = place.run(&["ledger", "status", "--json"]);
    assert!(
        !status.succeeded && status.output.contains("\"schema_newer: "),
        "{status:?}"
    );
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_come_and_go_by_commands() {
    let place = Place::new().await;
    assert!(place.init(FILE, &[]).succeeded);
    let operator = |arguments: &[&str]| place.run(&[&["operator"], arguments].concat());

    let added = operator(&["add", STRANGER, "carol", "viewer", "config_admin"]);
    assert!(added.succeeded, "{added:?}");
    assert_eq!(added.output, format!("carol {STRANGER} viewer,config_admin\n"));
    refused(&operator(&["add", STRANGER, "dan", "viewer"]), "operator_repeats");
    let listed = operator(&["list"]).output;
    assert_eq!(listed.lines().count(), 5, "{listed}");

    let granted = operator(&["grant", STRANGER, "builder", "viewer"]);
    assert_eq!(
        granted.output,
        format!("{STRANGER} builder,config_admin,viewer\n")
    );
    let revoked = operator(&["revoke", STRANGER, "builder", "viewer"]);
    assert_eq!(revoked.output, format!("{STRANGER} config_admin\n"));
    refused(&operator(&["remove", ADMIN]), "config_admins_too_few");
    refused(
        &operator(&["revoke", STRANGER, "config_admin"]),
        "config_admins_too_few",
    );
    refused(
        &operator(&["grant", "0x0000000000000000000000000000000000000001", "viewer"]),
        "operator_unknown",
    );
    for wrong in [["grant", STRANGER, "owner"], ["grant", "0xaa", "viewer"]] {
        assert_eq!(operator(&wrong).status, Some(2), "{wrong:?}");
    }
    assert_eq!(
        operator(&[
            "add",
            "0x0000000000000000000000000000000000000001",
            "Dan",
            "viewer"
        ])
        .status,
        Some(2)
    );

    assert!(
        operator(&[
            "add",
            "0x0000000000000000000000000000000000000001",
            "dan",
            "config_admin"
        ])
        .succeeded
    );
    let removed = operator(&["remove", ADMIN]);
    assert!(removed.succeeded, "{removed:?}");
    refused(&operator(&["remove", ADMIN]), "operator_unknown");
    place.end().await;
}
