//! Tests of `client`.

use axum::http::{HeaderName, HeaderValue};

use super::*;

fn proxies(networks: &str, header: &str) -> TrustedProxies {
    TrustedProxies::from_env(&Env::of(&[
        ("TRELLIS_TRUSTED_PROXIES", networks),
        ("TRELLIS_PROXY_HEADER", header),
    ]))
    .unwrap()
}

fn client(proxies: &TrustedProxies, peer: &str, headers: &[(&'static str, &'static str)]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let peer = SocketAddr::new(peer.parse().unwrap(), 1);
    proxies.client(peer, &map).ip().to_string()
}

#[test]
fn a_mapped_address_is_the_ipv4_address_and_ipv6_counts_by_its_first_half() {
    let key = |text: &str| ClientAddress::new(text.parse().unwrap()).key();
    assert_eq!(key("::ffff:192.0.2.1"), [192, 0, 2, 1]);
    assert_ne!(key("::ffff:192.0.2.1"), key("::ffff:192.0.2.2"));
    assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
    assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
}

#[test]
fn without_trusted_proxies_no_header_is_believed() {
    let none = TrustedProxies::default();
    let headers = [("x-forwarded-for", "192.0.2.9"), ("forwarded", "for=192.0.2.8")];
    assert_eq!(client(&none, "198.51.100.1", &headers), "198.51.100.1");
    assert_eq!(client(&none, "::ffff:198.51.100.1", &headers), "198.51.100.1");
}

#[test]
fn the_first_hop_from_the_end_that_is_no_proxy_is_the_client() {
    let own = proxies("10.0.0.0/8, fd00::/8", "");
    for (peer, header, expected) in [
        ("10.0.0.1", "192.0.2.9", "192.0.2.9"),
        // What the client wrote before the proxy's own hop is not believed.
        ("10.0.0.1", "203.0.113.7, 192.0.2.9", "192.0.2.9"),
        ("10.0.0.1", "192.0.2.9, 10.0.0.2", "192.0.2.9"),
        ("::ffff:10.0.0.1", "::ffff:192.0.2.9", "192.0.2.9"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "192.0.2.9:4711", "192.0.2.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.1", "192.0.2.9", "198.51.100.1"),
    ] {
        let headers = [("x-forwarded-for", header)];
        assert_eq!(client(&own, peer, &headers), expected, "{peer} {header}");
    }
    let lines = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "192.0.2.2")];
    assert_eq!(client(&own, "10.0.0.1", &lines), "192.0.2.2");
    let other = [("forwarded", "for=192.0.2.9")];
    assert_eq!(client(&own, "10.0.0.1", &other), "10.0.0.1");
}

#[test]
fn the_header_of_rfc_7239_is_read_when_it_is_configured() {
    let own = proxies("10.0.0.0/8", "Forwarded");
    for (header, expected) in [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("proto=https;For=\"192.0.2.60:80\"", "192.0.2.60"),
        (
            "for=192.0.2.43, for=\"[2001:db8:cafe::17]:4711\"",
            "2001:db8:cafe::17",
        ),
        ("for=_hidden", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
    ] {
        let headers = [("forwarded", header), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client(&own, "10.0.0.1", &headers), expected, "{header}");
    }
}

#[test]
fn what_is_no_network_is_refused() {
    for text in [
        "10.0.0.0/33",
        "::/129",
        "10.0.0",
        "10.0.0.0/x",
        "proxy.example.org",
    ] {
        let env = Env::of(&[("TRELLIS_TRUSTED_PROXIES", text)]);
        assert!(TrustedProxies::from_env(&env).is_err(), "{text}");
    }
    let all: Network = "0.0.0.0/0".parse().unwrap();
    assert!(all.contains("192.0.2.1".parse().unwrap()));
    assert!(!all.contains("::1".parse().unwrap()));
    let every: Network = "::/0".parse().unwrap();
    assert!(every.contains("::1".parse().unwrap()));
}
