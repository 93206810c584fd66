//! The life of a submission: one intent to land on the chain with one account nonce.

use thiserror::Error;

names::names! {
    /// Where a submission stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum SubmissionState {
        /// It has an account nonce, nothing else.
        Allocated = "allocated",
        /// A signed transaction is stored that was not sent yet.
        Signed = "signed",
        /// A stored transaction was sent, whatever the answer.
        Sent = "sent",
        /// A block has it that is not finalized.
        Included = "included",
        /// What it is for happened in a finalized block.
        FinalOk = "final_ok",
        /// It reverted in a finalized block, and what it is for did not happen.
        FinalReverted = "final_reverted",
        /// Its nonce was filled with nothing, in a finalized block.
        Dead = "dead",
    }
}

/// What happens to a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubmissionEvent {
    /// A signed transaction was stored.
    AttemptStored,
    /// A stored transaction was sent to at least one endpoint.
    Broadcast,
    /// A block has one of its attempts.
    Included,
    /// That block is not on the chain any more, or no node knows it.
    Reorged,
    /// Finalized, and done.
    FinalOk,
    /// Finalized, and reverted.
    FinalReverted,
    /// Finalized with a no-op.
    Dead,
}

/// An event that a state does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("event {event:?} is not valid in state {}", .state.name())]
pub struct SubmissionRefused {
    /// Where it stands.
    pub state: SubmissionState,
    /// What was said to happen.
    pub event: SubmissionEvent,
}

impl SubmissionRefused {}

impl SubmissionState {
    /// Whether nothing can happen any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Allocated | Self::Signed | Self::Sent | Self::Included => false,
            Self::FinalOk | Self::FinalReverted | Self::Dead => true,
        }
    }

    /// The state after an event. Ends are reached only from states in which the chain can have bytes of ours; between
    /// two looks a transaction may have gone all the way.
    pub const fn on(self, event: SubmissionEvent) -> Result<Self, SubmissionRefused> {
        use SubmissionEvent as Event;
        match (self, event) {
            (Self::Allocated | Self::Signed | Self::Sent, Event::AttemptStored) => Ok(Self::Signed),
            (Self::Signed | Self::Sent, Event::Broadcast) => Ok(Self::Sent),
            // Sent, and the process died before that was stored: the chain has it all the same.
            (Self::Signed | Self::Sent | Self::Included, Event::Included) => Ok(Self::Included),
            (Self::Included, Event::Reorged) => Ok(Self::Sent),
            (Self::Signed | Self::Sent | Self::Included, Event::FinalOk) => Ok(Self::FinalOk),
            (Self::Signed | Self::Sent | Self::Included, Event::FinalReverted) => Ok(Self::FinalReverted),
            (Self::Signed | Self::Sent | Self::Included, Event::Dead) => Ok(Self::Dead),
            (
                Self::Allocated,
                Event::Broadcast
                | Event::Included
                | Event::Reorged
                | Event::FinalOk
                | Event::FinalReverted
                | Event::Dead,
            )
            | (Self::Signed | Self::Sent, Event::Reorged)
            | (Self::Included, Event::AttemptStored | Event::Broadcast)
            | (
                Self::FinalOk | Self::FinalReverted | Self::Dead,
                Event::AttemptStored
                | Event::Broadcast
                | Event::Included
                | Event::Reorged
                | Event::FinalOk
                | Event::FinalReverted
                | Event::Dead,
            ) => Err(SubmissionRefused { state: self, event }),
        }
    }
}

#[cfg(test)]
mod tests;
