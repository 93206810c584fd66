//! A bucket of permits that refills with time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One in a permit, so that slow rates lose nothing to rounding.
const NANOS: u128 = 1_000_000_000;

/// Permits up to a burst, refilled at a lasting rate.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: u32,
    burst: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// In billionths of a permit.
    level: u128,
    at: Instant,
}

impl Limiter {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let level = u128::from(burst) * NANOS;
        Self {
            per_second,
            burst,
            state: Mutex::new(State {
                level,
                at: Instant::now(),
            }),
        }
    }

    /// Takes a permit, if there is one.
    pub(crate) fn take(&self) -> bool {
        self.take_many(1)
    }

    /// Takes some permits, if there are as many.
    pub(crate) fn take_many(&self, count: u32) -> bool {
        self.take_at(count, Instant::now())
    }

    fn take_at(&self, count: u32, now: Instant) -> bool {
        // A panic while it was locked leaves numbers that are still valid.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed: Duration = now.saturating_duration_since(state.at);
        let refill = passed.as_nanos().saturating_mul(u128::from(self.per_second));
        state.level = state
            .level
            .saturating_add(refill)
            .min(u128::from(self.burst) * NANOS);
        state.at = now;
        match state.level.checked_sub(u128::from(count).saturating_mul(NANOS)) {
            Some(rest) => {
                state.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_granted_and_then_the_lasting_rate() {
        let limiter = Limiter::new(2, 3);
        let start = Instant::now();
        let granted = |at| (0..10).filter(|_| limiter.take_at(1, at)).count();
        assert_eq!(granted(start), 3);
        assert_eq!(granted(start + Duration::from_millis(499)), 0);
        assert_eq!(granted(start + Duration::from_millis(1000)), 2);
        assert_eq!(granted(start + Duration::from_secs(3600)), 3);
    }

    #[test]
    fn many_are_granted_together_or_not_at_all() {
        let limiter = Limiter::new(1, 3);
        let start = Instant::now();
        assert!(!limiter.take_at(4, start));
        assert!(limiter.take_at(2, start) && !limiter.take_at(2, start) && limiter.take_at(1, start));
    }
}
