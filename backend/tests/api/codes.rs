//! Every code is produced by a request, each at least once.

mod settlement;

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_primitives::B256;
use backend::http::BODY_BYTES_MAX;
use backend::http::code::Code;
use reqwest::Method;
use serde_json::{Value, json};

use crate::clock::written;
use crate::operators::{ADMIN, AUDITOR};
use crate::outside::accepted;
use crate::played_signer::Mood;
use crate::relays;
use crate::replay::{forgetful, replay};
use crate::world::{Answer, CHAIN_TIME, Login, Session, World, frozen, refunded, sign, wallet};

/// How long a request may take where the signer never answers. Whatever else is answered must not take longer.
const SHORT: Duration = Duration::from_secs(3);

/// Codes that were seen.
#[derive(Default)]
pub(crate) struct Seen(BTreeSet<&'static str>);

impl Seen {
    #[track_caller]
    pub(crate) fn expect(&mut self, code: Code, answer: &Answer) {
        assert_eq!(answer.code(), code.name(), "{answer:?}");
        assert_eq!(answer.status, code.status().as_u16());
        assert_eq!(answer.body["title"], code.title());
        self.0.insert(code.name());
    }
}

#[tokio::test]
async fn every_code_is_produced_by_a_request() {
    let mut seen = Seen::default();
    // 1 root; 2 is frozen, 3 was refunded, 4 is an ordinary user, each a direct of 1.
    let mut world = World::with(&[1, 1, 1]).await;
    world
        .post_causes(vec![frozen(2, CHAIN_TIME + 60), refunded(3)])
        .await;
    malformed(&mut seen, &world).await;
    logins(&mut seen, &world).await;
    sessions(&mut seen, &world).await;
    registrations(&mut seen, &world).await;
    retopups(&mut seen, &world).await;
    reserves(&mut seen, &world).await;
    forced_reserve(&mut seen).await;
    wallets(&mut seen, &world).await;
    signer(&mut seen, &world).await;
    limits(&mut seen, &world).await;
    settlement::settlement(&mut seen).await;
    replays(&mut seen).await;
    exports(&mut seen).await;
    relays::codes(&mut seen).await;
    crate::funds::every_refusal(&mut seen).await;
    broken(&mut seen, &world).await;
    let all: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(seen.0, all);
}

async fn wallets(seen: &mut Seen, pools: &World) {
    let user = pools.sign_in(4).await;
    seen.expect(Code::NotInPlan, &pools.quote(&user, 4, "w", 1).await);
    let world = crate::subscriptions::world(&[]).await;
    let user = world.sign_in(1).await;
    seen.expect(Code::AboveBalance, &world.quote(&user, 1, "w", 1).await);
    seen.expect(Code::BelowMinimum, &world.quote(&user, 1, "w", 0).await);
}

async fn malformed(seen: &mut Seen, world: &World) {
    let session = world.sign_in(4).await;
    let raw = async |kind: &'static str, body: Vec<u8>| {
        let request = world.request(Method::POST, "/users/register", Some(&session));
        world.send(request.header("content-type", kind).body(body)).await
    };
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"sponsor":1}"#,
        r#"{"disclosure_hash":"","admin":true}"#,
    ] {
        seen.expect(Code::MalformedJson, &raw("application/json", body.into()).await);
    }
    seen.expect(
        Code::MalformedJson,
        &raw("application/json", vec![b'"', 0xff, b'"']).await,
    );
    seen.expect(
        Code::UnsupportedMediaType,
        &raw("text/plain", b"{}".to_vec()).await,
    );
    let large = vec![b' '; BODY_BYTES_MAX + 1];
    seen.expect(Code::BodyTooLarge, &raw("application/json", large).await);
    for path in [
        "/users/x/history",
        "/users/99999999999/history",
        "/users/1.5/tree",
        "/pool/256/queue",
    ] {
        seen.expect(Code::MalformedPath, &world.get(path, Some(&session)).await);
    }
    for path in [
        "/users/4/history?limit=0",
        "/users/4/history?limit=101",
        "/users/4/history?limit=x",
        "/users/4/history?page=1",
        "/users/4/history?cursor=zz",
        "/users/4/history?cursor=72312e31",
        "/users/4/referrals?cursor=",
        "/users/4/tree?depth=11",
        "/users/4/tree?limit=1001",
        "/pool/1/queue?limit=101",
        "/pool/1/nodes?tree=x",
    ] {
        seen.expect(Code::MalformedQuery, &world.get(path, Some(&session)).await);
    }
    let request = world.request(Method::GET, "/users/me", None);
    seen.expect(
        Code::MalformedHeader,
        &world.send(request.header("authorization", "Basic eA==")).await,
    );
    let put = world.request(Method::PUT, "/users/register", Some(&session));
    seen.expect(Code::MethodNotAllowed, &world.send(put).await);
    for path in ["/", "/users", "/users/me/", "/users/4/history/5"] {
        seen.expect(Code::NotFound, &world.get(path, Some(&session)).await);
    }
    seen.expect(
        Code::UnknownTier,
        &world.get("/pool/7/nodes", Some(&session)).await,
    );
    seen.expect(
        Code::UnknownTier,
        &world.get("/pool/0/queue", Some(&session)).await,
    );
}

async fn logins(seen: &mut Seen, world: &World) {
    let now = backend::app::now();
    let attempt = async |change: fn(&mut Login, i64)| {
        let mut login = Login::of(4, world.nonce().await);
        change(&mut login, now);
        let message = login.text();
        world.log_in(&message, &sign(4, &message)).await
    };
    seen.expect(Code::LoginMalformed, &attempt(|login, _| login.uri.clear()).await);
    seen.expect(
        Code::WrongDomain,
        &attempt(|login, _| login.domain = "x".into()).await,
    );
    seen.expect(Code::WrongChain, &attempt(|login, _| login.chain_id = 56).await);
    seen.expect(
        Code::UnknownNonce,
        &attempt(|login, _| login.nonce = "a".repeat(32)).await,
    );
    seen.expect(
        Code::LoginNotYetValid,
        &attempt(|login, now| login.more = format!("\nNot Before: {}", written(now + 999))).await,
    );
    let message = Login::of(4, world.nonce().await).text();
    seen.expect(
        Code::BadSignature,
        &world.log_in(&message, &sign(1, &message)).await,
    );
    world
        .sql("UPDATE login_nonce SET expires_at = now() WHERE used_at IS NULL")
        .await;
    seen.expect(
        Code::LoginExpired,
        &world.log_in(&message, &sign(4, &message)).await,
    );
    let message = Login::of(4, world.nonce().await).text();
    world.log_in(&message, &sign(4, &message)).await.ok();
    seen.expect(
        Code::ReusedNonce,
        &world.log_in(&message, &sign(4, &message)).await,
    );
}

async fn sessions(seen: &mut Seen, world: &World) {
    seen.expect(Code::Unauthenticated, &world.get("/users/me", None).await);
    let forged = Session {
        access: "0".repeat(64),
        refresh: "0".repeat(64),
        person: 0,
    };
    seen.expect(
        Code::Unauthenticated,
        &world.get("/users/me", Some(&forged)).await,
    );
    let session = world.sign_in(4).await;
    // A refresh token is no access token.
    let swapped = Session {
        access: session.refresh.clone(),
        refresh: session.access.clone(),
        person: 0,
    };
    seen.expect(
        Code::Unauthenticated,
        &world.get("/users/me", Some(&swapped)).await,
    );
    let body = json!({ "refresh_token": session.refresh });
    world.post("/auth/refresh", None, &body).await.ok();
    let elsewhere = world.request(Method::POST, "/auth/refresh", None);
    seen.expect(
        Code::RefreshReused,
        &world
            .send(elsewhere.header("user-agent", "another").json(&body))
            .await,
    );
    seen.expect(
        Code::SessionExpired,
        &world.get("/users/me", Some(&session)).await,
    );
    let session = world.sign_in(4).await;
    seen.expect(
        Code::NotYourResource,
        &world.get("/users/1/history", Some(&session)).await,
    );
    let statement = format!(
        "INSERT INTO operator (wallet, name, roles) VALUES ('\\x{}', 'a', '{{viewer}}')",
        hex::encode(wallet(30))
    );
    world.sql(&statement).await;
    let viewer = world.sign_in(30).await;
    seen.expect(
        Code::UnknownUser,
        &world.get("/users/99/tree", Some(&viewer)).await,
    );
}

async fn registrations(seen: &mut Seen, world: &World) {
    let newcomer = world.sign_in(9).await;
    let hash = world.disclosure().await;
    let ask = async |session: &Session, sponsor: Value, hash: &str| {
        let body = json!({ "sponsor": sponsor, "disclosure_hash": hash });
        world.post("/users/register", Some(session), &body).await
    };
    seen.expect(
        Code::UnknownSponsor,
        &ask(&newcomer, json!(wallet(77)), &hash).await,
    );
    seen.expect(
        Code::FrozenSponsor,
        &ask(&newcomer, json!(wallet(2)), &hash).await,
    );
    seen.expect(
        Code::RefundedSponsor,
        &ask(&newcomer, json!(wallet(3)), &hash).await,
    );
    seen.expect(Code::SelfReferral, &ask(&newcomer, json!(wallet(9)), &hash).await);
    seen.expect(Code::SponsorRequired, &ask(&newcomer, Value::Null, &hash).await);
    world.saw(90, &[accepted(13, B256::repeat_byte(13))]).await;
    let registering = world.sign_in(13).await;
    seen.expect(
        Code::RegistrationPending,
        &ask(&registering, json!(wallet(1)), &hash).await,
    );
    for person in [4, 3] {
        let registered = world.sign_in(person).await;
        seen.expect(
            Code::AlreadyRegistered,
            &ask(&registered, json!(wallet(1)), &hash).await,
        );
    }
    let nobody = format!("0x{}", "ab".repeat(32));
    seen.expect(
        Code::UnknownDisclosure,
        &ask(&newcomer, json!(wallet(1)), &nobody).await,
    );
    let wrong_checksum = wallet(1).to_checksum(None).replace("0x", "0X");
    for sponsor in ["", "0x", "1", &wrong_checksum, &format!("0x{}", "0".repeat(40))] {
        let answer = ask(&newcomer, json!(sponsor), &hash).await;
        seen.expect(Code::InvalidField, &answer);
        assert_eq!(answer.body["errors"][0]["field"], "sponsor");
    }
    for hash in ["", "0x", &"a".repeat(66)] {
        seen.expect(Code::InvalidField, &ask(&newcomer, json!(wallet(1)), hash).await);
    }
    for (amount, code) in [
        ("1", Code::WrongAmount),
        ("-1", Code::InvalidField),
        ("1e18", Code::InvalidField),
    ] {
        let body = json!({ "sponsor": wallet(1), "disclosure_hash": hash, "amount": amount });
        seen.expect(code, &world.post("/users/register", Some(&newcomer), &body).await);
    }
    world
        .sql("UPDATE disclosure SET created_at = now() - interval '25 hours'")
        .await;
    // After a day on which nothing was posted it is still the current one.
    ask(&newcomer, json!(wallet(1)), &hash).await.ok();
    world.sql("UPDATE disclosure SET fact_seq = 0").await;
    seen.expect(
        Code::OutdatedDisclosure,
        &ask(&newcomer, json!(wallet(1)), &hash).await,
    );
    world.sql("UPDATE disclosure SET created_at = now()").await;
}

async fn retopups(seen: &mut Seen, world: &World) {
    let hash = world.disclosure().await;
    for (person, id, code) in [
        (9, 9, Code::NotRegistered),
        (3, 3, Code::RefundedUser),
        (2, 2, Code::FrozenUser),
        (4, 1, Code::NotYourResource),
    ] {
        let session = world.sign_in(person).await;
        let body = json!({ "disclosure_hash": hash });
        seen.expect(
            code,
            &world
                .post(&format!("/users/{id}/retopup"), Some(&session), &body)
                .await,
        );
    }
}

async fn reserves(seen: &mut Seen, world: &World) {
    let session = world.sign_in(4).await;
    let send = async |key: Option<&str>, tier: u8, choice: &str| {
        let mut request = world.request(Method::POST, "/users/4/reserve", Some(&session));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = world.reserve(&session, key.unwrap_or_default(), tier, choice);
        world.send(request.json(&body)).await
    };
    seen.expect(Code::IdempotencyKeyMissing, &send(None, 1, "in").await);
    seen.expect(Code::MalformedHeader, &send(Some(""), 1, "in").await);
    seen.expect(
        Code::MalformedHeader,
        &send(Some(&"k".repeat(129)), 1, "in").await,
    );
    seen.expect(Code::UnknownTier, &send(Some("a"), 7, "in").await);
    seen.expect(Code::NoNextTier, &send(Some("a"), 6, "in").await);
    seen.expect(Code::MalformedJson, &send(Some("a"), 1, "maybe").await);
    send(Some("a"), 1, "in").await.ok();
    seen.expect(Code::IdempotencyConflict, &send(Some("a"), 1, "out").await);
    seen.expect(
        Code::UnknownCommand,
        &world.get("/users/me/commands/1", Some(&session)).await,
    );
    let refunded = world.sign_in(3).await;
    let request = world.request(Method::POST, "/users/3/reserve", Some(&refunded));
    let body = world.reserve(&refunded, "a", 1, "in");
    seen.expect(
        Code::RefundedUser,
        &world
            .send(request.header("idempotency-key", "a").json(&body))
            .await,
    );
}

/// What the plan decides nobody chooses, and no command is stored that posting would ignore.
async fn forced_reserve(seen: &mut Seen) {
    let world = World::of_plan(include_str!("../../../plans/auto-pool-rolling.toml"), &[1]).await;
    let session = world.sign_in(2).await;
    for (key, tier, choice, code) in [
        ("a", 1, "in", Code::ReserveNotChosen),
        ("b", 5, "out", Code::ReserveNotChosen),
        ("c", 6, "in", Code::NoNextTier),
        ("d", 7, "in", Code::UnknownTier),
    ] {
        let request = world.request(Method::POST, "/users/2/reserve", Some(&session));
        let body = world.reserve(&session, key, tier, choice);
        seen.expect(
            code,
            &world
                .send(request.header("idempotency-key", key).json(&body))
                .await,
        );
    }
    let statement = "SELECT count(*) FROM inbox WHERE source = 'command'";
    let commands: i64 = sqlx::query_scalar(statement)
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(commands, 0);
}

async fn signer(seen: &mut Seen, world: &World) {
    let session = world.sign_in(10).await;
    let body = json!({ "sponsor": wallet(1), "disclosure_hash": world.disclosure().await });
    for (mood, code) in [
        (Mood::Fails, Code::SignerUnavailable),
        (Mood::Refuses("unknown_plan"), Code::SignerRefused),
        (Mood::Refuses("deadline_passed"), Code::AuthorizationExpired),
    ] {
        world.signer.be(mood);
        seen.expect(code, &world.post("/users/register", Some(&session), &body).await);
    }
    world.signer.be(Mood::Signs);
}

/// One entry of the audit log more than a file may have.
async fn exports(seen: &mut Seen) {
    let world = World::empty().await;
    world.enter_operators().await;
    world
        .sql("INSERT INTO audit_log (actor, action, subject) SELECT 'x', 'y', 'z' FROM generate_series(1, 100001)")
        .await;
    let auditor = world.sign_in(AUDITOR).await;
    for query in ["", "&action=y", "&subject=z", "&operator=x"] {
        let path = format!("/admin/audit/export?format=csv{query}");
        seen.expect(Code::RangeTooLarge, &world.get(&path, Some(&auditor)).await);
    }
}

async fn replays(seen: &mut Seen) {
    let (world, first, last) = forgetful().await;
    let ask = async |to: u64, dry_run: bool| replay(&world, ADMIN, first, to, dry_run).await;
    seen.expect(Code::RangeNotFinal, &ask(last + 1, true).await);
    seen.expect(Code::DryRunFirst, &ask(last, false).await);
    ask(last, true).await.ok();
    ask(last, false).await.ok();
    world
        .sql("UPDATE inbox SET fingerprint = decode(repeat('00', 32), 'hex')")
        .await;
    seen.expect(Code::ReplayContradicts, &ask(last, false).await);
    let admin = world.sign_in(ADMIN).await;
    let unknown = world.get("/monitoring/replay-events/1000", Some(&admin)).await;
    seen.expect(Code::UnknownReplay, &unknown);
}

async fn limits(seen: &mut Seen, world: &World) {
    let session = world.sign_in(11).await;
    let body = json!({ "sponsor": wallet(1), "disclosure_hash": world.disclosure().await });
    // Twenty at once, and while they are requested, time allows some more.
    let mut allowed = 0;
    let refused = loop {
        let answer = world.post("/users/register", Some(&session), &body).await;
        if answer.status >= 400 {
            break answer;
        }
        allowed += 1;
        assert!(allowed < 1_000, "nothing is too much");
    };
    assert!(allowed >= 20, "{allowed}: {refused:?}");
    seen.expect(Code::RateLimited, &refused);
    // Another wallet is not affected.
    let other = world.sign_in(12).await;
    world.post("/users/register", Some(&other), &body).await.ok();

    let slow = World::within(SHORT).await;
    slow.signer.be(Mood::NeverAnswers);
    let session = slow.sign_in(1).await;
    let body = json!({ "sponsor": null, "disclosure_hash": slow.disclosure().await });
    seen.expect(
        Code::TimedOut,
        &slow.post("/users/register", Some(&session), &body).await,
    );
}

async fn broken(seen: &mut Seen, world: &World) {
    for path in ["/ready", "/health/ready", "/health"] {
        world.get(path, None).await.ok();
    }
    let session = world.sign_in(13).await;
    let body = json!({ "sponsor": wallet(1), "disclosure_hash": world.disclosure().await });
    world.sql("DELETE FROM chain_log; DELETE FROM chain_block").await;
    seen.expect(
        Code::ChainUnavailable,
        &world.post("/users/register", Some(&session), &body).await,
    );
    for path in ["/ready", "/health/ready"] {
        seen.expect(Code::ChainUnavailable, &world.get(path, None).await);
    }
    let mut taken = Vec::new();
    while let Ok(connection) = world.app.reading_connection().await {
        taken.push(connection);
    }
    seen.expect(Code::Busy, &world.get("/pool/summary", None).await);
    drop(taken);
    world.sql("ALTER TABLE pool_tree RENAME TO renamed").await;
    let answer = world.get("/pool/summary", None).await;
    seen.expect(Code::Internal, &answer);
    // Nothing about the cause is shown.
    assert_eq!(answer.body["detail"], Code::Internal.title());
    world.app.pool.close().await;
    world.app.reading.close().await;
    for path in ["/ready", "/health/ready", "/pool/summary"] {
        seen.expect(Code::NotReady, &world.get(path, None).await);
    }
    assert_eq!(world.get("/health", None).await.status, 204);
}
