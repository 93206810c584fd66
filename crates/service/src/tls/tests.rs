//! Tests of `tls`.

use super::*;

#[test]
fn installing_twice_is_harmless() {
    install_tls();
    install_tls();
    assert!(rustls::crypto::CryptoProvider::get_default().is_some());
}

#[test]
fn half_of_a_configuration_is_refused() {
    assert!(server_from_env(&Env::of(&[])).unwrap().is_none());
    assert!(ClientTls::from_env(&Env::of(&[])).unwrap().is_none());
    for name in [
        "TRELLIS_TLS_CERTIFICATE",
        "TRELLIS_TLS_KEY",
        "TRELLIS_TLS_CLIENT_CA",
    ] {
        assert!(server_from_env(&Env::of(&[(name, "x")])).is_err(), "{name}");
    }
    let nonsense = Env::of(&[
        ("TRELLIS_SIGNER_TLS_CA", "x"),
        ("TRELLIS_SIGNER_TLS_CERTIFICATE", "x"),
        ("TRELLIS_SIGNER_TLS_KEY", "x"),
    ]);
    let error = ClientTls::from_env(&nonsense).unwrap_err().to_string();
    assert_eq!(
        error,
        "TRELLIS_SIGNER_TLS_CA is not valid: must be certificates as PEM"
    );
}
