//! Tests of `client`.

use super::*;

#[test]
fn a_key_has_its_form_and_is_never_shown() {
    let key = CallerKey::new(&"0f".repeat(32)).unwrap();
    assert_eq!(format!("{key:?}"), "CallerKey");
    for bad in ["", "0f", &"0F".repeat(32), &"0g".repeat(32), &"0f".repeat(33)] {
        assert!(CallerKey::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_development_key_is_a_key() {
    assert!(CallerKey::new(DEVELOPMENT_CALLER_KEY).is_ok());
    assert!(CallerKey::new(DEVELOPMENT_SETTLER_KEY).is_ok());
}

#[test]
fn only_the_url_of_a_server_is_taken() {
    let key = CallerKey::new(&"0f".repeat(32)).unwrap();
    for bad in ["", "signer", "file:///etc", "ftp://host"] {
        assert!(SignerClient::new(bad, key.clone()).is_err(), "{bad}");
    }
    assert!(SignerClient::new("http://127.0.0.1:1", key).is_ok());
}
