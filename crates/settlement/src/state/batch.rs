//! The life of a batch, as far as it is decided here: every step consumes the batch and returns the next one, or the rule that
//! forbids it. Not responsible for what the chain and the posting worker do to it.

use alloy_primitives::Address;
use plan::BatchEnd;
use thiserror::Error;

use crate::state::ExpiryProof;

/// Seconds that a batch authorization may at most live from the chain's head on: the rule of the custody contract.
pub const SIGNED_LIFE_MAX: u64 = 3_600;

names::names! {
    /// Where a batch stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum BatchState {
        /// Asked for; the posting worker has not held anything back yet.
        Requested = "requested",
        /// The money of its payouts is held back.
        Held = "held",
        /// Its list and its manifest are fixed.
        Sealed = "sealed",
        /// A second operator agreed. A signature may have been requested.
        Approved = "approved",
        /// Its authorization exists.
        Signed = "signed",
        /// A transaction with it has an account nonce.
        Submitting = "submitting",
        /// Executed in a finalized block.
        Executed = "executed",
        /// Never executed, by finalized proof.
        Expired = "expired",
        /// Given up before it was signed, or proven dead after operators or the chain cancelled it.
        Cancelled = "cancelled",
        /// Something happened that must not; a human decides.
        Quarantined = "quarantined",
    }
}

/// Whether settlement is stopped by a severe finding or an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Settlement goes on.
    Open,
    /// No new authorization, submission or first broadcast.
    Stopped,
}

/// What decides about a batch's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Where it stands.
    pub state: BatchState,
    /// The operator who built it.
    pub builder: Address,
    /// The last second of its authorization, from the moment at which the signer may have been requested it.
    pub deadline: Option<u64>,
    /// Operators gave it up.
    pub cancel_requested: bool,
}

crate::rules! {
    /// Which rule forbids a step.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
    pub enum Refused {
        /// The batch is not in a state that allows this step.
        #[error("not allowed while the batch is {}", .0.name())]
        WrongState(BatchState) = "wrong_batch_state",
        /// Who built a batch does not approve it.
        #[error("the builder of a batch cannot approve it")]
        ApproverIsBuilder = "approver_is_builder",
        /// Operators gave it up.
        #[error("the batch is being cancelled")]
        CancelRequested = "cancel_requested",
        /// A severe finding is open.
        #[error("settlement is stopped")]
        SettlementStopped = "settlement_stopped",
        /// The authorization would already be expired.
        #[error("the deadline {deadline} is not after the chain's time {head}")]
        DeadlinePassed {
            /// The last second of the authorization.
            deadline: u64,
            /// Timestamp of the chain's head.
            head: u64,
        } = "deadline_passed",
        /// The authorization would live longer than the contract takes.
        #[error("the deadline {deadline} is more than {SIGNED_LIFE_MAX} s after the chain's time {head}")]
        DeadlineTooFar {
            /// The last second of the authorization.
            deadline: u64,
            /// Timestamp of the chain's head.
            head: u64,
        } = "deadline_too_far",
        /// The signer was asked with another deadline before.
        #[error("an authorization with the deadline {0} was already requested")]
        SignatureAskedFor(u64) = "signature_asked_for",
        /// It has, or may have, an authorization that is not proven dead.
        #[error("the batch may still be executed")]
        MayExecute = "batch_may_execute",
    }
}

/// What a cancellation has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelPlan {
    /// Nobody can have an authorization: let go of the money now.
    ReleaseNow,
    /// Stop the attempts and wait for the finalized proof.
    AwaitExpiry,
}

/// What a retry has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Raise the fee of the same submission.
    BumpNow,
    /// Build a new batch with the users who are still due.
    Rebuild,
}

impl BatchState {
    /// Whether its users cannot be in another batch.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Requested
            | Self::Held
            | Self::Sealed
            | Self::Approved
            | Self::Signed
            | Self::Submitting
            | Self::Quarantined => true,
            Self::Executed | Self::Expired | Self::Cancelled => false,
        }
    }
}

impl Batch {
    /// Whether anyone can have an authorization of it: from before the signer is asked, because its answer may be lost.
    pub const fn may_be_authorized(&self) -> bool {
        self.deadline.is_some()
    }

    /// A second operator agrees.
    ///
    /// # Errors
    /// Unless sealed, when abandoned, or when `approver` built it.
    pub fn approve(self, approver: Address) -> Result<Self, Refused> {
        self.must_be(BatchState::Sealed)?;
        self.must_be_wanted()?;
        if approver == self.builder {
            return Err(Refused::ApproverIsBuilder);
        }
        Ok(self.into_state(BatchState::Approved))
    }

    /// The signer is going to be requested an authorization until `deadline`; to be stored before it is asked. Once
    /// stored, every further request has the same deadline: the signer signs one thing under a batch id.
    ///
    /// # Errors
    /// Unless approved, when abandoned, stopped, or when the deadline does not fit the chain's time.
    pub fn ask_for_signature(self, deadline: u64, head: u64, gate: Gate) -> Result<Self, Refused> {
        self.must_be(BatchState::Approved)?;
        self.must_be_wanted()?;
        must_be_open(gate)?;
        if let Some(before) = self.deadline.filter(|before| *before != deadline) {
            return Err(Refused::SignatureAskedFor(before));
        }
        let life = deadline.checked_sub(head).filter(|life| *life > 0);
        let life = life.ok_or(Refused::DeadlinePassed { deadline, head })?;
        if life > SIGNED_LIFE_MAX {
            return Err(Refused::DeadlineTooFar { deadline, head });
        }
        Ok(Self {
            deadline: Some(deadline),
            ..self
        })
    }

    /// A transaction gets an account nonce; to be stored with it.
    ///
    /// # Errors
    /// Unless signed, when abandoned, stopped, or when the authorization is dead by the chain's head.
    pub fn submit(self, head: u64, gate: Gate) -> Result<Self, Refused> {
        self.must_be(BatchState::Signed)?;
        self.must_be_wanted()?;
        must_be_open(gate)?;
        let deadline = self.deadline.ok_or(Refused::WrongState(self.state))?;
        if deadline <= head {
            return Err(Refused::DeadlinePassed { deadline, head });
        }
        Ok(self.into_state(BatchState::Submitting))
    }

    /// How it ends, by the proof that its authorization is dead. A quarantined batch ends only when a human gave it up.
    ///
    /// # Errors
    /// When it has ended, when the proof is of another deadline, or when it waits for a human.
    pub fn end_by(&self, proof: &ExpiryProof) -> Result<BatchEnd, Refused> {
        let waits = self.state == BatchState::Quarantined && !self.cancel_requested;
        if !self.state.is_live() || waits {
            return Err(Refused::WrongState(self.state));
        }
        if self.deadline != Some(proof.deadline()) {
            return Err(Refused::MayExecute);
        }
        Ok(if self.cancel_requested {
            BatchEnd::Cancelled
        } else {
            BatchEnd::Expired
        })
    }

    /// Operators give it up.
    ///
    /// # Errors
    /// When it has ended, or abandoned already.
    pub fn cancel(self) -> Result<(Self, CancelPlan), Refused> {
        if !self.state.is_live() {
            return Err(Refused::WrongState(self.state));
        }
        self.must_be_wanted()?;
        let plan = if self.may_be_authorized() {
            CancelPlan::AwaitExpiry
        } else {
            CancelPlan::ReleaseNow
        };
        Ok((
            Self {
                cancel_requested: true,
                ..self
            },
            plan,
        ))
    }

    /// Operators want it tried again: a raised fee while it is in progress, a new batch once it is proven dead, and
    /// nothing in between, for that could pay twice.
    ///
    /// # Errors
    /// In every other state, or when it is abandoned and in progress.
    pub fn retry(&self) -> Result<Retry, Refused> {
        match self.state {
            BatchState::Submitting => self.must_be_wanted().map(|()| Retry::BumpNow),
            BatchState::Expired => Ok(Retry::Rebuild),
            BatchState::Requested
            | BatchState::Held
            | BatchState::Sealed
            | BatchState::Approved
            | BatchState::Signed
            | BatchState::Executed
            | BatchState::Cancelled
            | BatchState::Quarantined => Err(Refused::WrongState(self.state)),
        }
    }

    fn into_state(self, state: BatchState) -> Self {
        Self { state, ..self }
    }

    fn must_be(&self, state: BatchState) -> Result<(), Refused> {
        if self.state == state {
            Ok(())
        } else {
            Err(Refused::WrongState(self.state))
        }
    }

    fn must_be_wanted(&self) -> Result<(), Refused> {
        if self.cancel_requested {
            Err(Refused::CancelRequested)
        } else {
            Ok(())
        }
    }
}

fn must_be_open(gate: Gate) -> Result<(), Refused> {
    match gate {
        Gate::Open => Ok(()),
        Gate::Stopped => Err(Refused::SettlementStopped),
    }
}

#[cfg(test)]
mod tests;
