//! Tests of `message`.

use super::*;

const PLAIN: &str = "example.org wants you to sign in with your Ethereum account:\n\
        0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\nI accept the terms.\n\n\
        URI: https://example.org\nVersion: 1\nChain ID: 56\nNonce: 32891756abcdef\n\
        Issued At: 2026-09-30T16:25:24Z";

#[test]
fn every_field_of_the_standard_is_read() {
    let text = format!(
        "{PLAIN}\nExpiration Time: 2026-09-30T16:35:24.5Z\nNot Before: 2026-09-30T18:25:24+02:00\n\
             Request ID: 7\nResources:\n- https://example.org/a\n- ipfs://b"
    );
    let message = Message::parse(&text).unwrap();
    assert_eq!((message.scheme, message.domain.as_str()), (None, "example.org"));
    assert_eq!(message.chain_id, 56);
    assert_eq!(message.nonce, "32891756abcdef");
    assert_eq!(message.issued_at, 1_790_785_524);
    assert_eq!(message.expiration_time, Some(1_790_786_124));
    assert_eq!(message.not_before, Some(1_790_785_524));
    let with_scheme = Message::parse(&format!("https://{PLAIN}")).unwrap();
    assert_eq!(with_scheme.scheme.as_deref(), Some("https"));
    assert_eq!(with_scheme.domain, "example.org");
    assert!(Message::parse(&PLAIN.replace("I accept the terms.\n\n", "\n")).is_ok());
}

#[test]
fn anything_beside_the_grammar_is_refused() {
    use MessageError as E;
    let long = format!("{PLAIN}\nRequest ID: {}", "a".repeat(MESSAGE_BYTES_MAX));
    for (text, expected) in [
        (String::new(), E::Expected("first line")),
        (long, E::TooLong),
        (format!("://{PLAIN}"), E::Expected("first line")),
        (PLAIN.replace('\n', "\r\n"), E::NotPlain),
        (PLAIN.replace("accept", "accépt"), E::NotPlain),
        (PLAIN.replace("f39F", "F39F"), E::AddressChecksum),
        (PLAIN.replace("0xf39F", "f39F"), E::AddressChecksum),
        (PLAIN.replace("Version: 1", "Version: 2"), E::UnknownVersion),
        (
            PLAIN.replace("Chain ID: 56", "Chain ID: 056"),
            E::Expected("chain id"),
        ),
        (
            PLAIN.replace("Chain ID: 56", "Chain ID: -1"),
            E::Expected("chain id"),
        ),
        (PLAIN.replace("URI: ", "URI:"), E::Expected("URI")),
        (PLAIN.replace("Nonce: 3", "Nonce: !"), E::Expected("nonce")),
        (
            PLAIN.replace("Issued At", "issued at"),
            E::Expected("time of issue"),
        ),
        (PLAIN.replace("16:25:24Z", "16:25:24"), E::Expected("time")),
        (
            PLAIN.replace("terms.\n\n", "terms.\n"),
            E::Expected("empty line after the statement"),
        ),
        (format!("{PLAIN}\n"), E::TrailingText),
        (format!("{PLAIN}\nNot Before: x"), E::Expected("time")),
        (
            format!("{PLAIN}\nNot Before: 2026-09-30T16:25:24Z\nExpiration Time: 2026-09-30T16:25:24Z"),
            E::TrailingText,
        ),
    ] {
        assert_eq!(Message::parse(&text), Err(expected), "{text}");
    }
}
