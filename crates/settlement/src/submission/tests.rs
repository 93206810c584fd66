//! Tests of the decision: one look at a time, at the edges of each rule.

mod look;

use super::*;
use crate::state::SubmissionState as State;

use look::{DEADLINE, HASH, Look, OTHER_HASH, attempt, broadcast, call, check, end, mined, sent, sign};

#[test]
fn a_new_submission_is_signed_then_sent() {
    check(
        Look::at(State::Allocated, &[]),
        |_| {},
        &[sign(1, Payload::Call, 800)],
    );
    check(Look::at(State::Signed, &[call(1)]), |_| {}, &[broadcast(1)]);
    let fresh = sent(call(1), 100, 100);
    check(Look::at(State::Sent, &[fresh]), |_| {}, &[]);
}

#[test]
fn what_the_signer_may_have_signed_is_asked_for_again_word_by_word() {
    let asked = |number, payload| Attempt {
        signed: false,
        fees: Fees::new(700, 600),
        ..attempt(number, payload)
    };
    let again = |attempt, payload| Action::Sign {
        attempt,
        payload,
        fees: Fees::new(700, 600),
    };
    let (call_asked, noop_asked) = (asked(1, Payload::Call), asked(2, Payload::Noop));
    check(
        Look::at(State::Allocated, &[call_asked]),
        |_| {},
        &[again(1, Payload::Call)],
    );
    check(
        Look::at(State::Sent, &[sent(call(1), 99, 99), noop_asked]),
        |_| {},
        &[again(2, Payload::Noop)],
    );
    let cancel = |look: &mut Look| look.wishes.cancel = true;
    let noop = Action::Sign {
        attempt: 2,
        payload: Payload::Noop,
        fees: Fees::new(800, 800),
    };
    check(Look::at(State::Allocated, &[call_asked]), cancel, &[noop]);
    // Whatever was sent before is sent on meanwhile.
    let stop = |look: &mut Look| look.gate = Gate::Stopped;
    let both = [sent(call(1), 50, 50), asked(2, Payload::Call)];
    check(Look::at(State::Sent, &both), stop, &[broadcast(1)]);
}

#[test]
fn what_is_not_included_is_sent_again_every_eight_blocks() {
    check(Look::at(State::Sent, &[sent(call(1), 93, 93)]), |_| {}, &[]);
    check(
        Look::at(State::Sent, &[sent(call(1), 92, 92)]),
        |_| {},
        &[broadcast(1)],
    );
    check(Look::at(State::Sent, &[sent(call(1), 92, 99)]), |_| {}, &[]);
    let ahead = sent(call(1), 200, 200);
    check(Look::at(State::Sent, &[ahead]), |_| {}, &[]);
}

#[test]
fn the_fee_rises_after_twelve_blocks_if_suggested_and_after_forty_anyway() {
    let raise = |look: &mut Look| look.suggested = 801;
    check(Look::at(State::Sent, &[sent(call(1), 89, 99)]), raise, &[]);
    check(
        Look::at(State::Sent, &[sent(call(1), 88, 99)]),
        raise,
        &[sign(2, Payload::Call, 901)],
    );
    check(Look::at(State::Sent, &[sent(call(1), 88, 99)]), |_| {}, &[]);
    let much = |look: &mut Look| look.suggested = 5_000;
    check(
        Look::at(State::Sent, &[sent(call(1), 88, 99)]),
        much,
        &[sign(2, Payload::Call, 5_000)],
    );
    check(Look::at(State::Sent, &[sent(call(1), 61, 99)]), |_| {}, &[]);
    check(
        Look::at(State::Sent, &[sent(call(1), 60, 99)]),
        |_| {},
        &[sign(2, Payload::Call, 901)],
    );
    let wish = |look: &mut Look| look.wishes.bump = true;
    check(
        Look::at(State::Sent, &[sent(call(1), 99, 99)]),
        wish,
        &[sign(2, Payload::Call, 901)],
    );
    let both = [sent(call(1), 50, 99), sent(call(2), 95, 95)];
    check(Look::at(State::Sent, &both), |_| {}, &[]);
}

#[test]
fn at_the_end_of_the_ladder_the_same_bytes_are_sent_on_and_somebody_is_told() {
    let low = |price_max| move |look: &mut Look| look.price_max = price_max;
    let slow = Look::at(State::Sent, &[sent(call(1), 60, 60)]);
    // 901 + 113 + 1: the next step must leave one for filling the nonce with nothing.
    check(
        slow.clone(),
        low(1_014),
        &[Action::Alert(Alert::FeeCapReached), broadcast(1)],
    );
    check(slow, low(1_015), &[sign(2, Payload::Call, 901)]);

    let seventh = Look::at(State::Sent, &[sent(call(7), 60, 60)]);
    check(
        seventh.clone(),
        |_| {},
        &[Action::Alert(Alert::AttemptsUsedUp), broadcast(7)],
    );
    let cancel = |look: &mut Look| look.wishes.cancel = true;
    check(seventh, cancel, &[sign(8, Payload::Noop, 901)]);
    let eighth = Look::at(State::Sent, &[sent(attempt(8, Payload::Noop), 60, 60)]);
    check(
        eighth,
        |_| {},
        &[Action::Alert(Alert::AttemptsUsedUp), broadcast(8)],
    );
}

#[test]
fn a_first_price_leaves_room_to_be_replaced_by_nothing() {
    let spike = |look: &mut Look| {
        look.suggested = 9_999;
        look.price_max = 1_015;
    };
    check(
        Look::at(State::Allocated, &[]),
        spike,
        &[sign(1, Payload::Call, 901)],
    );
    let at_cap = Attempt {
        fees: Fees::new(901, 901),
        ..call(1)
    };
    let expired = |look: &mut Look| {
        look.price_max = 1_015;
        (look.time, look.final_time) = (1_700, 1_601);
    };
    check(
        Look::at(State::Signed, &[at_cap]),
        expired,
        &[sign(2, Payload::Noop, 1_015)],
    );
}

#[test]
fn an_inclusion_is_recorded_and_then_waited_for() {
    let included = mined(sent(call(1), 90, 90), 99, None, Status::Succeeded);
    check(
        Look::at(State::Sent, &[included]),
        |_| {},
        &[Action::MarkIncluded { attempt: 1 }],
    );
    check(Look::at(State::Included, &[included]), |_| {}, &[]);
    let lagging = |look: &mut Look| look.outcome = Outcome::Seen(Author::Attempt(1));
    let unseen = sent(call(1), 90, 90);
    check(
        Look::at(State::Sent, &[unseen]),
        lagging,
        &[Action::MarkIncluded { attempt: 1 }],
    );
}

#[test]
fn a_reorg_brings_the_bytes_back_at_once() {
    let again = [Action::MarkReorged, broadcast(1)];
    check(
        Look::at(State::Included, &[sent(call(1), 99, 99)]),
        |_| {},
        &again,
    );
    let orphaned = mined(sent(call(1), 99, 99), 99, Some(OTHER_HASH), Status::Succeeded);
    check(Look::at(State::Included, &[orphaned]), |_| {}, &again);
    let orphaned_long_ago = mined(sent(call(1), 99, 99), 90, Some(OTHER_HASH), Status::Reverted);
    check(Look::at(State::Included, &[orphaned_long_ago]), |_| {}, &again);
}

#[test]
fn only_a_finalized_block_ends_anything() {
    for (status, ended) in [
        (Status::Succeeded, FinalEnd::Ok),
        (Status::Reverted, FinalEnd::Reverted),
    ] {
        for (number, canonical, expected) in [
            (97, Some(HASH), None),
            (96, None, None),
            (96, Some(HASH), Some(end(1, ended))),
            (40, Some(HASH), Some(end(1, ended))),
        ] {
            let look = Look::at(
                State::Included,
                &[mined(sent(call(1), 9, 9), number, canonical, status)],
            );
            let receipt_counts = |look: &mut Look| look.proof = Proof::Receipt;
            check(look, receipt_counts, expected.as_slice());
        }
    }
}

#[test]
fn an_event_wins_over_whatever_a_receipt_says() {
    let done = |look: &mut Look| look.outcome = Outcome::Final(Author::Attempt(2));
    let both = [sent(call(1), 50, 50), sent(call(2), 95, 95)];
    check(Look::at(State::Sent, &both), done, &[end(2, FinalEnd::Ok)]);
    let reverted = [mined(sent(call(2), 50, 50), 60, Some(HASH), Status::Reverted)];
    check(Look::at(State::Sent, &reverted), done, &[end(2, FinalEnd::Ok)]);

    let succeeded = mined(sent(call(1), 9, 9), 96, Some(HASH), Status::Succeeded);
    check(
        Look::at(State::Included, &[succeeded]),
        |_| {},
        &[Action::Alert(Alert::EventMissing)],
    );
}

#[test]
fn a_nonce_that_somebody_else_used_pauses_the_account_and_proves_nothing() {
    let used = |looks| {
        move |look: &mut Look| {
            look.account = AccountNonce {
                latest: 6,
                finalized: 6,
            };
            look.looks = looks;
        }
    };
    let look = Look::at(State::Sent, &[sent(call(1), 50, 50)]);
    check(look.clone(), used(0), &[Action::LookAgain]);
    check(look.clone(), used(2), &[Action::LookAgain]);
    let pause = [Action::PauseSender(PauseCause::ForeignNonce)];
    check(look.clone(), used(3), &pause);
    check(
        Look::at(State::Included, &[sent(call(1), 50, 50)]),
        used(3),
        &pause,
    );
    check(Look::at(State::Allocated, &[]), used(3), &pause);
    let orphaned = mined(sent(call(1), 50, 50), 90, Some(OTHER_HASH), Status::Succeeded);
    check(Look::at(State::Sent, &[orphaned]), used(3), &pause);

    let provisional = |look: &mut Look| look.account.latest = 6;
    check(look, provisional, &[broadcast(1)]);
    check(Look::at(State::Allocated, &[]), provisional, &[]);
}

#[test]
fn a_given_up_submission_fills_its_nonce_with_nothing() {
    let noop = attempt(2, Payload::Noop);
    type Change = fn(&mut Look);
    let reasons: [Change; 4] = [
        |look| look.wishes.cancel = true,
        |look| (look.time, look.final_time) = (1_700, DEADLINE + 1),
        |look| look.outcome = Outcome::Impossible,
        |look| {
            look.wishes.cancel = true;
            look.gate = Gate::Stopped;
        },
    ];
    for reason in reasons {
        check(
            Look::at(State::Allocated, &[]),
            reason,
            &[sign(1, Payload::Noop, 800)],
        );
        check(
            Look::at(State::Signed, &[call(1)]),
            reason,
            &[sign(2, Payload::Noop, 901)],
        );
        check(
            Look::at(State::Sent, &[sent(call(1), 99, 99)]),
            reason,
            &[sign(2, Payload::Noop, 901)],
        );
        let both = [sent(call(1), 99, 99), noop];
        check(Look::at(State::Signed, &both), reason, &[broadcast(2)]);
    }
    let by_other = |look: &mut Look| look.outcome = Outcome::Final(Author::Other);
    check(
        Look::at(State::Sent, &[sent(call(1), 99, 99)]),
        by_other,
        &[Action::Alert(Alert::DoneByOther), sign(2, Payload::Noop, 901)],
    );
    // There is no way back.
    let both = [sent(call(1), 50, 99), sent(noop, 60, 99)];
    check(
        Look::at(State::Sent, &both),
        |_| {},
        &[sign(3, Payload::Noop, 901)],
    );
    let ended = [
        sent(call(1), 50, 50),
        mined(sent(noop, 60, 60), 96, Some(HASH), Status::Succeeded),
    ];
    check(
        Look::at(State::Included, &ended),
        |_| {},
        &[end(2, FinalEnd::Dead)],
    );
    let overtaken = [
        mined(sent(call(1), 50, 50), 96, Some(HASH), Status::Reverted),
        sent(noop, 60, 60),
    ];
    check(
        Look::at(State::Included, &overtaken),
        |_| {},
        &[end(1, FinalEnd::Reverted)],
    );
}

#[test]
fn a_deadline_counts_by_the_finalized_clock_only() {
    let late = |look: &mut Look| (look.time, look.final_time) = (DEADLINE + 1, DEADLINE);
    check(Look::at(State::Allocated, &[]), late, &[]);
    check(Look::at(State::Signed, &[call(1)]), late, &[]);
    check(Look::at(State::Sent, &[sent(call(1), 50, 99)]), late, &[]);
    check(
        Look::at(State::Sent, &[sent(call(1), 50, 50)]),
        late,
        &[broadcast(1)],
    );
    let in_time = |look: &mut Look| (look.time, look.final_time) = (DEADLINE, DEADLINE);
    check(Look::at(State::Signed, &[call(1)]), in_time, &[broadcast(1)]);
}

#[test]
fn a_stop_keeps_back_what_nobody_has_seen_yet() {
    let stop = |look: &mut Look| {
        look.gate = Gate::Stopped;
        look.suggested = 5_000;
    };
    check(Look::at(State::Allocated, &[]), stop, &[]);
    check(Look::at(State::Signed, &[call(1)]), stop, &[]);
    check(
        Look::at(State::Sent, &[sent(call(1), 50, 50)]),
        stop,
        &[broadcast(1)],
    );
    check(Look::at(State::Sent, &[sent(call(1), 50, 99)]), stop, &[]);
}

#[test]
fn a_rejection_for_good_is_reported_not_outbid_and_tried_again() {
    let poor = Attempt {
        rejected: Some(Rejection::InsufficientFunds),
        ..sent(call(1), 50, 92)
    };
    let alert = Action::Alert(Alert::RejectedByAll(Rejection::InsufficientFunds));
    check(Look::at(State::Signed, &[poor]), |_| {}, &[broadcast(1), alert]);
    let soon = Attempt {
        last_sent: Some(99),
        ..poor
    };
    check(Look::at(State::Signed, &[soon]), |_| {}, &[alert]);
}

#[test]
fn what_is_over_is_left_alone() {
    for state in State::ALL.into_iter().filter(|state| state.is_final()) {
        check(
            Look::at(state, &[sent(call(1), 1, 1)]),
            |look| look.wishes.bump = true,
            &[],
        );
    }
}
