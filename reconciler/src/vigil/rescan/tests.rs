//! Tests of `rescan`.

use service::Env;

use super::*;

#[test]
fn parts_follow_each_other_through_the_depth_and_begin_again() {
    let pairs = [
        ("TRELLIS_RESCAN_DEPTH", "5000"),
        ("TRELLIS_RESCAN_INTERVAL_MS", "50"),
    ];
    let config = VigilConfig::from_env(&Env::of(&pairs)).unwrap();
    let mut rescan = Rescan::default();
    let mut parts = Vec::new();
    for _ in 0..4 {
        let part = rescan.next(10_000, &config).unwrap();
        rescan.done(part.clone());
        assert_eq!(rescan.next(10_000, &config), None, "it was just done");
        rescan.done = None;
        parts.push(part);
    }
    assert_eq!(
        parts,
        [5_000..=6_999, 7_000..=8_999, 9_000..=10_000, 5_000..=6_999]
    );
}

#[test]
fn only_findings_of_the_part_can_be_over() {
    let open = ["block 7 log 0 of 0x1", "block 70 log 0 of 0x1", "nonsense"].map(str::to_owned);
    assert_eq!(outside(&open, &(1..=10)), open[1..]);
}
