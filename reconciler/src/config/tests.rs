//! Tests of `config`.

use super::*;

const MUST: [(&str, &str); 2] = [
    ("TRELLIS_DATABASE_URL", "postgres://a"),
    ("TRELLIS_RPC_URL", "http://b"),
];

#[test]
fn what_is_not_said_has_a_default() {
    let config = Config::from_env(&Env::of(&MUST)).unwrap();
    assert_eq!(config.interval, Duration::from_secs(1));
    assert_eq!(config.full_interval, Duration::from_secs(10));
    assert!(config.signer_database_urls.is_empty() && config.expected.is_empty());
    assert!(config.destination.url.is_none() && config.listen.is_none());
}

#[test]
fn several_signers_are_separated_by_commas() {
    let mut pairs = MUST.to_vec();
    pairs.push(("TRELLIS_SIGNER_DATABASE_URL", "postgres://a, postgres://b"));
    let config = Config::from_env(&Env::of(&pairs)).unwrap();
    assert_eq!(config.signer_database_urls, ["postgres://a", "postgres://b"]);
}

#[test]
fn an_interval_out_of_range_is_refused() {
    let mut pairs = MUST.to_vec();
    pairs.push(("TRELLIS_INTERVAL_MS", "49"));
    assert!(Config::from_env(&Env::of(&pairs)).is_err());
}

#[test]
fn expectations_are_lines_of_name_and_value_and_a_name_stands_once() {
    let expected = parse_expected("# roles\n\ncode_hash = 0xcc\npaused=false\n").unwrap();
    assert_eq!(expected["code_hash"], "0xcc");
    assert_eq!(expected["paused"], "false");
    assert_eq!(parse_expected("code_hash 0xcc"), Err(1));
    assert_eq!(parse_expected("a = 1\na = 1"), Err(2));
}
