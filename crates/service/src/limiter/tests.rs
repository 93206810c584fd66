//! Tests of `limiter`.

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
