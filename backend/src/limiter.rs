//! How often somebody may ask: token buckets behind a small trait, so that several servers can share theirs.
//!
//! Not responsible for who asks: keys are made by the caller.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets held at most; at about 100 bytes each they stay below ten megabytes. When there are more, full ones
/// are forgotten, and if none is full, all: a flood from many addresses must not fill the memory.
const BUCKETS_MAX: usize = 65_536;

/// What may be asked how often.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Name of the limited thing; buckets of different quotas are separate.
    pub name: &'static str,
    /// How many at once.
    pub burst: u32,
    /// After which time one more.
    pub refill: Duration,
}

/// Too many; one more is allowed after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Never zero.
    pub retry_after_seconds: u64,
}

/// Counts what is asked.
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Takes one from the bucket of this key.
    ///
    /// # Errors
    /// The bucket is empty.
    fn take(&self, quota: Quota, key: &[u8]) -> Result<(), Exceeded>;
}

/// Buckets in the memory of this process.
#[derive(Debug, Default)]
pub struct InProcess {
    buckets: Mutex<HashMap<(&'static str, Vec<u8>), Bucket>>,
}

/// A bucket by the time at which it is full again (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy)]
struct Bucket {
    full_at: Instant,
}

impl RateLimiter for InProcess {
    fn take(&self, quota: Quota, key: &[u8]) -> Result<(), Exceeded> {
        self.take_at(quota, key, Instant::now())
    }
}

impl InProcess {
    fn take_at(&self, quota: Quota, key: &[u8], now: Instant) -> Result<(), Exceeded> {
        // A panic between lock and unlock leaves at worst one bucket uncounted.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| bucket.full_at > now);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets
            .entry((quota.name, key.to_vec()))
            .or_insert(Bucket { full_at: now });
        let full_at = bucket.full_at.max(now) + quota.refill;
        let depth = quota.refill * quota.burst;
        match full_at.checked_duration_since(now + depth) {
            Some(wait) if !wait.is_zero() => Err(Exceeded {
                retry_after_seconds: wait.as_secs() + 1,
            }),
            Some(_) | None => {
                bucket.full_at = full_at;
                Ok(())
            }
        }
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
    fn a_flood_of_keys_does_not_grow_without_bound() {
        let (limiter, start) = (InProcess::default(), Instant::now());
        for key in 0..=u32::try_from(BUCKETS_MAX).unwrap() {
            limiter.take_at(QUOTA, &key.to_be_bytes(), start).unwrap();
        }
        assert!(limiter.buckets.lock().unwrap().len() <= BUCKETS_MAX);
    }
}
