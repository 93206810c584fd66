//! Tests of `layers`.

use super::*;

fn package(name: &str, own: &[&str], external: &[&str]) -> Package {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    Package {
        name: name.to_owned(),
        own: names(own),
        external: names(external),
    }
}

#[test]
fn a_pure_crate_depends_only_on_purer_ones() {
    assert!(check_package(&package("ledger", &["money"], &["thiserror"])).is_empty());
    assert_eq!(check_package(&package("money", &["ledger"], &[])).len(), 1);
    assert_eq!(check_package(&package("ledger", &[], &["serde"])).len(), 1);
    assert!(check_package(&package("plan-file", &["money"], &["serde"])).is_empty());
    assert_eq!(check_package(&package("plan-file", &["ledger"], &[])).len(), 1);
    assert_eq!(check_package(&package("audit", &[], &["tokio"])).len(), 1);
}

#[test]
fn sql_and_keys_stay_with_their_owners() {
    assert!(check_package(&package("store", &[], &["sqlx"])).is_empty());
    assert_eq!(check_package(&package("listener", &[], &["sqlx"])).len(), 1);
    assert_eq!(check_package(&package("signer", &["store"], &[])).len(), 1);
    assert_eq!(
        check_package(&package("backend", &[], &["alloy-signer-local"])).len(),
        1
    );
}

#[test]
fn words_are_found_outside_their_crates() {
    let found = |path: &str, text: &str| check_text(&[File::new(path, text)]).len();
    assert_eq!(found("backend/src/a.rs", "sol! { }"), 1);
    assert_eq!(found("abi/src/a.rs", "sol! { }"), 0);
    assert_eq!(found("listener/src/a.rs", "use alloy::providers::Provider;"), 1);
    assert_eq!(
        found("crates/chain/src/a.rs", "use alloy::providers::Provider;"),
        0
    );
    assert_eq!(found("backend/src/a.rs", "sqlx::query!(\"SELECT 1\")"), 1);
    assert_eq!(found("backend/tests/a.rs", "sqlx::query(\"SELECT 1\")"), 0);
    assert_eq!(found("backend/tests/a.rs", "sol! { }"), 1);
}
