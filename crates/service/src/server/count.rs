//! Counts connections, in total and per address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client::ClientAddress;

names::names! {
    /// Which limit refuses a connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum Limit {
        Total = "total",
        Address = "address",
    }
}

/// Open connections of one server.
#[derive(Clone, Debug)]
pub(super) struct Counts(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total_max: usize,
    per_address_max: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    of_address: HashMap<Vec<u8>, usize>,
}

/// A connection that counts until it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    counts: Counts,
    /// `None` for a proxy, whose connections are those of many.
    address: Option<Vec<u8>>,
}

impl Counts {
    pub(super) fn new(total_max: usize, per_address_max: usize) -> Self {
        Self(Arc::new(Shared {
            total_max,
            per_address_max,
            open: Mutex::default(),
        }))
    }

    /// Counts a connection, if there may be one more.
    pub(super) fn admit(&self, address: ClientAddress, is_proxy: bool) -> Result<Admitted, Limit> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.0.total_max {
            return Err(Limit::Total);
        }
        let address = (!is_proxy).then(|| address.key());
        if let Some(key) = &address {
            let of_address = open.of_address.entry(key.clone()).or_insert(0);
            if *of_address >= self.0.per_address_max {
                return Err(Limit::Address);
            }
            *of_address += 1;
        }
        open.total += 1;
        drop(open);
        super::opened(1);
        Ok(Admitted {
            counts: self.clone(),
            address,
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.counts.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(key) = &self.address
            && let Some(of_address) = open.of_address.get_mut(key)
        {
            *of_address -= 1;
            if *of_address == 0 {
                open.of_address.remove(key);
            }
        }
        drop(open);
        super::opened(-1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn one_address_has_a_share_and_all_together_have_a_limit() {
        let counts = Counts::new(3, 2);
        let first = counts.admit(address("192.0.2.1"), false).unwrap();
        let _second = counts.admit(address("::ffff:192.0.2.1"), false).unwrap();
        let refused = counts.admit(address("192.0.2.1"), false).unwrap_err();
        assert_eq!(refused, Limit::Address);
        let _other = counts.admit(address("192.0.2.2"), false).unwrap();
        let refused = counts.admit(address("192.0.2.3"), false).unwrap_err();
        assert_eq!(refused, Limit::Total);
        drop(first);
        counts.admit(address("192.0.2.3"), false).unwrap();
    }

    #[test]
    fn a_proxy_has_no_share_and_nothing_is_kept_of_who_left() {
        let counts = Counts::new(10, 1);
        let held: Vec<_> = (0..5)
            .map(|_| counts.admit(address("10.0.0.1"), true).unwrap())
            .collect();
        drop(held);
        drop(counts.admit(address("192.0.2.1"), false).unwrap());
        let open = counts.0.open.lock().unwrap();
        assert!(open.total == 0 && open.of_address.is_empty());
    }
}
