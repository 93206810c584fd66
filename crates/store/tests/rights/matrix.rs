//! Every right of every role on every table, as stated beside this file.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use testkit::TestDatabase;

use crate::ROLES;

/// For each role a line `[role]`, then for each table on which it has rights: the table, and the rights in the order
/// select, insert, update, delete; with columns where a right is for some columns only.
const STATED: &str = include_str!("matrix.txt");

/// What is derived or appended to: nobody changes a row of it.
const APPEND_ONLY: [&str; 14] = [
    "audit_log",
    "audit_seal",
    "chain_log",
    "claim",
    "component_effect",
    "deployment",
    "discrepancy",
    "fact",
    "pending_resolution",
    "posting_batch",
    "reorganization",
    "reward",
    "submission_event",
    "transfer",
];

/// Rows that may go: nothing is derived from them but what people are shown, who is first in line, a faster start, and what the
/// signer refused.
const DELETED: [(&str, &str); 8] = [
    ("trellis_api", "login_nonce"),
    ("trellis_api", "session"),
    ("trellis_api", "session_family"),
    ("trellis_poster", "due"),
    ("trellis_poster", "figure_count"),
    ("trellis_poster", "posting_snapshot"),
    ("trellis_poster", "posting_snapshot_chunk"),
    ("trellis_settler", "sign_request"),
];

async fn found(database: &TestDatabase) -> BTreeMap<(String, String), String> {
    let rows = sqlx::query(
        "SELECT role.name, c.relname::text, concat_ws(' ', VARIADIC array_agg(
                CASE
                    WHEN c.relkind = 'S' THEN
                        CASE WHEN lower(p.name) IN ('select', 'update') AND has_sequence_privilege(role.name, c.oid, p.name)
                            THEN lower(p.name) END
                    WHEN has_table_privilege(role.name, c.oid, p.name) THEN lower(p.name)
                    WHEN p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                        AND has_any_column_privilege(role.name, c.oid, p.name) THEN
                        lower(p.name) || '(' || (
                            SELECT string_agg(a.attname, ' ' ORDER BY a.attname) FROM pg_attribute AS a
                            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                AND has_column_privilege(role.name, c.oid, a.attnum, p.name)
                        ) || ')'
                END ORDER BY p.place
            ))
         FROM unnest($1::text[]) AS role (name)
         CROSS JOIN pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
             WITH ORDINALITY AS p (name, place)
         WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND c.relname <> '_sqlx_migrations'
         GROUP BY role.name, c.relname
         ORDER BY role.name, c.relname",
    )
    .bind(ROLES.map(str::to_owned).to_vec())
    .fetch_all(database.pool())
    .await
    .unwrap();
    rows.iter()
        .map(|row| ((row.get(0), row.get(1)), row.get::<String, _>(2)))
        .filter(|(_, rights)| !rights.is_empty())
        .collect()
}

fn stated() -> BTreeMap<(String, String), String> {
    let mut role = "";
    let mut stated = BTreeMap::new();
    for line in STATED.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            role = name;
            continue;
        }
        let (table, rights) = line
            .split_once(": ")
            .unwrap_or_else(|| panic!("no right: {line}"));
        let twice = stated.insert((role.to_owned(), table.to_owned()), rights.to_owned());
        assert_eq!(twice, None, "{line}");
    }
    stated
}

#[tokio::test]
async fn every_right_of_every_role_is_stated() {
    let database = TestDatabase::new().await;
    let (found, stated) = (found(&database).await, stated());
    let lines = |rights: &BTreeMap<(String, String), String>| -> BTreeSet<String> {
        rights
            .iter()
            .map(|((role, table), rights)| format!("[{role}] {table}: {rights}"))
            .collect()
    };
    let (found, stated) = (lines(&found), lines(&stated));
    let more: Vec<_> = found.difference(&stated).collect();
    let less: Vec<_> = stated.difference(&found).collect();
    assert!(
        more.is_empty() && less.is_empty(),
        "rights that matrix.txt does not state: {more:#?}\nrights that only matrix.txt states: {less:#?}"
    );
}

#[tokio::test]
async fn nothing_that_is_appended_to_is_changed_or_deleted() {
    let database = TestDatabase::new().await;
    for ((role, table), rights) in found(&database).await {
        for right in ["truncate", "references", "trigger"] {
            assert!(!rights.contains(right), "{role} {table}: {rights}");
        }
        let may_delete = DELETED.contains(&(role.as_str(), table.as_str()));
        assert!(
            may_delete || !rights.contains("delete"),
            "{role} {table}: {rights}"
        );
        let changes = rights.contains("update");
        assert!(
            !changes || !APPEND_ONLY.contains(&table.as_str()),
            "{role} {table}: {rights}"
        );
    }
}

#[tokio::test]
async fn no_role_is_more_than_itself() {
    let database = TestDatabase::new().await;
    let more: Vec<String> = sqlx::query(
        "SELECT r.rolname::text FROM pg_roles AS r
         WHERE r.rolname = ANY($1) AND (
             r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
             OR EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = r.oid)
             OR has_schema_privilege(r.oid, 'public', 'CREATE')
             OR has_database_privilege(r.oid, current_database(), 'CREATE')
             OR EXISTS (SELECT FROM pg_class AS c WHERE c.relowner = r.oid)
         )",
    )
    .bind(ROLES.map(str::to_owned).to_vec())
    .fetch_all(database.pool())
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect();
    assert_eq!(more, Vec::<String>::new());
}
