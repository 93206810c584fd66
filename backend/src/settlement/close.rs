//! The next state of a submission.

use settlement::state::{SubmissionEvent, SubmissionState};
use store::submission::Submission;

/// The state after an event; the same when the submission does not know the event where it stands, which only a
/// decision could cause that does not fit the states.
pub(super) fn after(submission: &Submission, event: SubmissionEvent) -> SubmissionState {
    submission.state.on(event).unwrap_or_else(|error| {
        tracing::error!(submission.id = submission.id, %error, "an event does not fit");
        submission.state
    })
}
