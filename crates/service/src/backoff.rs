//! How long to wait before the next try.
//!
//! Not responsible for what is retried: the caller knows what the last attempt may have done.

use std::time::Duration;

/// The wait before the next try: it doubles from try to try, up to a limit.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    /// The wait of services for their database: short at first, since most outages are one lost connection.
    pub const DATABASE: Self = Self::new(Duration::from_millis(20), Duration::from_secs(2));

    /// From `min` to `max`.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max,
            failures: 0,
        }
    }

    /// How long to wait when this many attempts had failed before the last one.
    pub fn wait(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        self.min.saturating_mul(factor).min(self.max)
    }

    /// How long to wait now.
    pub fn after_failure(&mut self) -> Duration {
        let wait = self.wait(self.failures);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Something went well: the next failure is a first one.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_start_over() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(150));
        let waits: Vec<u128> = (0..4).map(|_| backoff.after_failure().as_millis()).collect();
        assert_eq!(waits, [50, 100, 150, 150]);
        for failures in [31, 32, u32::MAX] {
            assert_eq!(backoff.wait(failures).as_millis(), 150);
        }
        backoff.reset();
        assert_eq!(backoff.after_failure().as_millis(), 50);
    }
}
