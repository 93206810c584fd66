//! Free ports on the loopback interface.

use std::net::TcpListener;

use anyhow::Context;

/// A port of 127.0.0.1 that is free now. Another process may take it before it is used; whoever starts a
/// server on it tries again with another one then.
pub fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port of 127.0.0.1 is free")?;
    Ok(listener
        .local_addr()
        .context("a bound socket has an address")?
        .port())
}
