//! Who gets in, and who does not.

use alloy_primitives::U256;
use reqwest::Method;

use crate::clock::written;
use crate::world::{self, Login, World, sign, wallet};

/// The order of the curve's group.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/// The same signature with the other `s`: valid mathematics, not the canonical form.
fn with_high_s(signature: &str) -> String {
    let mut bytes = hex::decode(&signature[2..]).unwrap();
    let order = U256::from_str_radix(ORDER, 16).unwrap();
    let s = order - U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    bytes[64] = if bytes[64] == 27 { 28 } else { 27 };
    format!("0x{}", hex::encode(bytes))
}

#[tokio::test]
async fn a_wallet_signs_in_and_sees_itself() {
    let world = World::with(&[1]).await;
    let message = Login::of(2, world.nonce().await).text();
    let answer = world.log_in(&message, &sign(2, &message)).await.ok();
    assert_eq!(answer["wallet"], wallet(2).to_checksum(None));
    assert_eq!(answer["user"]["id"], 2);
    let me = world
        .get("/users/me", Some(&crate::world::session_of(&answer)))
        .await
        .ok();
    assert_eq!(me["user"]["sponsor_id"], 1);
    assert_eq!(me["sponsor"]["wallet"], wallet(1).to_checksum(None));

    let stranger = world.sign_in(9).await;
    let me = world.get("/users/me", Some(&stranger)).await.ok();
    assert!(me["user"].is_null() && me["balances"].is_null());
}

#[tokio::test]
async fn the_scheme_of_the_site_may_be_named_and_the_scheme_of_the_header_is_read_in_any_case() {
    let world = World::empty().await;
    let mut login = Login::of(3, world.nonce().await);
    login.domain = "http://trellis.test".into();
    let message = login.text();
    let session = world::session_of(&world.log_in(&message, &sign(3, &message)).await.ok());
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = world.request(Method::GET, "/users/me", None);
        let value = format!("{scheme} {}", session.access);
        world.send(request.header("authorization", value)).await.ok();
    }
}

#[tokio::test]
async fn every_attack_on_the_login_is_refused_with_its_code() {
    let world = World::empty().await;
    let now = backend::app::now();
    type Change = fn(&mut Login, i64);
    let attacks: [(&str, &str, Change); 14] = [
        ("another scheme", "wrong_domain", |login, _| {
            login.domain = "https://trellis.test".into();
        }),
        ("another domain", "wrong_domain", |login, _| {
            login.domain = "evil.test".into();
        }),
        ("another uri", "wrong_domain", |login, _| {
            login.uri = "http://evil.test".into();
        }),
        ("a sibling domain", "wrong_domain", |login, _| {
            login.domain = "a.trellis.test".into();
        }),
        ("another chain", "wrong_chain", |login, _| login.chain_id = 1),
        ("issued long ago", "login_expired", |login, now| {
            login.issued_at = now - 700;
        }),
        ("expired", "login_expired", |login, now| {
            login.more = format!("\nExpiration Time: {}", written(now - 1));
        }),
        ("issued in the future", "login_not_yet_valid", |login, now| {
            login.issued_at = now + 300;
        }),
        ("not yet valid", "login_not_yet_valid", |login, now| {
            login.more = format!("\nNot Before: {}", written(now + 300));
        }),
        ("somebody else's address", "bad_signature", |login, _| {
            login.address = wallet(4).to_checksum(None);
        }),
        ("an address without checksum", "login_malformed", |login, _| {
            login.address = login.address.to_lowercase();
        }),
        ("a nonce of nobody", "unknown_nonce", |login, _| {
            login.nonce = "ab".repeat(16);
        }),
        ("a second domain in a line feed", "login_malformed", |login, _| {
            login.domain = "evil.test\ntrellis.test".into();
        }),
        ("a field too many", "login_malformed", |login, _| {
            login.more = "\nAdmin: yes".into();
        }),
    ];
    for (what, code, change) in attacks {
        let mut login = Login::of(3, world.nonce().await);
        change(&mut login, now);
        let message = login.text();
        let answer = world.log_in(&message, &sign(3, &message)).await;
        assert_eq!(answer.code(), code, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn only_the_canonical_signature_of_the_wallet_lets_in() {
    let world = World::empty().await;
    let message = Login::of(3, world.nonce().await).text();
    let good = sign(3, &message);
    let with_last = |byte: &str| format!("{}{byte}", &good[..130]);
    for (what, signature) in [
        ("of another wallet", sign(4, &message)),
        ("of another message", sign(3, &format!("{message} "))),
        ("with a high s", with_high_s(&good)),
        ("without prefix", good[2..].to_owned()),
        ("cut off", good[..130].to_owned()),
        ("with v 0", with_last("00")),
        ("with v 29", with_last("1d")),
        ("of zeros", format!("0x{}1b", "00".repeat(64))),
        ("empty", String::new()),
    ] {
        let answer = world.log_in(&message, &signature).await;
        assert_eq!(answer.code(), "bad_signature", "{what}: {answer:?}");
    }
    // None of the attempts used the nonce up; the good one does.
    world.log_in(&message, &good).await.ok();
    assert_eq!(world.log_in(&message, &good).await.code(), "reused_nonce");
}

#[tokio::test]
async fn of_many_logins_with_one_nonce_exactly_one_succeeds() {
    let world = World::empty().await;
    let message = Login::of(3, world.nonce().await).text();
    let signature = sign(3, &message);
    let attempts = (0..8).map(|_| world.log_in(&message, &signature));
    let answers = futures::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 || answer.code() == "reused_nonce")
    );
}
