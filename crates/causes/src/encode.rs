//! The logs that the contract would have emitted for a cause: for tests and benchmarks that play the chain.

#![expect(clippy::wildcard_enum_match_arm, reason = "a cause that no log says has none")]

use abi::operations::Operation;
use abi::payouts::{PayoutEffect, PayoutOutcome as Entry, hash_of};
use abi::{CustodyEvent, ICustody};
use alloy_primitives::{Address, B256, IntoLogData, LogData, U256};
use money::Amount;
use plan::{Cause, Intake, PayoutOutcome, SettledPayout};

/// The logs of a cause in their order, the journal entry with this number last; `None` when no log says so: a command, or
/// payouts that no batch can have.
pub fn logs_of(seq: u64, cause: &Cause) -> Option<Vec<LogData>> {
    let seq = U256::from(seq);
    let event = match cause {
        Cause::BatchSettled {
            batch_id,
            manifest_hash,
            payouts,
        } => {
            let settled = Settled::of(payouts, |user, outcome| batch_event(*batch_id, user, outcome))?;
            let closing = ICustody::BatchSettled {
                batchId: *batch_id,
                seq,
                count: U256::from(payouts.len()),
                paid: settled.paid,
                credited: settled.credited,
                listHash: B256::ZERO,
                outcomeHash: settled.outcome_hash,
                manifestHash: *manifest_hash,
            };
            return Some(settled.closed_by(&CustodyEvent::BatchSettled(closing)));
        }
        Cause::LeavesSettled { root, payouts } => {
            let settled = Settled::of(payouts, |user, outcome| leaf_event(*root, user, outcome))?;
            let closing = ICustody::LeavesSettled {
                root: *root,
                seq,
                count: U256::from(payouts.len()),
                paid: settled.paid,
                credited: settled.credited,
                listHash: B256::ZERO,
                outcomeHash: settled.outcome_hash,
            };
            return Some(settled.closed_by(&CustodyEvent::LeavesSettled(closing)));
        }
        Cause::Registered(_)
        | Cause::RetoppedUp(_)
        | Cause::Refunded { .. }
        | Cause::EscrowMatured { .. } => of_deposits(seq, cause)?,
        _ => of_others(seq, cause)?,
    };
    Some(vec![event.to_log_data()])
}

fn of_deposits(seq: U256, cause: &Cause) -> Option<CustodyEvent> {
    Some(match cause {
        Cause::Registered(intake) => registered(seq, intake),
        Cause::RetoppedUp(intake) => CustodyEvent::RetopupCompleted(ICustody::RetopupCompleted {
            r#ref: intake.deposit_ref,
            user: intake.wallet,
            seq,
            amount: word(intake.amount),
            refundableUntil: U256::from(intake.refundable_until),
            planHash: intake.plan_hash,
            disclosureHash: intake.disclosure_hash,
        }),
        Cause::Refunded {
            deposit_ref,
            wallet,
            to,
            amount,
        } => CustodyEvent::DepositRefunded(ICustody::DepositRefunded {
            r#ref: *deposit_ref,
            user: *wallet,
            seq,
            to: *to,
            amount: word(*amount),
        }),
        Cause::EscrowMatured { through_day, amount } => {
            CustodyEvent::EscrowMatured(ICustody::EscrowMatured {
                throughDay: U256::from(*through_day),
                seq,
                amount: word(*amount),
            })
        }
        _ => return None,
    })
}

fn registered(seq: U256, intake: &Intake) -> CustodyEvent {
    CustodyEvent::RegistrationAccepted(ICustody::RegistrationAccepted {
        r#ref: intake.deposit_ref,
        user: intake.wallet,
        sponsor: intake.sponsor.unwrap_or(Address::ZERO),
        seq,
        amount: word(intake.amount),
        refundableUntil: U256::from(intake.refundable_until),
        planHash: intake.plan_hash,
        disclosureHash: intake.disclosure_hash,
    })
}

fn of_others(seq: U256, cause: &Cause) -> Option<CustodyEvent> {
    Some(match cause {
        Cause::Funded { from, amount } => CustodyEvent::Funded(ICustody::Funded {
            from: *from,
            seq,
            amount: word(*amount),
        }),
        Cause::UserFrozen { wallet, until } => CustodyEvent::UserFrozen(ICustody::UserFrozen {
            user: *wallet,
            seq,
            until: U256::from(*until),
            reason: B256::ZERO,
        }),
        Cause::UserUnfrozen { wallet } => {
            CustodyEvent::UserUnfrozen(ICustody::UserUnfrozen { user: *wallet, seq })
        }
        Cause::Noted => CustodyEvent::PauseChanged(ICustody::PauseChanged { seq, paused: true }),
        Cause::BatchCancelled { batch_id } => CustodyEvent::BatchCancelled(ICustody::BatchCancelled {
            batchId: *batch_id,
            seq,
        }),
        Cause::Claimed {
            wallet,
            root,
            entitled,
            amount,
        } => CustodyEvent::Claimed(ICustody::Claimed {
            user: *wallet,
            root: *root,
            seq,
            to: *wallet,
            entitled: word(*entitled),
            amount: word(*amount),
        }),
        Cause::CreditWithdrawn { wallet, to, amount } => {
            CustodyEvent::CreditWithdrawn(ICustody::CreditWithdrawn {
                user: *wallet,
                to: *to,
                seq,
                amount: word(*amount),
            })
        }
        Cause::TreasuryPaid { to, amount } => CustodyEvent::OperationExecuted(ICustody::OperationExecuted {
            id: B256::ZERO,
            seq,
            operation: Operation::Treasury.number(),
            argument: to.into_word(),
            value: word(*amount),
        }),
        Cause::RootPublished {
            root,
            total,
            as_of_seq,
            claimable_from,
        } => CustodyEvent::RootPublished(ICustody::RootPublished {
            root: *root,
            seq,
            total: word(*total),
            asOfSeq: U256::from(*as_of_seq),
            claimableFrom: U256::from(*claimable_from),
        }),
        Cause::RootVetoed { root } => CustodyEvent::RootVetoed(ICustody::RootVetoed { root: *root, seq }),
        _ => return None,
    })
}

fn word(amount: Amount) -> U256 {
    U256::from(amount.base_units())
}

/// The events of users, and what their closing event says of them.
struct Settled {
    events: Vec<CustodyEvent>,
    paid: U256,
    credited: U256,
    outcome_hash: B256,
}

impl Settled {
    fn of(
        payouts: &[SettledPayout],
        event_of: impl Fn(Address, PayoutOutcome) -> CustodyEvent,
    ) -> Option<Self> {
        let mut settled = Self {
            events: Vec::with_capacity(payouts.len()),
            paid: U256::ZERO,
            credited: U256::ZERO,
            outcome_hash: B256::ZERO,
        };
        let mut words = Vec::with_capacity(payouts.len());
        for payout in payouts {
            let user = payout.wallet;
            let effect = match payout.outcome {
                PayoutOutcome::Executed(amount) => {
                    settled.paid += word(amount);
                    PayoutEffect::Sent(amount.base_units())
                }
                PayoutOutcome::Credited { amount, .. } => {
                    settled.paid += word(amount);
                    settled.credited += word(amount);
                    PayoutEffect::Credited(amount.base_units())
                }
                PayoutOutcome::Skipped => PayoutEffect::Skipped,
            };
            let event = event_of(user, payout.outcome);
            words.push(Entry { user, effect }.word().ok()?);
            settled.events.push(event);
        }
        settled.outcome_hash = hash_of(&words);
        Some(settled)
    }

    fn closed_by(self, closing: &CustodyEvent) -> Vec<LogData> {
        self.events
            .iter()
            .chain([closing])
            .map(IntoLogData::to_log_data)
            .collect()
    }
}

fn batch_event(batch_id: B256, user: Address, outcome: PayoutOutcome) -> CustodyEvent {
    match outcome {
        PayoutOutcome::Executed(amount) => CustodyEvent::PayoutExecuted(ICustody::PayoutExecuted {
            batchId: batch_id,
            user,
            amount: word(amount),
        }),
        PayoutOutcome::Credited { amount, frozen } => {
            CustodyEvent::PayoutCredited(ICustody::PayoutCredited {
                batchId: batch_id,
                user,
                amount: word(amount),
                frozen,
            })
        }
        PayoutOutcome::Skipped => CustodyEvent::PayoutSkipped(ICustody::PayoutSkipped {
            batchId: batch_id,
            user,
        }),
    }
}

fn leaf_event(root: B256, user: Address, outcome: PayoutOutcome) -> CustodyEvent {
    match outcome {
        PayoutOutcome::Executed(amount) => CustodyEvent::LeafPaid(ICustody::LeafPaid {
            root,
            user,
            amount: word(amount),
        }),
        PayoutOutcome::Credited { amount, .. } => CustodyEvent::LeafCredited(ICustody::LeafCredited {
            root,
            user,
            amount: word(amount),
        }),
        PayoutOutcome::Skipped => CustodyEvent::LeafSkipped(ICustody::LeafSkipped { root, user }),
    }
}
