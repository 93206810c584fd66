//! Free ports on the loopback interface.

use std::array;
use std::net::TcpListener;

use anyhow::Context;

/// Starts on another port when the free one was taken meanwhile.
const ATTEMPTS: u32 = 3;

/// A port of 127.0.0.1 that is free now. Another process may take it before it is used; whoever starts a
/// server on it tries again with another one then.
pub fn free_port() -> anyhow::Result<u16> {
    free_ports().map(|[port]| port)
}

/// Whether nobody listens on this port of 127.0.0.1.
fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// As [`free_port`], several that differ.
pub(crate) fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    // All are held before the first is let go: the system may give a port that was let go again.
    let held: [Option<TcpListener>; N] = array::from_fn(|_| TcpListener::bind(("127.0.0.1", 0)).ok());
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        let listener = listener.as_ref().context("no port of 127.0.0.1 is free")?;
        let address = listener.local_addr().context("a bound socket has an address")?;
        *port = address.port();
    }
    Ok(ports)
}

/// Starts a server on this port, or on a free one when it is taken.
pub(crate) async fn start_on_a_port<T, F: Future<Output = anyhow::Result<T>>>(
    port: Option<u16>,
    was_taken: impl Fn(&anyhow::Error) -> bool,
    start: impl Fn(u16) -> F,
) -> anyhow::Result<T> {
    if let Some(port) = port.filter(|port| is_free(*port)) {
        match start(port).await {
            Err(error) if was_taken(&error) => tracing::warn!("starting again: {error}"),
            result => return result,
        }
    }
    for _ in 1..ATTEMPTS {
        match start(free_port()?).await {
            Err(error) if was_taken(&error) => tracing::warn!("starting again: {error}"),
            result => return result,
        }
    }
    start(free_port()?).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_that_are_asked_for_together_differ() {
        let ports: [u16; 200] = free_ports().unwrap();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
    }
}
