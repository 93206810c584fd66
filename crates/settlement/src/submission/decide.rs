//! The decision.

use crate::fees::{NextFees, PriceCap};
use crate::state::{Gate, SubmissionState};
use crate::submission::{
    ATTEMPTS_MAX, Action, Alert, Attempt, Author, BUMP_BLOCKS, BUMP_BLOCKS_MAX, FinalEnd, LOOKS_FOR_TRACE,
    Outcome, PauseCause, Payload, Proof, REBROADCAST_BLOCKS, Receipt, Status, View,
};

/// What to do next about a submission, in this order. Nothing means: wait.
///
/// 1. What finalized events and receipts say ends it; an event wins over a missing receipt.
/// 2. While a block that is not finalized has it, only that is recorded; a failure there means nothing yet.
/// 3. A nonce that finalized blocks have used without any trace of ours pauses the account. It is never taken for
///    success, nor for failure.
/// 4. Otherwise the newest attempt is sent, sent again and replaced by a dearer one. Once it cannot or must not happen
///    any more, the same nonce is filled with nothing instead. A deadline is held against finalized blocks for that.
pub fn decide(view: &View<'_>) -> Vec<Action> {
    if view.state.is_final() {
        return Vec::new();
    }
    if let Some(actions) = view.end() {
        return actions;
    }
    if let Some(attempt) = view.included_attempt() {
        return if view.state == SubmissionState::Included {
            Vec::new()
        } else {
            vec![Action::MarkIncluded { attempt }]
        };
    }
    if view.account.finalized > view.nonce {
        return vec![if view.looks_without_trace < LOOKS_FOR_TRACE {
            Action::LookAgain
        } else {
            Action::PauseSender(PauseCause::ForeignNonce)
        }];
    }
    let mut actions = Vec::new();
    if view.state == SubmissionState::Included {
        actions.push(Action::MarkReorged);
    }
    if view.subject.outcome == Outcome::Final(Author::Other) {
        actions.push(Action::Alert(Alert::DoneByOther));
    }
    view.advance(&mut actions);
    actions
}

impl Attempt {
    /// The request for it, verbatim as it was recorded.
    const fn sign(&self) -> Action {
        Action::Sign {
            attempt: self.number,
            payload: self.payload,
            fees: self.fees,
        }
    }
}

impl Receipt {
    /// Whether the block is not the one that the chain has at its number.
    fn is_orphaned(&self) -> bool {
        self.canonical_hash.is_some_and(|hash| hash != self.block_hash)
    }

    fn is_final(&self, view: &View<'_>) -> bool {
        self.block_number <= view.finalized.number && self.canonical_hash == Some(self.block_hash)
    }
}

impl View<'_> {
    /// What finalized blocks say about its end.
    fn end(&self) -> Option<Vec<Action>> {
        if let Outcome::Final(Author::Attempt(attempt)) = self.subject.outcome {
            let end = FinalEnd::Ok;
            return Some(vec![Action::MarkFinal { attempt, end }]);
        }
        let (attempt, receipt) = self.receipts().find(|(_, receipt)| receipt.is_final(self))?;
        let end = match (attempt.payload, receipt.status, self.subject.proof) {
            (Payload::Noop, Status::Succeeded | Status::Reverted, _) => FinalEnd::Dead,
            (Payload::Call, Status::Reverted, _) => FinalEnd::Reverted,
            (Payload::Call, Status::Succeeded, Proof::Receipt) => FinalEnd::Ok,
            (Payload::Call, Status::Succeeded, Proof::Event) => {
                return Some(vec![Action::Alert(Alert::EventMissing)]);
            }
        };
        let attempt = attempt.number;
        Some(vec![Action::MarkFinal { attempt, end }])
    }

    fn receipts(&self) -> impl Iterator<Item = (&Attempt, &Receipt)> {
        (self.attempts.iter()).filter_map(|attempt| Some((attempt, attempt.receipt.as_ref()?)))
    }

    /// The attempt that a block has, by the word of an event or of a receipt.
    fn included_attempt(&self) -> Option<u32> {
        match self.subject.outcome {
            Outcome::Seen(Author::Attempt(attempt)) => Some(attempt),
            Outcome::Open
            | Outcome::Seen(Author::Other)
            | Outcome::Final(Author::Attempt(_) | Author::Other)
            | Outcome::Impossible => {
                let mut receipts = self.receipts();
                let (attempt, _) = receipts.find(|(_, receipt)| !receipt.is_orphaned())?;
                Some(attempt.number)
            }
        }
    }

    /// Whether what it is for cannot, or must not, happen any more.
    fn is_given_up(&self) -> bool {
        let is_expired = (self.subject.deadline).is_some_and(|deadline| self.finalized.timestamp > deadline);
        let is_over = match self.subject.outcome {
            Outcome::Final(_) | Outcome::Impossible => true,
            Outcome::Open | Outcome::Seen(_) => false,
        };
        // Once an attempt does nothing, there is no way back: both would race.
        let is_noop = (self.attempts.iter()).any(|attempt| attempt.payload == Payload::Noop);
        self.wishes.cancel || is_expired || is_over || is_noop
    }

    /// Whether the contract would refuse it in every block after the head.
    fn is_late(&self) -> bool {
        (self.subject.deadline).is_some_and(|deadline| self.head.timestamp > deadline)
    }

    /// No block has it: sign, send, send again or replace.
    fn advance(&self, actions: &mut Vec<Action>) {
        let wanted = if self.is_given_up() {
            Payload::Noop
        } else {
            Payload::Call
        };
        let Some(newest) = self.attempts.last() else {
            if self.may_sign(wanted) {
                actions.push(Action::Sign {
                    attempt: 1,
                    payload: wanted,
                    fees: self.cap(wanted).first(self.suggested),
                });
            }
            return;
        };
        if newest.payload != wanted {
            // What cannot be replaced now, because a block has used the nonce, is at least sent on.
            if !self.replace(newest, wanted, actions) {
                self.rebroadcast(actions);
            }
            return;
        }
        match newest.first_sent {
            None if !newest.signed && self.may_sign(wanted) => actions.push(newest.sign()),
            None if newest.signed && self.may_send_first(wanted) => actions.push(Action::Broadcast {
                attempt: newest.number,
            }),
            None => self.rebroadcast(actions),
            Some(first_sent) => {
                let replaced = self.wants_bump(newest, first_sent) && self.replace(newest, wanted, actions);
                if !replaced {
                    self.rebroadcast(actions);
                }
            }
        }
        if let Some(rejection) = newest.rejected {
            actions.push(Action::Alert(Alert::RejectedByAll(rejection)));
        }
    }

    /// A first broadcast is what makes a payment possible.
    fn may_send_first(&self, payload: Payload) -> bool {
        match (payload, self.gate) {
            (Payload::Noop, Gate::Open | Gate::Stopped) => true,
            (Payload::Call, Gate::Open) => !self.is_late(),
            (Payload::Call, Gate::Stopped) => false,
        }
    }

    /// Nothing new is signed when a block, not finalized yet, has used the nonce: it is ours and its receipt lags, or
    /// it is not ours at all.
    fn may_sign(&self, payload: Payload) -> bool {
        self.account.latest <= self.nonce && self.may_send_first(payload)
    }

    fn wants_bump(&self, newest: &Attempt, first_sent: u64) -> bool {
        let waited = self.head.number.saturating_sub(first_sent);
        let is_slow = waited >= BUMP_BLOCKS && self.suggested.exceeds(newest.fees);
        // A higher price does not help against a permanent rejection: it may even need more funds.
        let helps = newest.rejected.is_none();
        self.wishes.bump || (helps && (is_slow || waited >= BUMP_BLOCKS_MAX))
    }

    /// The last step of the ladder is kept for filling the nonce with nothing: a call that must not happen any more
    /// can always be replaced.
    fn cap(&self, payload: Payload) -> PriceCap {
        let cap = self.limits.cap(self.gas_limit);
        match payload {
            Payload::Call => cap.less_one_step(),
            Payload::Noop => cap,
        }
    }

    /// Has a dearer attempt signed, if there may be one.
    fn replace(&self, newest: &Attempt, payload: Payload, actions: &mut Vec<Action>) -> bool {
        if !self.may_sign(payload) {
            return false;
        }
        let attempts_max = match payload {
            Payload::Call => ATTEMPTS_MAX.saturating_sub(1),
            Payload::Noop => ATTEMPTS_MAX,
        };
        if newest.number >= attempts_max {
            actions.push(Action::Alert(Alert::AttemptsUsedUp));
            return false;
        }
        match self.cap(payload).next(newest.fees, self.suggested) {
            NextFees::Raised(fees) => {
                actions.push(Action::Sign {
                    attempt: newest.number.saturating_add(1),
                    payload,
                    fees,
                });
                true
            }
            NextFees::AtCap => {
                actions.push(Action::Alert(Alert::FeeCapReached));
                false
            }
        }
    }

    /// Sends on the newest attempt that was sent before.
    fn rebroadcast(&self, actions: &mut Vec<Action>) {
        let mut newest_first = self.attempts.iter().rev();
        let sent = newest_first.find_map(|attempt| Some((attempt.number, attempt.last_sent?)));
        let Some((attempt, last_sent)) = sent else {
            return;
        };
        // A reorg may have thrown it out of the pools as well.
        let is_due = self.head.number.saturating_sub(last_sent) >= REBROADCAST_BLOCKS;
        if is_due || self.state == SubmissionState::Included {
            actions.push(Action::Broadcast { attempt });
        }
    }
}
