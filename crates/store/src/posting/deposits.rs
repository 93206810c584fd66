//! What posting must know about earlier deposits: who paid, for what, and as which fact.

use plan::{DepositId, DepositKind, Effect, Outcome, UserId};

/// Every deposit so far, by its dense id.
#[derive(Clone, Debug, Default)]
pub struct DepositIndex(Vec<DepositLine>);

/// One deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DepositLine {
    pub(super) user: UserId,
    pub(super) kind: DepositKind,
    pub(super) fact_seq: u64,
}

impl DepositIndex {
    /// Notes the deposits that a fact took.
    pub fn learn(&mut self, fact_seq: u64, outcome: &Outcome) {
        for effect in &outcome.effects {
            if let Effect::DepositTaken { kind, user, .. } = effect {
                self.0.push(DepositLine {
                    user: *user,
                    kind: *kind,
                    fact_seq,
                });
            }
        }
    }

    /// Notes a deposit that is posted already.
    pub(crate) fn push(&mut self, user: UserId, kind: DepositKind, fact_seq: u64) {
        self.0.push(DepositLine { user, kind, fact_seq });
    }

    pub(super) fn find(&self, deposit: DepositId) -> Option<DepositLine> {
        let position = usize::try_from(deposit.get()).ok()?.checked_sub(1)?;
        self.0.get(position).copied()
    }
}
