//! Tests of `submission`.

use super::*;
use SubmissionEvent as Event;
use SubmissionState as State;

const EVENTS: [Event; 7] = [
    Event::AttemptStored,
    Event::Broadcast,
    Event::Included,
    Event::Reorged,
    Event::FinalOk,
    Event::FinalReverted,
    Event::Dead,
];

#[test]
fn every_state_knows_exactly_its_events() {
    let stored = [
        "signed",
        "sent",
        "included",
        "-",
        "final_ok",
        "final_reverted",
        "dead",
    ];
    let table: [(State, [&str; 7]); 7] = [
        (State::Allocated, ["signed", "-", "-", "-", "-", "-", "-"]),
        (State::Signed, stored),
        (State::Sent, stored),
        (
            State::Included,
            ["-", "-", "included", "sent", "final_ok", "final_reverted", "dead"],
        ),
        (State::FinalOk, ["-"; 7]),
        (State::FinalReverted, ["-"; 7]),
        (State::Dead, ["-"; 7]),
    ];
    for (state, nexts) in table {
        for (event, next) in EVENTS.into_iter().zip(nexts) {
            let found = state.on(event).map_or_else(|_| "-", State::name);
            assert_eq!(found, next, "{state:?} on {event:?}");
        }
    }
}

#[test]
fn names_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::by_name(state.name()), Some(state));
    }
    assert_eq!(State::by_name("lost"), None);
}
