//! What is said about plans.

use crate::{AUTO_POOL, run};

#[test]
fn names_of_profiles_are_read_in_any_case() {
    let at = |name| run(&["plan", "check", "--names", "1", AUTO_POOL, "--jurisdiction", name]);
    let (upper, lower) = (at("EU"), at("eu"));
    assert_eq!((upper.status, &upper.out), (Some(4), &lower.out));
    assert_eq!(at("Local").status, Some(3));
}
