//! States of batches and submissions, and which event may leave which.
//!
//! Not responsible for when an event happens (`submission` decides about transactions) nor for roles of operators.

mod batch;
mod expiry;
mod submission;

pub use batch::{Batch, BatchState, CancelPlan, Gate, Refused, Retry, SIGNED_LIFE_MAX};
pub use expiry::{BATCH_CANCELLED, BatchOnChain, ExpiryProof, NotExpired, prove_expiry};
pub use submission::{SubmissionEvent, SubmissionRefused, SubmissionState};
