//! The HTTP server against clients that hold what they can.
#![expect(clippy::unwrap_used, reason = "tests and what they are made of")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use service::client::{ClientAddress, TrustedProxies};
use service::server::{Limits, Options, serve};
use service::{Env, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client asks when it asks properly.
const READY: &[u8] = b"GET /ready HTTP/1.1\r\nhost: x\r\n\r\n";

const LIMITS: Limits = Limits {
    connections_max: 4_000,
    per_address_max: 4_000,
    head_within: Duration::from_secs(60),
    idle_within: Duration::from_secs(60),
    write_within: Duration::from_secs(60),
    stop_within: Duration::from_secs(60),
};

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn start(options: Options) -> Served {
    let router = Router::new()
        .route("/ready", get(|| async { "ready" }))
        .route(
            "/who",
            get(|request: Request| async move { ClientAddress::of(request.extensions()).ip().to_string() }),
        )
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                "slow"
            }),
        )
        .route("/endless", get(|| async { Body::from(vec![b'x'; 64 << 20]) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, router, options, stop.clone()));
    Served { address, stop, task }
}

impl Served {
    async fn with(limits: Limits) -> Self {
        start(Options::plain(limits)).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection from another address of this machine.
    async fn connect_from(&self, host: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn is_ready(&self) -> bool {
        let mut stream = self.connect().await;
        ask(&mut stream, READY).await.contains("200 OK")
    }
}

/// Sends a request and reads the beginning of what comes.
async fn ask(stream: &mut TcpStream, request: &[u8]) -> String {
    let mut answer = [0; 4_096];
    let asked = async {
        stream.write_all(request).await?;
        stream.read(&mut answer).await
    };
    let read = timeout(PATIENCE, asked).await.expect("an answer in time");
    String::from_utf8_lossy(&answer[..read.unwrap_or(0)]).into_owned()
}

/// Waits until the server has closed the connection; returns how long that took.
async fn closed(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut rest = Vec::new();
    // An end or a reset: both are the server's.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest))
        .await
        .expect("the server closes the connection");
    start.elapsed()
}

#[tokio::test]
async fn thousands_of_idle_connections_do_not_keep_anybody_out() {
    let served = Served::with(LIMITS).await;
    let mut held = Vec::new();
    for host in 2..5 {
        for index in 0..600 {
            let mut stream = served.connect_from(host).await;
            // A third says nothing at all, a third begins a head, a third has asked before.
            match index % 3 {
                0 => {}
                1 => stream.write_all(b"GET /ready HTTP/1.1\r\nhost:").await.unwrap(),
                _ => assert!(ask(&mut stream, READY).await.contains("200 OK")),
            }
            held.push(stream);
        }
    }
    assert!(served.is_ready().await);
}

#[tokio::test]
async fn one_address_cannot_hold_all_connections() {
    let served = Served::with(Limits {
        per_address_max: 50,
        ..LIMITS
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..2_000 {
        held.push(served.connect_from(2).await);
    }
    let mut refused = served.connect_from(2).await;
    assert_eq!(ask(&mut refused, READY).await, "");
    assert!(served.is_ready().await);
    // A connection that ends makes room for another one.
    drop(held);
    let patience = Instant::now() + PATIENCE;
    while !ask(&mut served.connect_from(2).await, READY)
        .await
        .contains("200 OK")
    {
        assert!(Instant::now() < patience, "no connection became free");
    }
}

#[tokio::test]
async fn connections_beyond_all_are_refused_and_the_server_goes_on() {
    let served = Served::with(Limits {
        connections_max: 20,
        ..LIMITS
    })
    .await;
    let mut held = Vec::new();
    for host in 2..22 {
        held.push(served.connect_from(host).await);
    }
    for stream in &mut held {
        assert!(ask(stream, READY).await.contains("200 OK"));
    }
    assert_eq!(ask(&mut served.connect_from(99).await, READY).await, "");
    drop(held);
    let patience = Instant::now() + PATIENCE;
    while !served.is_ready().await {
        assert!(Instant::now() < patience, "no connection became free");
    }
}

#[tokio::test]
async fn a_half_sent_head_is_closed_also_when_it_trickles() {
    let served = Served::with(Limits {
        head_within: Duration::from_millis(300),
        ..LIMITS
    })
    .await;
    let mut half = served.connect().await;
    half.write_all(b"GET /ready HTTP/1.1\r\nhost:").await.unwrap();
    assert!(closed(&mut half).await < Duration::from_secs(10));

    let mut trickle = served.connect().await;
    let (begun, mut drops) = (Instant::now(), interval(Duration::from_millis(50)));
    while trickle.write_all(b"x").await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "the head still trickles");
        drops.tick().await;
    }

    // The second request of a connection is held to it, too, and the first is not cut off for being long.
    let mut second = served.connect().await;
    assert!(
        ask(&mut second, b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .contains("slow")
    );
    assert!(ask(&mut second, READY).await.contains("200 OK"));
    second.write_all(b"GET /ready HTT").await.unwrap();
    assert!(closed(&mut second).await < Duration::from_secs(10));
}

#[tokio::test]
async fn a_connection_without_requests_is_closed() {
    let served = Served::with(Limits {
        idle_within: Duration::from_millis(300),
        ..LIMITS
    })
    .await;
    let mut silent = served.connect().await;
    assert!(closed(&mut silent).await < Duration::from_secs(10));
    let mut kept = served.connect().await;
    assert!(ask(&mut kept, READY).await.contains("200 OK"));
    assert!(closed(&mut kept).await < Duration::from_secs(10));
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let served = Served::with(Limits {
        write_within: Duration::from_millis(300),
        ..LIMITS
    })
    .await;
    let mut stream = served.connect().await;
    stream
        .write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // It reads nothing and goes on asking, until the server has enough of it.
    let (begun, mut asking) = (Instant::now(), interval(Duration::from_millis(50)));
    while stream.write_all(b"x").await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "the answer still waits to be read");
        asking.tick().await;
    }
}

#[tokio::test]
async fn a_head_of_more_than_16_kib_is_refused() {
    let served = Served::with(LIMITS).await;
    let head = |bytes: usize| {
        let filler = "y".repeat(bytes);
        format!("GET /ready HTTP/1.1\r\nhost: x\r\nx: {filler}\r\n\r\n").into_bytes()
    };
    assert!(
        ask(&mut served.connect().await, &head(14 << 10))
            .await
            .contains("200 OK")
    );
    let answer = ask(&mut served.connect().await, &head(17 << 10)).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(served.is_ready().await);
}

#[tokio::test]
async fn at_the_end_open_requests_are_finished_and_idle_connections_closed() {
    let served = Served::with(LIMITS).await;
    let mut idle = served.connect().await;
    assert!(ask(&mut idle, READY).await.contains("200 OK"));
    let mut busy = served.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // The request has reached the server as soon as another one behind it is answered.
    assert!(served.is_ready().await);
    served.stop.cancel();
    let mut answer = String::new();
    timeout(PATIENCE, busy.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.ends_with("slow"), "{answer}");
    closed(&mut idle).await;
    timeout(PATIENCE, served.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn the_client_is_whom_a_trusted_proxy_names_and_nobody_else() {
    let asking = b"GET /who HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.9\r\n\r\n";
    let plain = Served::with(LIMITS).await;
    assert!(
        ask(&mut plain.connect().await, asking)
            .await
            .ends_with("127.0.0.1")
    );
    let env = Env::of(&[("TRELLIS_TRUSTED_PROXIES", "127.0.0.1")]);
    let behind = start(server::Options {
        proxies: TrustedProxies::from_env(&env).unwrap(),
        ..Options::plain(Limits {
            per_address_max: 1,
            ..LIMITS
        })
    })
    .await;
    let mut first = behind.connect().await;
    assert!(ask(&mut first, asking).await.ends_with("192.0.2.9"));
    // A proxy has as many connections as it needs.
    assert!(
        ask(&mut behind.connect().await, asking)
            .await
            .ends_with("192.0.2.9")
    );
    assert!(
        ask(&mut behind.connect_from(7).await, asking)
            .await
            .ends_with("127.0.0.7")
    );
}
