//! [`Proxy`]: a TCP connection between a service and its database that a test can reset, or make swallow every byte.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// Bytes go through.
    Fair,
    /// Bytes are kept, in both directions; so are new connections.
    Stalled,
    /// Nobody is let in.
    Closed,
}

/// A relay in front of a server, gone with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
    /// Counts resets: a connection ends when it changes.
    resets: Arc<watch::Sender<u64>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A relay in front of `server`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn in_front_of(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let weather = Arc::new(watch::Sender::new(Weather::Fair));
        let resets = Arc::new(watch::Sender::new(0));
        let (told, ends) = (Arc::clone(&weather), Arc::clone(&resets));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, server, told.subscribe(), ends.subscribe()));
            }
        });
        Self {
            address,
            weather,
            resets,
            accepting,
        }
    }

    /// The same URL of PostgreSQL, through a relay.
    ///
    /// # Panics
    /// A URL without a host and port.
    pub async fn in_front_of_url(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (user, place) = rest.rsplit_once('@').expect("a URL with a user");
        let (server, path) = place.split_once('/').expect("a URL with a database");
        let proxy = Self::in_front_of(server.parse().expect("an address and a port")).await;
        let through = format!("{scheme}://{user}@{}/{path}", proxy.address);
        (proxy, through)
    }

    /// From now on nothing arrives any more, and nothing is lost.
    pub fn stall(&self) {
        self.weather.send_replace(Weather::Stalled);
    }

    /// From now on every connection ends at once, as where no server is.
    pub fn close(&self) {
        self.weather.send_replace(Weather::Closed);
        self.reset();
    }

    /// Everything that was kept arrives, and new connections are let in.
    pub fn go_on(&self) {
        self.weather.send_replace(Weather::Fair);
    }

    /// Ends every connection at once; new ones are accepted.
    pub fn reset(&self) {
        self.resets.send_modify(|resets| *resets += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset();
    }
}

async fn relay(
    client: TcpStream,
    server: SocketAddr,
    weather: watch::Receiver<Weather>,
    mut resets: watch::Receiver<u64>,
) {
    resets.mark_unchanged();
    if *weather.borrow() == Weather::Closed {
        let _ = client.set_zero_linger();
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Without waiting for what is in progress: the other side sees a reset, not an end.
    for stream in [&client, &server] {
        let _ = stream.set_zero_linger();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, weather.clone()) => {}
        () = carry(from_server, to_client, weather) => {}
        _ = resets.changed() => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        let is_fair = weather
            .wait_for(|weather| *weather == Weather::Fair)
            .await
            .is_ok();
        if count == 0 || !is_fair || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
