//! Migrations are forward-only files `NNNN_verb_object.sql`, numbered without gaps.

use std::collections::BTreeMap;

use crate::{File, Finding};

/// What a migration can do.
const VERBS: [&str; 10] = [
    "add", "alter", "change", "create", "drop", "fill", "grant", "move", "rename", "revoke",
];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut next: BTreeMap<&str, u32> = BTreeMap::new();
    let mut migrations: Vec<&File> = files
        .iter()
        .filter(|file| file.path.contains("migrations/"))
        .collect();
    migrations.sort_by_key(|file| &file.path);
    for file in migrations {
        let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let Some((number, rest)) = number_and_rest(name) else {
            findings.push(file.finding("is not named NNNN_verb_object.sql"));
            continue;
        };
        let expected = next.entry(directory).or_insert(1);
        if number != *expected {
            findings.push(file.finding(format!("{expected:04} comes next here")));
        }
        *expected = number + 1;
        if !VERBS.iter().any(|verb| rest.starts_with(&format!("{verb}_"))) {
            findings.push(file.finding(format!("begins with none of {VERBS:?}")));
        }
        if !file.text.starts_with("-- ") {
            findings.push(file.finding("does not open with a comment that says why"));
        }
    }
    findings
}

fn number_and_rest(name: &str) -> Option<(u32, &str)> {
    let (number, rest) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = rest
        .chars()
        .all(|character| character.is_ascii_lowercase() || character == '_');
    (number.len() == 4 && plain).then(|| number.parse().ok().map(|number| (number, rest)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(names: &[&str]) -> usize {
        let files: Vec<File> = names
            .iter()
            .map(|name| File::new(&format!("a/migrations/{name}"), "-- Why.\n"))
            .collect();
        check(&files).len()
    }

    #[test]
    fn numbers_names_and_verbs_are_checked() {
        assert_eq!(
            findings(&["0001_create_account.sql", "0002_add_lease_epoch.sql"]),
            0
        );
        assert_eq!(findings(&["0001_create_account.sql", "0003_add_lease.sql"]), 1);
        assert_eq!(findings(&["0001_create_account.sql", "0001_create_lease.sql"]), 1);
        assert_eq!(findings(&["0001_account_create.sql"]), 1);
        assert_eq!(findings(&["1_create_account.sql"]), 1);
        assert_eq!(findings(&["0001_create_account.up.sql"]), 1);
    }

    #[test]
    fn a_migration_without_a_reason_is_found() {
        let file = File::new("a/migrations/0001_create_account.sql", "CREATE TABLE account ();");
        assert_eq!(check(&[file]).len(), 1);
    }
}
