//! Waits for dependencies at start: a process that starts before its database waits for it and
//! logs so.
//!
//! Not responsible for which failures are temporary: the caller decides that.

use std::time::Duration;

use crate::Backoff;
use crate::health::Pulse;

/// A database that is back is found within seconds.
const WAITS: Backoff = Backoff::new(Duration::from_millis(100), WAIT_MAX);

/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Tries until it works. `why_it_waits` has words for failures that are for the moment, and none for those that another try does
/// not cure: wrong credentials, another schema. Meanwhile the process lives and is not ready.
///
/// # Errors
/// The first failure without such words.
pub async fn reach<T, E, F: Future<Output = Result<T, E>>>(
    what: &str,
    pulse: Option<&Pulse>,
    why_it_waits: impl Fn(&E) -> Option<String>,
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    let mut backoff = WAITS;
    loop {
        let error = match attempt().await {
            Ok(reached) => {
                if let Some(pulse) = pulse {
                    pulse.has_everything();
                }
                return Ok(reached);
            }
            Err(error) => error,
        };
        let Some(why) = why_it_waits(&error) else {
            return Err(error);
        };
        let wait = backoff.after_failure();
        tracing::warn!(
            what,
            why,
            retry_ms = wait.as_millis(),
            "cannot start yet; waiting"
        );
        if let Some(pulse) = pulse {
            pulse.beat();
            pulse.lacks(format!("{what} does not respond"));
        }
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A failure of the moment is even.
    fn why(error: &u32) -> Option<String> {
        error.is_multiple_of(2).then(|| format!("failure {error}"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_away_is_waited_for_with_bounded_waits() {
        let tries = Cell::new(0_u32);
        let begun = tokio::time::Instant::now();
        let pulse = Pulse::new(Duration::from_secs(60));
        let reached = reach("the database", Some(&pulse), why, || async {
            tries.set(tries.get() + 1);
            if tries.get() < 20 { Err(0) } else { Ok(7) }
        });
        assert_eq!(reached.await, Ok(7));
        // 0.1 s doubled six times, then thirteen of the longest.
        assert_eq!(begun.elapsed(), Duration::from_millis(6_300) + WAIT_MAX * 13);
    }

    #[tokio::test]
    async fn what_another_try_does_not_cure_ends_it_at_once() {
        let reached: Result<(), u32> = reach("the database", None, why, || async { Err(1) }).await;
        assert_eq!(reached, Err(1));
    }
}
