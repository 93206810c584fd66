//! Development defaults (public keys, a seeded database) are allowed on this machine only.

use std::net::IpAddr;

use anyhow::{Context, bail};

use crate::anvil::CHAIN_ID;

/// Fails unless the chain is a local development chain.
pub fn refuse_public_chain(chain_id: u64) -> anyhow::Result<()> {
    if chain_id != CHAIN_ID {
        bail!("development defaults are not allowed on chain {chain_id}: only {CHAIN_ID} is a local chain");
    }
    Ok(())
}

/// Fails unless the URL of a database or a node names this machine.
pub fn refuse_remote(url: &str) -> anyhow::Result<()> {
    let host = host_of(url).with_context(|| "a URL has no host, so it cannot be checked to be local")?;
    let local = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    if !local {
        bail!("development defaults are not allowed: `{host}` is not this machine");
    }
    Ok(())
}

/// The host of a URL. What follows could name another host in a parameter, so parameters are not accepted.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    if url.contains('?') || authority.contains(',') {
        return None;
    }
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    match place.strip_prefix('[') {
        Some(address) => address.split_once(']').map(|(address, _)| address),
        None => place.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_local_chain_is_accepted() {
        assert!(refuse_public_chain(31337).is_ok());
        for public in [1, 56, 97] {
            assert!(refuse_public_chain(public).is_err(), "{public}");
        }
    }

    #[test]
    fn only_hosts_of_this_machine_are_accepted() {
        for local in [
            "postgres://u:p@127.0.0.1:5432/a",
            "http://localhost:8545",
            "http://[::1]:1",
        ] {
            assert!(refuse_remote(local).is_ok(), "{local}");
        }
        for remote in [
            "postgres://u:p@db.example.org/a",
            "postgres://127.0.0.1@db.example.org/a",
            "postgres://127.0.0.1/a?host=db.example.org",
            "postgres://127.0.0.1,db.example.org/a",
            "http://127.0.0.1.example.org",
            "http://10.0.0.1",
            "nonsense",
        ] {
            assert!(refuse_remote(remote).is_err(), "{remote}");
        }
    }
}
