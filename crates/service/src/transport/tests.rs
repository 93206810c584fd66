//! Tests of `transport`.

use super::*;

const NAME: &str = "TRELLIS_X_URL";

#[test]
fn plain_http_stays_on_this_machine_or_on_local_chains() {
    for (url, is_fine) in [
        ("https://signer.internal:4001", true),
        ("http://127.0.0.1:4001", true),
        ("http://[::1]:4001", true),
        ("http://localhost:4001", true),
        ("http://signer.internal:4001", false),
        ("http://10.0.0.1:4001", false),
        ("http://localhost.example.org", false),
        ("signer", false),
    ] {
        assert_eq!(check_url(NAME, url, 56).is_ok(), is_fine, "{url}");
    }
    assert!(check_url(NAME, "http://10.0.0.1:4001", 31_337).is_ok());
}

#[test]
fn a_server_for_others_has_tls() {
    let (anywhere, loopback) = ("0.0.0.0:1".parse().unwrap(), "127.0.0.1:1".parse().unwrap());
    assert!(check_server(NAME, anywhere, false, 56).is_err());
    assert!(check_server(NAME, anywhere, true, 56).is_ok());
    assert!(check_server(NAME, loopback, false, 56).is_ok());
    assert!(check_server(NAME, anywhere, false, 31_337).is_ok());
}

#[test]
fn a_database_elsewhere_is_verified() {
    for (url, is_fine) in [
        ("postgres://u:p@db.internal/ledger", false),
        ("postgres://u:p@db.internal/ledger?sslmode=prefer", false),
        ("postgres://u:p@db.internal/ledger?sslmode=require", false),
        ("postgres://u:p@db.internal/ledger?sslmode=verify-ca", true),
        ("postgres://u:p@db.internal:5433/ledger?sslmode=verify-full", true),
        ("postgres://u@127.0.0.1/ledger", true),
        ("postgres://u@localhost/ledger", true),
        ("postgres:///ledger?host=/run/postgresql", true),
        ("postgres://u@%2Frun%2Fpostgresql/ledger", true),
        ("postgres://u@localhost/ledger?host=db.internal", false),
        ("postgres:///ledger", false),
        ("no url", false),
    ] {
        assert_eq!(check_database(NAME, url, 56).is_ok(), is_fine, "{url}");
    }
    assert!(check_database(NAME, "postgres://u@db.internal/ledger", 1_337).is_ok());
}
