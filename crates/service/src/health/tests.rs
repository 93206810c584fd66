//! Tests of `health`.

use super::*;

#[test]
fn a_worker_lives_as_long_as_it_makes_steps() {
    let pulse = Pulse::new(Duration::from_secs(60));
    assert!(!pulse.look().0);
    pulse.beat_as(Role::StandsBy);
    let (lives, ready, shown) = pulse.look();
    assert!(lives && ready);
    assert_eq!(shown["role"], "stands_by");
    let silent = Pulse {
        silence_max: Duration::ZERO,
        ..pulse
    };
    assert!(!silent.look().0);
}

#[test]
fn a_worker_that_lacks_something_lives_and_is_not_ready() {
    let pulse = Pulse::new(Duration::from_secs(60));
    pulse.beat();
    pulse.lacks("the node does not answer");
    pulse.note("head", 7);
    let (lives, ready, shown) = pulse.look();
    assert!(lives && !ready);
    assert_eq!(shown["lacks"], "the node does not answer");
    assert_eq!(shown["head"], 7);
    pulse.has_everything();
    assert!(pulse.look().1);
}
