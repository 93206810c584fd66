//! `trellis approve`: operators agree with keys that only they have, to what they are shown and nothing else.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy_signer_local::PrivateKeySigner;
use anvil_tests::{PayoutWorld, trellis};
use devstack::world::operators;
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "only the operator knows";

/// The keystore of an operator of the development system, and its password's file.
fn keystore(name: &str) -> TempDir {
    let files = tempfile::tempdir().unwrap();
    let (wallet, ..) = operators().find(|(_, known, _)| *known == name).unwrap();
    let key: PrivateKeySigner = wallet.private_key().parse().unwrap();
    let bytes = key.to_bytes();
    PrivateKeySigner::encrypt_keystore(files.path(), &mut OsRng, bytes, PASSWORD, Some("key")).unwrap();
    let password = files.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    // The command takes no password that others may read.
    std::fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    files
}

/// The command with a keystore, fed with an answer of the API.
fn approve(payouts: &PayoutWorld, keystore: &TempDir, more: &[&str], answer: &Value) -> Output {
    let mut command: Command = trellis().unwrap();
    command
        .args(["approve", "--contract", &payouts.custody.to_checksum(None)])
        .arg("--keystore")
        .arg(keystore.path().join("key"))
        .arg("--keystore-password-file")
        .arg(keystore.path().join("password"))
        .args(more)
        .args(["message", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    // A command that refuses its arguments does not read.
    let _ = input.write_all(answer.to_string().as_bytes());
    drop(input);
    running.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_agree_with_their_keystores() {
    let mut payouts = PayoutWorld::with_due(1).await;
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    let path = format!("/payouts/{}", batch.id);
    for (name, operator) in [("builder", &payouts.builder), ("approver", &payouts.approver)] {
        let keystore = keystore(name);
        let wanted = operator.get(&payouts, &format!("{path}/approval")).await.unwrap();
        assert_eq!(wanted.status, 200, "{wanted:?}");

        // Another total than was shown, another chain, another contract: nothing is signed.
        let mut other = wanted.body.clone();
        other["typed_data"]["message"]["total"] = json!("1");
        for (more, answer) in [
            (&[][..], &other),
            (&["--chain-id", "56"], &wanted.body),
            (
                &["--contract", "0x00000000000000000000000000000000000000aa"],
                &wanted.body,
            ),
        ] {
            let refused = approve(&payouts, &keystore, more, answer);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(
                !refused.status.success() && refused.stdout.is_empty(),
                "{more:?}: {said}"
            );
        }

        let agreed = approve(&payouts, &keystore, &[], &wanted.body);
        let shown = String::from_utf8_lossy(&agreed.stderr).into_owned();
        assert!(agreed.status.success(), "{shown}");
        assert!(shown.contains("PayoutBatchApproval on chain 31337"), "{shown}");
        assert!(shown.contains(&batch.list_hash.to_string()), "{shown}");
        let body: Value = serde_json::from_slice(&agreed.stdout).unwrap();
        let answer = payouts.post(operator, &format!("{path}/approve"), body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let answer = payouts.step(&payouts.builder, batch.id, "sign").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    payouts.signed(&batch).await;
}
