//! Rate limits: token buckets, one or one per key.
//!
//! Not responsible for who asks: keys are made by the caller. Buckets live in the memory of one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets of one generation; at about 100 bytes each two generations stay below ten megabytes. When there are more, those
/// that were not used since the last time this happened are forgotten: a flood from many addresses fills no memory, and
/// whoever asks all the time is not forgotten by it.
const GENERATION_MAX: usize = 32_768;

/// What may be asked how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Name of the limited thing; buckets of different quotas are separate.
    pub name: &'static str,
    /// How many at once.
    pub burst: u32,
    /// After which time one more.
    pub refill: Duration,
}

impl Quota {
    /// A lasting rate, of which `seconds` may come at once.
    pub fn per_second(name: &'static str, rate: u32, seconds: u32) -> Self {
        Self {
            name,
            burst: rate.saturating_mul(seconds),
            refill: Duration::from_secs(1) / rate.max(1),
        }
    }
}

/// Too many; one more is allowed after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Never zero.
    pub retry_after_seconds: u64,
}

/// A level by the time at which the bucket is full again (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy)]
struct Level {
    full_at: Instant,
}

impl Level {
    /// Takes this many tokens, or none.
    fn take(&mut self, quota: Quota, count: u32, now: Instant) -> Result<(), Exceeded> {
        let full_at = self.full_at.max(now) + quota.refill * count;
        let depth = quota.refill * quota.burst;
        match full_at.checked_duration_since(now + depth) {
            Some(wait) if !wait.is_zero() => Err(Exceeded {
                retry_after_seconds: wait.as_secs() + 1,
            }),
            Some(_) | None => {
                self.full_at = full_at;
                Ok(())
            }
        }
    }
}

/// One bucket of tokens.
#[derive(Debug)]
pub struct Bucket {
    quota: Quota,
    level: Mutex<Level>,
}

impl Bucket {
    /// A full bucket that refills at this rate.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let quota = Quota {
            burst,
            ..Quota::per_second("bucket", per_second, 1)
        };
        let full_at = Instant::now();
        Self {
            quota,
            level: Mutex::new(Level { full_at }),
        }
    }

    /// Takes one, if there is one.
    pub fn take(&self) -> bool {
        self.take_at(1, Instant::now())
    }

    fn take_at(&self, count: u32, now: Instant) -> bool {
        // A panic while it was locked leaves a level that is still valid.
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        level.take(self.quota, count, now).is_ok()
    }
}

/// Buckets by key in the memory of this process.
#[derive(Debug, Default)]
pub struct InProcess {
    generations: Mutex<Generations>,
}

type Key = (&'static str, Vec<u8>);

#[derive(Debug, Default)]
struct Generations {
    /// Buckets that were used since the older ones were last forgotten.
    young: HashMap<Key, Level>,
    old: HashMap<Key, Level>,
}

impl Generations {
    fn level(&mut self, key: Key, now: Instant) -> &mut Level {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let known = self.old.remove(&key);
        self.young
            .entry(key)
            .or_insert_with(|| known.unwrap_or(Level { full_at: now }))
    }
}

impl InProcess {
    /// Takes one from the bucket of this key.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn take(&self, quota: Quota, key: &[u8]) -> Result<(), Exceeded> {
        self.take_at(quota, key, Instant::now())
    }

    fn take_at(&self, quota: Quota, key: &[u8], now: Instant) -> Result<(), Exceeded> {
        // A panic between lock and unlock leaves at worst one bucket uncounted.
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations
            .level((quota.name, key.to_vec()), now)
            .take(quota, 1, now)
    }
}

#[cfg(test)]
mod tests;
