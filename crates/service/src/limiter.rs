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
    #[must_use]
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
    #[must_use]
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
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        name: "test",
        burst: 3,
        refill: Duration::from_secs(2),
    };

    #[test]
    fn a_burst_passes_and_then_one_per_refill() {
        let (limiter, start) = (InProcess::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(limiter.take_at(QUOTA, b"a", start), Ok(()));
        }
        let refused = limiter.take_at(QUOTA, b"a", start).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 3);
        assert_eq!(limiter.take_at(QUOTA, b"b", start), Ok(()));
        let later = start + QUOTA.refill;
        assert_eq!(limiter.take_at(QUOTA, b"a", later), Ok(()));
        assert!(limiter.take_at(QUOTA, b"a", later).is_err());
    }

    #[test]
    fn a_flood_of_keys_fills_no_memory_and_frees_nobody_who_goes_on_asking() {
        let (limiter, start) = (InProcess::default(), Instant::now());
        for _ in 0..3 {
            limiter.take_at(QUOTA, b"busy", start).unwrap();
        }
        for key in 0..200_000_u32 {
            limiter.take_at(QUOTA, &key.to_be_bytes(), start).unwrap();
            if key % 10_000 == 0 {
                assert!(limiter.take_at(QUOTA, b"busy", start).is_err(), "after {key}");
            }
        }
        let generations = limiter.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION_MAX);
    }

    #[test]
    fn a_bucket_grants_its_burst_and_then_the_lasting_rate() {
        let bucket = Bucket::new(2, 3);
        let start = Instant::now();
        let granted = |at| (0..10).filter(|_| bucket.take_at(1, at)).count();
        assert_eq!(granted(start), 3);
        assert_eq!(granted(start + Duration::from_millis(499)), 0);
        assert_eq!(granted(start + Duration::from_millis(1000)), 2);
        assert_eq!(granted(start + Duration::from_secs(3600)), 3);
    }

    #[test]
    fn many_are_granted_together_or_not_at_all() {
        let bucket = Bucket::new(1, 3);
        let start = Instant::now();
        assert!(!bucket.take_at(4, start));
        assert!(bucket.take_at(2, start) && !bucket.take_at(2, start) && bucket.take_at(1, start));
    }
}
