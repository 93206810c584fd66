//! Waiting for a condition. Tests never sleep for a fixed time.

use std::time::{Duration, Instant};

/// Between two looks at the condition.
const POLL: Duration = Duration::from_millis(20);

/// Waits until the condition yields a value, and panics with the description when it takes too long.
///
/// # Panics
/// When the condition yields nothing within the timeout.
pub async fn wait_for<T, F>(description: &str, timeout: Duration, mut condition: F) -> T
where
    F: AsyncFnMut() -> Option<T>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            start.elapsed() < timeout,
            "waited {timeout:?} in vain for {description}"
        );
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_value_ends_the_wait() {
        let mut looks = 0;
        let value = wait_for("a third look", Duration::from_secs(5), async || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(value.await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "in vain for what never comes")]
    async fn a_wait_in_vain_says_for_what() {
        wait_for("what never comes", Duration::from_millis(30), async || None::<()>).await;
    }
}
