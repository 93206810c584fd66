//! Settlement against every order of events that a small world allows: one sender, two batches that would both pay the
//! same user, a chain that forks, a wire that loses answers, a worker that dies, and someone else with the same key.
//! The world asks the crate's own functions what to do, so what is checked is the product.
//!
//! Each of the faults that are built in on purpose must be found.

mod chain;
mod world;

use settlement::state::{BatchState, SubmissionState};
use settlement::submission::{Action, Payload};
use stateright::{Checker, HasDiscoveries, Model, Property};

use chain::{DEADLINES, TIME_MAX, Tx};
use world::{Fault, Node, Patience, Step, Wire, World};

/// What surrounds settlement. All of it at once would be too much to look at; each part is looked at in full.
#[derive(Clone, Copy, Debug)]
struct Surroundings {
    /// Blocks that are not finalized.
    depth_max: usize,
    /// The second batch may be built.
    has_rebuild: bool,
    /// The contract may refuse a batch for reasons that pass, and be right.
    has_failures: bool,
    /// Operators may give the first batch up.
    has_cancel: bool,
    /// Someone else has the key.
    has_foreigner: bool,
    /// Some nodes still show what a reorg took away.
    has_old_forks: bool,
}

const CALM: Surroundings = Surroundings {
    depth_max: 1,
    has_rebuild: true,
    has_failures: false,
    has_cancel: false,
    has_foreigner: false,
    has_old_forks: false,
};

/// The world, with this fault built into settlement.
#[derive(Clone, Copy, Debug)]
struct Settlement(Fault, Surroundings);

const ALWAYS: [&str; 7] = [
    "no_double_pay",
    "no_foreign_bytes",
    "nonce_single_payload",
    "no_early_final",
    "rebuild_safe",
    "no_equivocation",
    "decisions_fit",
];

impl Model for Settlement {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.chain_steps(world, steps);
        if self.1.has_cancel {
            steps.push(Step::Cancel);
        }
        if self.1.has_rebuild {
            steps.push(Step::Build);
        }
        for batch in 0..2 {
            steps.extend([Step::Post { batch }, Step::Expire { batch }]);
        }
        match world.in_hand() {
            Some(is_sent) => {
                let sends_first = self.0 == Fault::SavedAfterSending && !is_sent;
                steps.push(if sends_first {
                    Step::SendUnstored
                } else {
                    Step::Store
                });
                steps.push(Step::Crash);
            }
            None if world.is_paused => {}
            None => self.worker_steps(world, steps),
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        world.after(step, self.0)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ALWAYS[0], |_, world: &World| {
                !(world.chain.executed(0) && world.chain.executed(1))
            }),
            Property::always(ALWAYS[1], |_, world: &World| {
                world.chain.pool.iter().all(|tx| world.has_stored(*tx))
            }),
            Property::always(ALWAYS[2], |_, world: &World| world.nonces_have_one_payload()),
            Property::always(ALWAYS[3], |_, world: &World| {
                (0..2).all(|index| world.ends_are_final(index))
            }),
            Property::always(ALWAYS[4], |_, world: &World| {
                let is_dead = world.chain.final_time > DEADLINES[0] && !world.chain.executed(0);
                world.batches[1].is_none() || is_dead
            }),
            Property::always(ALWAYS[5], |_, world: &World| !world.has_equivocated),
            Property::always(ALWAYS[6], |_, world: &World| !world.is_misfit),
            Property::sometimes("executed", |_, world: &World| world.is_executed(0)),
            Property::sometimes("reorged_then_executed", |_, world: &World| {
                world.was_reorged && world.is_executed(0)
            }),
            Property::sometimes("expired_then_rebuilt", |_, world: &World| {
                world.is_in(0, BatchState::Expired) && world.is_executed(1)
            }),
            Property::sometimes("nonce_filled_with_nothing", |_, world: &World| {
                (world.submissions[0].as_ref()).is_some_and(|first| first.state == SubmissionState::Dead)
            }),
            Property::sometimes("paused_by_a_foreign_nonce", |_, world: &World| {
                world.is_paused
                    && matches!(world.chain.finalized().next(), Some(landed) if matches!(landed.tx, Tx::Foreign { .. }))
            }),
        ]
    }
}

impl Settlement {
    fn chain_steps(&self, world: &World, steps: &mut Vec<Step>) {
        let chain = &world.chain;
        if chain.depth() < self.1.depth_max {
            let ticks = [false, true].into_iter();
            for tick in ticks.filter(|tick| !tick || chain.head_time() < TIME_MAX) {
                self.mine_steps(world, tick, steps);
            }
        }
        for depth in 1..=chain.depth() {
            steps.push(Step::Reorg {
                depth,
                is_remembered: self.1.has_old_forks,
            });
        }
        if chain.depth() > 0 {
            steps.push(Step::Finalize);
        }
        let is_used = || (chain.pool.iter()).any(|tx| matches!(tx, Tx::Foreign { .. }));
        if self.1.has_foreigner && !is_used() {
            steps.push(Step::Foreign);
        }
    }

    fn mine_steps(&self, world: &World, tick: bool, steps: &mut Vec<Step>) {
        // A block that changes nothing at all is left out.
        if tick {
            steps.push(Step::Mine {
                tx: None,
                tick,
                fails: false,
            });
        }
        let nonce = world.chain.head_nonce();
        for tx in world.chain.pool.iter().filter(|tx| tx.nonce() == nonce) {
            let outcomes: &[bool] = if self.1.has_failures {
                &[false, true]
            } else {
                &[false]
            };
            for fails in outcomes {
                steps.push(Step::Mine {
                    tx: Some(*tx),
                    tick,
                    fails: *fails,
                });
            }
        }
    }

    /// Every look at every submission that leads to another decision.
    fn worker_steps(&self, world: &World, steps: &mut Vec<Step>) {
        for batch in 0..2 {
            steps.push(Step::Allocate { batch });
            let mut decisions = Vec::new();
            for patience in [Patience::Calm, Patience::Resend, Patience::Bump] {
                for node in [Node::Current, Node::Behind, Node::OnOldFork] {
                    let decision = world.decide(batch, patience, node, self.0).unwrap_or_default();
                    if decision.is_empty() || decisions.contains(&decision) {
                        continue;
                    }
                    let sends = (decision.iter()).any(|action| matches!(action, Action::Broadcast { .. }));
                    let wires: &[Wire] = if sends {
                        &[Wire::Arrives, Wire::GetsLost, Wire::ArrivesUnrecorded]
                    } else {
                        &[Wire::Arrives]
                    };
                    steps.extend(wires.iter().map(|wire| Step::Look {
                        batch,
                        patience,
                        node,
                        wire: *wire,
                    }));
                    decisions.push(decision);
                }
            }
        }
    }
}

impl World {
    fn is_in(&self, index: usize, state: BatchState) -> bool {
        self.batches[index].is_some_and(|batch| batch.state == state)
    }

    fn is_executed(&self, index: usize) -> bool {
        self.is_in(index, BatchState::Executed)
    }

    /// Whether it is someone else's, or stored by us.
    fn has_stored(&self, tx: Tx) -> bool {
        let Tx::Ours {
            batch,
            nonce,
            attempt,
            is_noop,
        } = tx
        else {
            return true;
        };
        (self.submissions[batch].iter())
            .filter(|submission| submission.nonce == nonce)
            .flat_map(|submission| &submission.attempts)
            .any(|stored| stored.number == attempt && (stored.payload == Payload::Noop) == is_noop)
    }

    fn nonces_have_one_payload(&self) -> bool {
        let mut calls: Vec<(u64, usize)> = (self.signed.iter())
            .filter(|asked| !matches!(asked.tx(), Tx::Ours { is_noop: true, .. }))
            .map(|asked| (asked.nonce, asked.batch))
            .collect();
        calls.sort_unstable();
        calls.dedup();
        calls.windows(2).all(|pair| pair[0].0 != pair[1].0)
    }

    /// Whether everything that counts as final about a batch is in finalized blocks.
    fn ends_are_final(&self, index: usize) -> bool {
        let executed = self.chain.executed_finally(index);
        let landed = |wants_noop: bool, wants_revert: bool| {
            self.chain.finalized().any(|landed| {
                let is_own = matches!(landed.tx, Tx::Ours { batch, is_noop, .. } if batch == index && is_noop == wants_noop);
                is_own && landed.is_reverted == wants_revert
            })
        };
        let submission_fits =
            self.submissions[index]
                .as_ref()
                .is_none_or(|submission| match submission.state {
                    SubmissionState::Allocated
                    | SubmissionState::Signed
                    | SubmissionState::Sent
                    | SubmissionState::Included => true,
                    SubmissionState::FinalOk => executed,
                    SubmissionState::FinalReverted => landed(false, true),
                    SubmissionState::Dead => landed(true, false),
                });
        submission_fits && (executed || !self.is_executed(index))
    }
}

/// Looks at everything that can happen; the second list is what must be able to happen.
#[track_caller]
fn check(surroundings: Surroundings, possible: &[&'static str]) {
    let checker = Settlement(Fault::None, surroundings).checker().spawn_bfs().join();
    println!(
        "{} states, depth {}",
        checker.unique_state_count(),
        checker.max_depth()
    );
    assert!(checker.is_done(), "not everything was looked at");
    for property in ALWAYS {
        checker.assert_no_discovery(property);
    }
    for property in possible {
        checker.assert_any_discovery(property);
    }
}

#[test]
fn batches_are_paid_once_on_a_chain_that_forks() {
    let forking = Surroundings { depth_max: 2, ..CALM };
    let possible = [
        "executed",
        "reorged_then_executed",
        "expired_then_rebuilt",
        "nonce_filled_with_nothing",
    ];
    check(forking, &possible);
}

#[test]
fn a_batch_is_paid_once_on_a_chain_that_forks_three_blocks_deep_and_fails_in_between() {
    let deep = Surroundings {
        depth_max: 3,
        has_rebuild: false,
        has_failures: true,
        has_cancel: true,
        ..CALM
    };
    check(
        deep,
        &["executed", "reorged_then_executed", "nonce_filled_with_nothing"],
    );
}

#[test]
fn batches_are_paid_once_though_failures_pass_with_their_fork() {
    let failing = Surroundings {
        has_failures: true,
        ..CALM
    };
    check(
        failing,
        &["executed", "reorged_then_executed", "expired_then_rebuilt"],
    );
}

#[test]
fn batches_are_paid_once_though_operators_give_them_up() {
    let given_up = Surroundings {
        has_cancel: true,
        ..CALM
    };
    check(
        given_up,
        &["executed", "reorged_then_executed", "nonce_filled_with_nothing"],
    );
}

#[test]
fn a_batch_is_paid_once_though_somebody_else_has_the_key() {
    let robbed = Surroundings {
        depth_max: 2,
        has_rebuild: false,
        has_cancel: true,
        has_foreigner: true,
        ..CALM
    };
    check(robbed, &["executed", "paused_by_a_foreign_nonce"]);
}

#[test]
fn batches_are_paid_once_though_nodes_show_blocks_that_are_gone() {
    let lagging = Surroundings {
        has_old_forks: true,
        ..CALM
    };
    check(
        lagging,
        &["executed", "reorged_then_executed", "expired_then_rebuilt"],
    );
}

#[test]
fn a_batch_is_paid_once_though_nodes_show_failures_that_are_gone() {
    let lagging = Surroundings {
        depth_max: 2,
        has_rebuild: false,
        has_failures: true,
        has_old_forks: true,
        ..CALM
    };
    check(lagging, &["executed", "reorged_then_executed"]);
}

/// Searches until the fault has broken each of these properties.
#[track_caller]
fn find(fault: Fault, surroundings: Surroundings, broken: &[&'static str]) {
    let wanted = HasDiscoveries::AllOf(broken.iter().copied().collect());
    let checker = Settlement(fault, surroundings)
        .checker()
        .finish_when(wanted)
        .spawn_bfs()
        .join();
    println!(
        "{fault:?}: {} states, depth {}",
        checker.unique_state_count(),
        checker.max_depth()
    );
    for property in broken {
        let path = checker.assert_any_discovery(property);
        println!("{property}: {:?}", path.into_actions());
    }
}

#[test]
fn a_batch_built_again_after_a_timeout_pays_twice() {
    find(Fault::RebuildOnTimeout, CALM, &["rebuild_safe", "no_double_pay"]);
}

#[test]
fn a_nonce_that_goes_to_another_batch_carries_two_things() {
    find(Fault::NonceRecycled, CALM, &["nonce_single_payload"]);
}

#[test]
fn a_failure_that_counts_before_its_block_is_final_is_found() {
    let failing = Surroundings {
        has_failures: true,
        ..CALM
    };
    find(Fault::FailOnUnfinalizedRevert, failing, &["no_early_final"]);
}

#[test]
fn a_transaction_that_is_stored_after_it_was_sent_is_found() {
    find(Fault::SavedAfterSending, CALM, &["no_foreign_bytes"]);
}

#[test]
fn a_deadline_held_against_the_wall_clock_pays_twice() {
    find(Fault::ExpiryByWallClock, CALM, &["rebuild_safe", "no_double_pay"]);
}

#[test]
fn finality_by_the_number_of_a_block_is_found() {
    let lagging = Surroundings {
        has_old_forks: true,
        has_failures: true,
        ..CALM
    };
    find(Fault::FinalityByNumber, lagging, &["no_early_final"]);
}

#[test]
fn an_attempt_that_is_recorded_with_its_answer_makes_the_signer_equivocate() {
    let given_up = Surroundings {
        has_cancel: true,
        ..CALM
    };
    find(Fault::RecordedWithTheAnswer, given_up, &["no_equivocation"]);
}
