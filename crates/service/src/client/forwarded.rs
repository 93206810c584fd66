//! The addresses that proxies wrote into a request, in the order in which it passed them.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use super::ProxyHeader;

/// All hops; `None` for one that is not an address.
pub(super) fn hops(header: ProxyHeader, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let name = match header {
        ProxyHeader::XForwardedFor => "x-forwarded-for",
        ProxyHeader::Forwarded => "forwarded",
    };
    let lines = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or_default());
    let elements = lines.flat_map(|line| line.split(','));
    elements
        .map(|element| match header {
            ProxyHeader::XForwardedFor => address(element),
            ProxyHeader::Forwarded => address(node(element)?),
        })
        .collect()
}

/// The value of `for` in an element of `forwarded`.
fn node(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address, with or without port, quotes and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok();
    let address = address.or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address| address.to_canonical())
}
