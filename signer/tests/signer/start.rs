//! What a signer checks before it serves.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use abi::deploy::Asset;
use abi::development;
use alloy::primitives::Address;
use devstack::{Checkout, artifact};
use testkit::TestDatabase;

use crate::world::{Ground, create, word};

/// Runs a signer that must not start, with these variables instead of the good ones.
pub(crate) fn refused(ground: &Ground, changes: &[(&str, String)]) -> String {
    let key = development::SIGNER.private_key.to_string();
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_signer"))
        .envs(ground.environment())
        .env("TRELLIS_DEVELOPMENT_KEY", key)
        .envs(changes.iter().map(|(name, value)| (*name, value.as_str())))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "{said}");
    said
}

#[tokio::test]
async fn a_signer_starts_only_where_everything_fits() {
    let ground = Ground::new(development::SIGNER.address).await;
    let other_key = development::ADMIN.private_key.to_string();
    let empty = TestDatabase::new().await;
    let table: [(&str, String, &str); 6] = [
        (
            "TRELLIS_CHAIN_ID",
            "1337".to_owned(),
            "the node is on chain 31337, the signer on 1337",
        ),
        (
            "TRELLIS_CHAIN_ID",
            "56".to_owned(),
            "TRELLIS_AMOUNT_MAX is not set",
        ),
        (
            "TRELLIS_CONTRACT",
            Address::repeat_byte(7).to_string(),
            "there is no custody contract at",
        ),
        ("TRELLIS_DEVELOPMENT_KEY", other_key, "does not list the signer"),
        (
            "TRELLIS_DATABASE_URL",
            empty.url(),
            "database schema is out of date",
        ),
        (
            "TRELLIS_RPC_URL",
            "http://127.0.0.1:1".to_owned(),
            "cannot read the node's chain id",
        ),
    ];
    for (name, value, expected) in table {
        let said = refused(&ground, &[(name, value)]);
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[tokio::test]
async fn a_signer_of_no_purpose_starts_for_a_contract_that_holds_a_token() {
    let ground = Ground::new(development::SIGNER.address).await;
    let code = artifact::token_code(&Checkout::find().unwrap(), "FalseToken").unwrap();
    let address = create(&ground.provider, code).await;
    let form = Asset::Token { address, decimals: 6 };
    let contract = create(
        &ground.provider,
        form.creation_code(&development::config()).into(),
    )
    .await;
    for (purpose, key) in [
        ("authorizations", development::SIGNER),
        ("roots", development::ROOT_SIGNER),
        ("transactions", development::SUBMITTER),
    ] {
        let changes = [
            ("TRELLIS_CONTRACT", contract.to_string()),
            ("TRELLIS_PURPOSE", purpose.to_owned()),
            ("TRELLIS_DEVELOPMENT_KEY", key.private_key.to_string()),
        ];
        let said = refused(&ground, &changes);
        let told = format!("token_form_unsupported: the contract {contract} holds the token {address}");
        assert!(said.contains(&told), "{purpose}: {said}");
    }
}

/// What a signer of a public chain needs, but for its key.
pub(crate) fn public() -> Vec<(&'static str, String)> {
    vec![
        ("TRELLIS_CHAIN_ID", "56".to_owned()),
        ("TRELLIS_AMOUNT_MAX", "1000000000".to_owned()),
        ("TRELLIS_BATCH_MAX", "1000000000".to_owned()),
        ("TRELLIS_DAY_MAX", "1000000000".to_owned()),
        ("TRELLIS_WALLET_DAY_MAX", "1000000000".to_owned()),
        ("TRELLIS_FIRST_PAYOUT_MAX", "1000000000".to_owned()),
        ("TRELLIS_LARGE_TOTAL", "1000000000".to_owned()),
        ("TRELLIS_LARGE_AGE_SECONDS", "3600".to_owned()),
        ("TRELLIS_ATTESTORS", Address::repeat_byte(0xa7).to_string()),
        ("TRELLIS_CALLERS", format!("api=registration:{}", "00".repeat(32))),
    ]
}

#[tokio::test]
async fn a_development_key_is_refused_on_a_public_chain() {
    let ground = Ground::new(development::SIGNER.address).await;
    let public = public();
    let said = refused(&ground, &public);
    assert!(
        said.contains("TRELLIS_DEVELOPMENT_KEY is not valid: is for local chains only"),
        "{said}"
    );
}

#[tokio::test]
async fn on_a_public_chain_nothing_goes_over_the_network_unencrypted() {
    let ground = Ground::new(development::SIGNER.address).await;
    let mut public = public();
    public.extend([
        ("TRELLIS_DEVELOPMENT_KEY", String::new()),
        ("TRELLIS_KEYSTORE", "/nowhere".to_owned()),
        ("TRELLIS_KEYSTORE_PASSWORD_FILE", "/nowhere".to_owned()),
    ]);
    for (name, value, expected) in [
        (
            "TRELLIS_LISTEN",
            "0.0.0.0:0",
            "TRELLIS_LISTEN must be a loopback address on chain 56",
        ),
        (
            "TRELLIS_LISTEN",
            "[::]:0",
            "TRELLIS_LISTEN must be a loopback address on chain 56",
        ),
        (
            "TRELLIS_DATABASE_URL",
            "postgres://u@db.internal/signer?sslmode=require",
            "TRELLIS_DATABASE_URL must have sslmode=verify-full",
        ),
        ("TRELLIS_LISTEN", "127.0.0.1:0", "/nowhere"),
    ] {
        let changes = [&public[..], &[(name, value.to_owned())]].concat();
        let said = refused(&ground, &changes);
        assert!(said.contains(expected), "{name}={value}: {said}");
    }
}

/// Makes an encrypted key as operators do: the variables that name it, and its account.
pub(crate) fn new_key(files: &Path) -> ([(&'static str, String); 2], Address) {
    let password = files.join("password");
    std::fs::write(&password, "correct horse battery staple\n").unwrap();
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_signer"))
        .arg("new-key")
        .arg("--keystore")
        .arg(files)
        .arg("--password-file")
        .arg(&password)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (file, address) = printed.trim().split_once('\n').unwrap();
    let variables = [
        ("TRELLIS_KEYSTORE", file.to_owned()),
        ("TRELLIS_KEYSTORE_PASSWORD_FILE", password.display().to_string()),
    ];
    (variables, address.parse().unwrap())
}

#[tokio::test]
async fn a_new_key_is_encrypted_and_signs() {
    let files = tempfile::tempdir().unwrap();
    let (key, account) = new_key(files.path());
    let world = Ground::new(account).await.signer(&key).await;
    let terms = world.registration(20, 1).await;
    let authorization = world.ask(&terms).await;
    assert_eq!(word(&authorization), "signed");
    let authorization = authorization.unwrap();
    assert_eq!(authorization.signer, account);
    assert!(world.pay(&terms, &authorization).await);
}

/// A command whose answer nobody reads ends as `trellis` does, and lists that are longer than any list are not read.
#[tokio::test]
async fn commands_do_not_panic_when_nobody_reads_and_read_no_file_without_end() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let unread = Command::new(env!("CARGO_BIN_EXE_signer"))
        .arg("new-caller-key")
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!((unread.status.code(), unread.stderr), (Some(141), Vec::new()));
    let endless = Command::new(env!("CARGO_BIN_EXE_signer"))
        .args(["people", "set", "/dev/zero"])
        .env("TRELLIS_DATABASE_URL", TestDatabase::for_signer().await.url())
        .env("TRELLIS_CHAIN_ID", "31337")
        .env("TRELLIS_CONTRACT", Address::repeat_byte(7).to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&endless.stderr).into_owned();
    assert!(!endless.status.success(), "{said}");
    assert!(said.contains("the limit is 65536"), "{said}");
}
