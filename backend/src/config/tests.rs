//! Tests of `config`.

use super::*;

#[test]
fn an_origin_has_a_scheme_and_no_path() {
    let origin: Origin = "https://app.example.org:8443".parse().unwrap();
    assert_eq!(origin.domain, "app.example.org:8443");
    for text in [
        "app.example.org",
        "https://",
        "https://a/b",
        "ftp://a",
        "https://a b",
    ] {
        assert_eq!(text.parse::<Origin>(), Err(NotAnOrigin), "{text}");
    }
}

#[test]
fn origins_for_pages_of_others_are_a_list() {
    let must = [
        ("TRELLIS_DATABASE_URL", "postgres://x"),
        ("TRELLIS_SIGNER_URL", "http://y"),
    ];
    let with = |origins| {
        let mut all = must.to_vec();
        all.push(("TRELLIS_CORS_ORIGINS", origins));
        Config::from_env(&Env::of(&all)).map(|config| config.cors_origins)
    };
    assert!(with("").unwrap().is_empty());
    assert_eq!(with("https://a.example, http://localhost:3000").unwrap().len(), 2);
    for bad in ["*", "null", "https://a.example/", "a.example"] {
        assert!(with(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_database_and_a_signer_are_required() {
    let complete = [
        ("TRELLIS_DATABASE_URL", "postgres://x"),
        ("TRELLIS_SIGNER_URL", "http://y"),
    ];
    assert!(Config::from_env(&Env::of(&complete)).is_ok());
    assert!(Config::from_env(&Env::of(&complete[..1])).is_err());
    assert!(Config::from_env(&Env::of(&complete[1..])).is_err());
}

#[test]
fn debug_output_does_not_contain_secrets() {
    let env = Env::of(&[
        ("TRELLIS_DATABASE_URL", "postgres://u:hush@h/d"),
        ("TRELLIS_SIGNER_URL", "http://y"),
        ("TRELLIS_SIGNER_KEY", &"5ec7e7".repeat(11)[..64]),
    ]);
    let shown = format!("{:?}", Config::from_env(&env).unwrap());
    assert!(!shown.contains("hush") && !shown.contains("5ec7e7"), "{shown}");
}
