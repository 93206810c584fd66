//! Many who ask at once: whoever only reads keeps nobody from signing in.

use std::time::Duration;

use backend::http::{self, Server, Site};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use service::limiter::Quota;
use service::server::{Limits, Options};
use testkit::wait_for;
use tokio_util::sync::CancellationToken;

use crate::world::{CHAIN_ID, World};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn slow_anonymous_reading_does_not_keep_anybody_from_signing_in() {
    let world = World::with(&[1]).await;
    // Someone who has no places in a pool that could not be read.
    let session = world.sign_in(9).await;
    // Whoever reads the pools waits for this lock until the statement's time has ended.
    let mut locking = world.database.connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE pool_tree IN ACCESS EXCLUSIVE MODE")
        .execute(&mut locking)
        .await
        .unwrap();
    let slow =
        async { join_all((0..40).map(|_| world.request(Method::GET, "/pool/summary", None).send())).await };
    let signing_in = async {
        wait_for("reading that waits", PATIENCE, async || {
            let waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                           AND datname = current_database()";
            (world.rows(waiting).await >= 8).then_some(())
        })
        .await;
        for person in 2..6 {
            world.sign_in(person).await;
        }
        world.get("/users/me", Some(&session)).await.ok();
        let body = json!({ "refresh_token": session.refresh });
        world.post("/auth/refresh", None, &body).await.ok();
        world.get("/ready", None).await.ok();
    };
    let (answers, ()) = futures::join!(slow, signing_in);
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert!(body["code"] == "busy" || body["code"] == "timed_out", "{body}");
    }
}

/// The API of a world once more, set up in another way.
async fn served(world: &World, change: impl FnOnce(&mut Server)) -> String {
    let mut server = Server {
        app: world.app.clone(),
        metrics: None,
        per_address: backend::serve::per_address(1_000),
        sign_ins: backend::serve::sign_ins(CHAIN_ID),
        request_within: http::REQUEST_WITHIN,
        site: Site::default(),
    };
    change(&mut server);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let options = Options::plain(Limits::PUBLIC);
    let stop = CancellationToken::new();
    tokio::spawn(service::server::serve(
        listener,
        http::router(server),
        options,
        stop,
    ));
    url
}

#[tokio::test]
async fn an_address_has_its_share_of_nonces_and_another_has_its_own() {
    let world = World::empty().await;
    let url = served(&world, |server| {
        server.sign_ins = Quota {
            name: "few",
            burst: 3,
            refill: Duration::from_secs(3_600),
        };
    })
    .await;
    let from = |host: u8| {
        let address = std::net::IpAddr::from([127, 0, 0, host]);
        reqwest::Client::builder().local_address(address).build().unwrap()
    };
    let nonce = async |client: &reqwest::Client| {
        let answer = client.post(format!("{url}/auth/nonce")).send().await.unwrap();
        answer.status().as_u16()
    };
    let (one, other) = (from(2), from(3));
    for _ in 0..3 {
        assert_eq!(nonce(&one).await, 200);
    }
    assert_eq!(nonce(&one).await, 429);
    assert_eq!(nonce(&other).await, 200);
    // Reading is not what is limited here.
    let read = one.get(format!("{url}/pool/summary")).send().await.unwrap();
    assert_eq!(read.status(), 200);
}

#[tokio::test]
async fn pages_of_configured_sites_may_call_the_api_and_no_others() {
    let world = World::empty().await;
    let closed = served(&world, |_| {}).await;
    let open = served(&world, |server| {
        server.site.cors_origins = vec!["https://app.example.org".parse().unwrap()];
        server.site.is_https_only = true;
    })
    .await;
    let client = reqwest::Client::new();
    let asked = async |url: &str, origin: &str, method: Method| {
        let preflight = client
            .request(method, format!("{url}/users/register"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,idempotency-key");
        let answer = preflight.send().await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_ascii_lowercase())
        };
        (
            header("access-control-allow-origin"),
            header("access-control-allow-headers"),
            header("strict-transport-security"),
        )
    };
    let (origin, headers, hsts) = asked(&open, "https://app.example.org", Method::OPTIONS).await;
    assert_eq!(origin.as_deref(), Some("https://app.example.org"));
    assert!(headers.unwrap().contains("idempotency-key"));
    assert_eq!(hsts.as_deref(), Some("max-age=31536000"));
    // A refusal can be read by the page, too.
    let (origin, ..) = asked(&open, "https://app.example.org", Method::POST).await;
    assert_eq!(origin.as_deref(), Some("https://app.example.org"));
    for (url, origin) in [
        (&open, "https://evil.example.org"),
        (&open, "http://app.example.org"),
        (&closed, "https://app.example.org"),
    ] {
        for method in [Method::OPTIONS, Method::POST] {
            let (allowed, ..) = asked(url, origin, method).await;
            assert_eq!(allowed, None, "{url} {origin}");
        }
    }
    let (_, _, hsts) = asked(&closed, "https://app.example.org", Method::POST).await;
    assert_eq!(hsts, None);
}
