//! A short soak in every run of the tests; `./scripts/analyze soak` plays longer ones, by other seeds.

use std::time::Duration;

/// Long enough for much of everything.
const LENGTH: Duration = Duration::from_secs(300);

/// The other tests go on beside it, on the same cores.
const PAYMENTS_MAX: u64 = 60;

/// Any would do; with one of its own a run can be compared with the one before.
const SEED: u64 = 41;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_or_doubled_whatever_happens_at_once() {
    let soaked = anvil_tests::soak(SEED, LENGTH, PAYMENTS_MAX).await;
    println!("{soaked}");
    assert!(
        soaked.events > 0 && soaked.kills > 0 && soaked.forks > 0,
        "{soaked}"
    );
    assert!(soaked.facts >= soaked.events, "{soaked}");
}
