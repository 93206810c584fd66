//! Tests of `endpoints`.

use super::*;

fn endpoint(name: &str, answers: bool) -> EndpointSeen {
    let seen = answers.then_some(FinalSeen {
        hash: B256::ZERO,
        seq: 1,
        root: audit::checks::JournalRoot::ZERO,
    });
    EndpointSeen {
        name: name.to_owned(),
        unanswered_seconds: 0,
        finalized: answers.then_some(7),
        common: seen,
        recorded: seen,
    }
}

#[test]
fn what_nobody_could_see_is_not_over() {
    let mut seen = Seen {
        endpoints: vec![endpoint("a:1", true), endpoint("b:1", false)],
        common: 7,
        head: None,
        unanswered_seconds: 0,
    };
    assert_eq!(seen.unseen_progress(), ["chain", "finality", "listener progress"]);
    assert_eq!(
        seen.unseen_agreement(),
        ["final block", "recorded final block at b:1"]
    );
    seen.endpoints[1] = endpoint("b:1", true);
    assert!(seen.unseen_agreement().is_empty());
}
