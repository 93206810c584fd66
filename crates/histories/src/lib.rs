//! Random histories of plans with components, for every test that needs one: the rules in the tests of `plan`, the tables
//! in the tests of posting. What people, shops and operators want is drawn first ([`Step`]); a [`World`] turns it
//! into causes, with references and sums that its book knows. Not responsible for what must hold.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by a panic, and its world is to be read, not to be robust"
)]

pub mod steps;
pub mod variants;
mod world;

use plan::{Cause, Outcome};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

pub use steps::Step;
pub use variants::{Kind, Variant};
pub use world::World;

/// The history of a seed: every cause and what it did, and the world behind the last of them.
pub fn history(variant: &Variant, steps: usize, seed: u8) -> (World, Vec<(Cause, Outcome)>) {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let any = steps::any_history(steps..steps.saturating_add(1));
    let steps = any.new_tree(&mut runner).unwrap().current();
    let mut world = World::new(variant);
    let mut happened = Vec::new();
    let mut causes = vec![world.beginning()];
    for step in steps {
        causes.extend(world.causes(&step));
        for cause in causes.drain(..) {
            let outcome = world.apply(&cause);
            happened.push((cause, outcome));
        }
    }
    (world, happened)
}
