//! Callers, identified by the hash of their key, and what they may request.
//!
//! Not responsible for the terms of a request.

use std::collections::BTreeSet;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use signer_client::{DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::purpose::{Area, Kind, Purpose};
use service::limiter::Bucket as Limiter;

/// Seconds of the lasting rate that a caller may use at once.
const BURST_SECONDS: u32 = 10;

/// The callers of a local chain: name, key, and whether they request intakes or for everything else.
const DEVELOPMENT_CALLERS: [(&str, &str, bool); 2] = [
    ("api", DEVELOPMENT_CALLER_KEY, true),
    ("settler", DEVELOPMENT_SETTLER_KEY, false),
];

/// A caller's key has 64 hexadecimal digits.
const KEY_LENGTH: usize = 64;

/// A caller as it is configured: `name=registration+retopup:HASH`, with the kinds of one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSpec {
    name: String,
    may: BTreeSet<Kind>,
    key_hash: [u8; 32],
}

/// Why a text describes no callers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallerSpecError {
    /// It is not of the form `name=kind+kind:hash`.
    #[error("a caller is `name=registration+retopup:HASH`, with the SHA-256 of its key as HASH")]
    Form,
    /// A kind is unknown.
    #[error(
        "a caller may request `registration`, `retopup`, `payout-batch`, `root` or `transaction`, as its signer does"
    )]
    Kind,
    /// One key would do for newcomers and for payments.
    #[error("a caller for registrations or retopups must not have any other purpose")]
    Mixed,
    /// Two callers have a name or a key in common.
    #[error("two callers have the same name or key")]
    Twice,
}

impl FromStr for CallerSpec {
    type Err = CallerSpecError;

    fn from_str(text: &str) -> Result<Self, CallerSpecError> {
        let (name, rest) = text.split_once('=').ok_or(CallerSpecError::Form)?;
        let (kinds, hash) = rest.split_once(':').ok_or(CallerSpecError::Form)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(CallerSpecError::Form);
        }
        let may: BTreeSet<Kind> = kinds
            .split('+')
            .map(|name| Kind::by_name(name).ok_or(CallerSpecError::Kind))
            .collect::<Result<_, _>>()?;
        let mut key_hash = [0; 32];
        hex::decode_to_slice(hash, &mut key_hash).map_err(|_| CallerSpecError::Form)?;
        Ok(Self {
            name: name.to_owned(),
            may,
            key_hash,
        })
    }
}

impl CallerSpec {
    /// The callers of a local chain, whose keys everyone knows.
    pub fn development(purpose: Purpose) -> Vec<Self> {
        let caller = |(name, key, asks_for_intakes): (&str, &str, bool)| Self {
            name: name.to_owned(),
            may: Kind::ALL
                .into_iter()
                .filter(|kind| {
                    kind.purpose() == purpose && (kind.area() == Area::Intakes) == asks_for_intakes
                })
                .collect(),
            key_hash: key_hash(key),
        };
        DEVELOPMENT_CALLERS.into_iter().map(caller).collect()
    }

    /// Whether the caller requests intakes and for something else.
    fn is_mixed(&self) -> bool {
        let intakes = self
            .may
            .iter()
            .filter(|kind| kind.area() == Area::Intakes)
            .count();
        intakes > 0 && intakes < self.may.len()
    }

    /// Whether everyone knows the caller's key.
    pub fn is_public_knowledge(&self) -> bool {
        DEVELOPMENT_CALLERS
            .iter()
            .any(|(_, key, _)| self.key_hash == key_hash(key))
    }

    /// Reads a list with commas, of callers of a signer for this purpose.
    pub fn list(text: &str, purpose: Purpose) -> Result<Vec<Self>, CallerSpecError> {
        let callers: Vec<Self> = text
            .split(',')
            .map(|caller| caller.trim().parse())
            .collect::<Result<_, _>>()?;
        let names: BTreeSet<&str> = callers.iter().map(|caller| caller.name.as_str()).collect();
        let keys: BTreeSet<[u8; 32]> = callers.iter().map(|caller| caller.key_hash).collect();
        let mut kinds = callers.iter().flat_map(|caller| &caller.may);
        if kinds.any(|kind| kind.purpose() != purpose) {
            return Err(CallerSpecError::Kind);
        }
        if callers.iter().any(CallerSpec::is_mixed) {
            return Err(CallerSpecError::Mixed);
        }
        if names.len() < callers.len() || keys.len() < callers.len() {
            return Err(CallerSpecError::Twice);
        }
        Ok(callers)
    }
}

/// The SHA-256 of a key's text: what a configuration holds instead of the key.
#[must_use]
pub fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A known caller.
#[derive(Debug)]
pub struct Caller {
    spec: CallerSpec,
    requests: Limiter,
}

impl Caller {
    /// Its name, for records.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Whether it may request this.
    pub fn may(&self, kind: Kind) -> bool {
        self.spec.may.contains(&kind)
    }

    /// Takes one of its requests, if there is one left.
    pub(crate) fn take_request(&self) -> bool {
        self.requests.take()
    }
}

/// All callers.
#[derive(Debug)]
pub struct Callers(Vec<Caller>);

impl Callers {
    /// These callers, each with this lasting rate of requests.
    pub fn new(specs: Vec<CallerSpec>, requests_per_second: u32) -> Self {
        let burst = requests_per_second.saturating_mul(BURST_SECONDS);
        let caller = |spec| Caller {
            spec,
            requests: Limiter::new(requests_per_second, burst),
        };
        Self(specs.into_iter().map(caller).collect())
    }

    /// The caller whose key it is. Takes the same time whichever it is, and whether it is any.
    pub fn find(&self, key: &str) -> Option<&Caller> {
        if key.len() != KEY_LENGTH {
            return None;
        }
        let hash = key_hash(key);
        self.0.iter().fold(None, |found, caller| {
            let same: bool = caller.spec.key_hash.ct_eq(&hash).into();
            if same { Some(caller) } else { found }
        })
    }
}

#[cfg(test)]
mod tests;
