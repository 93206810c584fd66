//! The canonical address of a client, also behind proxies.
//!
//! An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` is the IPv4 address; an IPv6 address counts with the
//! /64 around it, which is what one customer usually has. What proxies say about their clients is believed only of proxies
//! that the configuration names, and only in the one header that it names: anyone can write the others.

mod forwarded;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{Extensions, HeaderMap};

use crate::env::{Env, EnvError};
use crate::gather;

/// The canonical address of the client of a request; an extension of every request that [`crate::server`] serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client at this address.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The client of a request; one that no server of ours received comes from nowhere.
    pub fn of(extensions: &Extensions) -> Self {
        let known = extensions.get::<Self>().copied();
        known.unwrap_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }

    /// The address.
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// What limits count by: all of an IPv4 address, the first half of an IPv6 one.
    pub fn key(self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets()[..8].to_vec(),
        }
    }
}

/// An address with the number of leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be addresses or networks (10.0.0.0/8), separated by commas")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(bits_max);
        if bits > bits_max {
            return Err(NotANetwork);
        }
        Ok(Self { address, bits })
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let (own, other, length) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        // A shift by all bits would overflow: then nothing is compared.
        let shift = length - self.bits;
        own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }
}

/// The header in which proxies name the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `x-forwarded-for: client, proxy`.
    #[default]
    XForwardedFor,
    /// `forwarded: for=client, for=proxy` (RFC 7239).
    Forwarded,
}

impl FromStr for ProxyHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("must be x-forwarded-for or forwarded"),
        }
    }
}

/// The trusted proxies and their header. Without any, the client is the peer of the connection.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    header: ProxyHeader,
}

impl TrustedProxies {
    /// Reads `TRELLIS_TRUSTED_PROXIES` (addresses and networks, separated by commas) and `TRELLIS_PROXY_HEADER`
    /// (`x-forwarded-for`, the default, or `forwarded`).
    ///
    /// # Errors
    /// A variable that is not valid, by name.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        gather!(Self {
            networks: env.parse_list("TRELLIS_TRUSTED_PROXIES"),
            header: env.parse_or("TRELLIS_PROXY_HEADER", ProxyHeader::default()),
        })
    }

    /// Whether this peer is a proxy that is believed.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.networks.iter().any(|network| network.contains(peer))
    }

    /// The client of a request of this peer: from the last hop back, the first that is no trusted proxy. A hop that is not
    /// an address ends the search at the proxy that wrote it.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.ip().to_canonical();
        if self.contains(client) {
            for hop in forwarded::hops(self.header, headers).into_iter().rev() {
                let Some(hop) = hop else { break };
                client = hop;
                if !self.contains(client) {
                    break;
                }
            }
        }
        ClientAddress(client)
    }
}

#[cfg(test)]
mod tests;
