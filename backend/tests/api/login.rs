//! Who gets in, and who does not.

use std::sync::{Arc, Mutex};

use alloy::providers::ext::AnvilApi;
use alloy_primitives::{Address, Bytes, U256};
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
        ("cut off", good[..128].to_owned()),
        (
            "with another v",
            with_last(if good.ends_with("1b") { "1c" } else { "1b" }),
        ),
        (
            "with another v from 0",
            with_last(if good.ends_with("1b") { "01" } else { "00" }),
        ),
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

/// The signature in 64 bytes (EIP-2098).
fn compact(signature: &str) -> String {
    let mut bytes = hex::decode(&signature[2..]).unwrap();
    let parity = bytes.pop().unwrap() - 27;
    bytes[32] |= parity << 7;
    format!("0x{}", hex::encode(bytes))
}

#[tokio::test]
async fn signatures_are_read_as_wallets_write_them() {
    let world = World::empty().await;
    let from_zero = |signature: &str| match &signature[130..] {
        "1b" => format!("{}00", &signature[..130]),
        _ => format!("{}01", &signature[..130]),
    };
    // Several messages, so that there are signatures of both parities.
    let mut endings = std::collections::BTreeSet::new();
    for _ in 0..8 {
        for write in [from_zero, compact] {
            let message = Login::of(3, world.nonce().await).text();
            let signature = sign(3, &message);
            endings.insert(signature[130..].to_owned());
            let answer = world.log_in(&message, &write(&signature)).await.ok();
            assert_eq!(answer["wallet"], wallet(3).to_checksum(None));
            let of_another = write(&sign(4, &message));
            assert_eq!(world.log_in(&message, &of_another).await.code(), "bad_signature");
        }
    }
    assert_eq!(endings.len(), 2);
}

#[tokio::test]
async fn the_uri_may_be_any_page_of_the_site() {
    let world = World::empty().await;
    let log_in = async |uri: &str| {
        let mut login = Login::of(3, world.nonce().await);
        login.uri = uri.to_owned();
        let message = login.text();
        world.log_in(&message, &sign(3, &message)).await
    };
    for page in ["", "/", "/login", "/login?next=%2Fme", "?a=b", "#top"] {
        log_in(&format!("http://trellis.test{page}")).await.ok();
    }
    for uri in [
        "http://trellis.test.evil.test/",
        "http://trellis.test:8080",
        "http://trellis.test@evil.test/",
        "https://trellis.test/",
        "http://evil.test/http://trellis.test",
    ] {
        let answer = log_in(uri).await;
        assert_eq!(answer.code(), "wrong_domain", "{uri}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(
            detail.contains("trellis.test and its URI http://trellis.test"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_wallet_that_is_a_contract_signs_in_when_it_says_so() {
    let world = World::beside_chain().await;
    // Returns the answer, left-aligned in a word, to every call.
    let code = |answer: [u8; 4]| {
        let end = [0x60, 0xe0, 0x1b, 0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3];
        Bytes::from([&[0x63][..], &answer, &end].concat())
    };
    let provider = &world.chain.as_ref().unwrap().provider;
    let (agrees, disagrees) = (Address::repeat_byte(0xa1), Address::repeat_byte(0xa2));
    provider
        .anvil_set_code(agrees, code([0x16, 0x26, 0xba, 0x7e]))
        .await
        .unwrap();
    provider.anvil_set_code(disagrees, code([0xff; 4])).await.unwrap();
    let log_in = async |wallet: Address| {
        let mut login = Login::of(3, world.nonce().await);
        login.address = wallet.to_checksum(None);
        let message = login.text();
        world.log_in(&message, &sign(3, &message)).await
    };
    let answer = log_in(agrees).await.ok();
    assert_eq!(answer["wallet"], agrees.to_checksum(None));
    for other in [disagrees, Address::repeat_byte(0xa3)] {
        assert_eq!(log_in(other).await.code(), "bad_signature");
    }
}

#[tokio::test]
async fn a_refusal_is_logged_with_its_id_and_its_cause() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let world = World::empty().await;
    let answer = world.log_in("hello", "0x").await;
    let id = answer.body["trace_id"].as_str().unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = text.lines().find(|line| line.contains(id)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["fields"]["problem.code"], "bad_signature");
    assert_eq!(line["span"]["request.id"], id);
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
