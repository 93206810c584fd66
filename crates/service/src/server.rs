//! The one HTTP server of all processes: HTTP/1.1 over TCP, or over mutual TLS, with a limit on everything a client
//! could hold on to.
//!
//! What it limits: connections in all and of one address, how long the head of a request may take, how long a connection
//! may idle or refuse to read its answer, and the size of a head. How long a request may take and how large its body may be
//! are matters of the routes. Every request has the extension [`ClientAddress`].

mod count;
mod files;
mod paced;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::client::{ClientAddress, TrustedProxies};
use crate::server::count::{Admitted, Counts};
use crate::server::paced::{Paced, Requests};

/// The largest head of a request: 8 KiB are usual limits of proxies, and a cookie or two may come with it.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// The wait after a failed `accept`: it fails when the process has no file descriptor left, and one becomes free soon.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// What a server takes at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one address, as [`ClientAddress::key`] counts; trusted proxies may have as many as there are.
    pub per_address_max: usize,
    /// How long the head of a request may take from its first byte on.
    pub head_within: Duration,
    /// How long a connection may wait for the head of its next request.
    pub idle_within: Duration,
    /// How long a client may take to read anything of an answer.
    pub write_within: Duration,
    /// How long requests may continue after shutdown begins.
    pub stop_within: Duration,
}

impl Limits {
    /// For a server that everyone can reach.
    pub const PUBLIC: Self = Self {
        connections_max: 4_096,
        per_address_max: 128,
        head_within: Duration::from_secs(5),
        // Longer than clients and proxies keep idle connections, so that they close them first.
        idle_within: Duration::from_secs(75),
        write_within: Duration::from_secs(20),
        stop_within: Duration::from_secs(8),
    };

    /// For a server that only our own processes and the monitoring reach.
    pub const INTERNAL: Self = Self {
        connections_max: 512,
        per_address_max: 256,
        ..Self::PUBLIC
    };
}

/// How a server is set up beside its routes.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it takes at most.
    pub limits: Limits,
    /// Proxies in front of it.
    pub proxies: TrustedProxies,
    /// TLS; plain HTTP without it.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Options {
    /// Plain HTTP without proxies.
    pub fn plain(limits: Limits) -> Self {
        Self {
            limits,
            proxies: TrustedProxies::default(),
            tls: None,
        }
    }
}

/// Serves until `stop` says so; then open requests are finished within [`Limits::stop_within`] and the rest is cut off.
pub async fn serve(listener: TcpListener, router: Router, options: Options, stop: CancellationToken) {
    let limits = files::fitting(options.limits);
    let server = Arc::new(Server {
        router,
        acceptor: options.tls.map(TlsAcceptor::from),
        proxies: options.proxies,
        limits,
        stop: stop.clone(),
    });
    let counts = Counts::new(limits.connections_max, limits.per_address_max);
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let is_proxy = server.proxies.contains(peer.ip());
        match counts.admit(ClientAddress::new(peer.ip()), is_proxy) {
            Ok(admitted) => {
                connections.spawn(server.clone().connection(stream, peer, admitted));
            }
            Err(limit) => {
                metrics::counter!("trellis_http_connections_refused_total", "limit" => limit.name())
                    .increment(1);
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.stop_within, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!("aborting unfinished requests");
    }
}

struct Server {
    router: Router,
    acceptor: Option<TlsAcceptor>,
    proxies: TrustedProxies,
    limits: Limits,
    stop: CancellationToken,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _admitted: Admitted) {
        // Answers are small: waiting for more of them to send only delays.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = &self.acceptor else {
            return self.http(stream, peer).await;
        };
        match tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, peer).await,
            Ok(Err(error)) => {
                metrics::counter!("trellis_http_handshakes_failed_total").increment(1);
                tracing::info!(error = %error, client.address = %peer.ip(), "a TLS handshake failed");
            }
            Err(_) => metrics::counter!("trellis_http_handshakes_failed_total").increment(1),
        }
    }

    async fn http(&self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: SocketAddr) {
        let requests = Requests::default();
        let stream = Paced::new(stream, &self.limits, requests.clone());
        let service = service_fn(|request: Request<Incoming>| self.answer(request, peer, requests.begin()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle_within)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, client.address = %peer.ip(), "a connection was dropped");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        _running: paced::Running,
    ) -> Result<Response<Body>, Infallible> {
        let mut request = request.map(Body::new);
        let client = self.proxies.client(peer, request.headers());
        request.extensions_mut().insert(client);
        // A router is always ready.
        self.router.clone().call(request).await
    }
}

/// Counts for one process, so that two servers of a test do not share a gauge.
static OPEN: AtomicU64 = AtomicU64::new(0);

#[expect(clippy::cast_precision_loss, reason = "a gauge is for people")]
fn opened(change: i64) {
    let before = OPEN.fetch_add(change.cast_unsigned(), Ordering::Relaxed);
    let open = before.wrapping_add_signed(change);
    metrics::gauge!("trellis_http_connections").set(open as f64);
}
