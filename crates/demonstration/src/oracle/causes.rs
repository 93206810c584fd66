//! The contract's logs as causes, read a second time: without the listener's code.

use std::collections::BTreeMap;

use abi::CustodyEvent;
use abi::operations::Operation;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use anyhow::{Context, ensure};
use devstack::world::Site;
use money::Amount;
use plan::{Cause, Intake, PayoutOutcome, SettledPayout};

/// Every journal entry by its number.
pub(super) async fn of_the_chain(site: &Site) -> anyhow::Result<BTreeMap<u64, Cause>> {
    let filter = Filter::new().address(site.custody).from_block(0);
    let mut causes = BTreeMap::new();
    let mut lines = Vec::new();
    for log in site.provider.get_logs(&filter).await? {
        let Some(event) = abi::events::decode(&log.inner.data)? else {
            continue;
        };
        let Some(seq) = abi::events::seq_of(&event) else {
            lines.push(line(&event)?);
            continue;
        };
        let settled = std::mem::take(&mut lines);
        causes.insert(u64::try_from(seq)?, cause(event, settled)?);
    }
    ensure!(lines.is_empty(), "payouts without a batch");
    Ok(causes)
}

/// Adds what a cause paid.
pub(super) fn count_paid(cause: &Cause, paid: &mut BTreeMap<Address, i128>) -> anyhow::Result<()> {
    let mut add = |wallet: Address, amount: Amount| -> anyhow::Result<()> {
        *paid.entry(wallet).or_default() += i128::try_from(amount.base_units())?;
        Ok(())
    };
    if let Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } = cause {
        for line in payouts {
            match line.outcome {
                PayoutOutcome::Executed(amount) | PayoutOutcome::Credited { amount, .. } => {
                    add(line.wallet, amount)?;
                }
                PayoutOutcome::Skipped => {}
            }
        }
    } else if let Cause::Claimed { wallet, amount, .. } = cause {
        add(*wallet, *amount)?;
    }
    Ok(())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an event without a number is a payout, or the contract is not what it says"
)]
fn line(event: &CustodyEvent) -> anyhow::Result<SettledPayout> {
    let (wallet, outcome) = match event {
        CustodyEvent::PayoutExecuted(e) => (e.user, PayoutOutcome::Executed(amount(e.amount)?)),
        CustodyEvent::PayoutCredited(e) => {
            let amount = amount(e.amount)?;
            (
                e.user,
                PayoutOutcome::Credited {
                    amount,
                    frozen: e.frozen,
                },
            )
        }
        CustodyEvent::PayoutSkipped(e) => (e.user, PayoutOutcome::Skipped),
        CustodyEvent::LeafPaid(e) => (e.user, PayoutOutcome::Executed(amount(e.amount)?)),
        CustodyEvent::LeafCredited(e) => {
            let amount = amount(e.amount)?;
            let frozen = false;
            (e.user, PayoutOutcome::Credited { amount, frozen })
        }
        CustodyEvent::LeafSkipped(e) => (e.user, PayoutOutcome::Skipped),
        other => anyhow::bail!("{other:?} has no number"),
    };
    Ok(SettledPayout { wallet, outcome })
}

fn cause(event: CustodyEvent, settled: Vec<SettledPayout>) -> anyhow::Result<Cause> {
    Ok(match event {
        CustodyEvent::RegistrationAccepted(e) => Cause::Registered(Intake {
            deposit_ref: e.r#ref,
            wallet: e.user,
            sponsor: (!e.sponsor.is_zero()).then_some(e.sponsor),
            amount: amount(e.amount)?,
            refundable_until: u64::try_from(e.refundableUntil)?,
            plan_hash: e.planHash,
            disclosure_hash: e.disclosureHash,
        }),
        CustodyEvent::RetopupCompleted(e) => Cause::RetoppedUp(Intake {
            deposit_ref: e.r#ref,
            wallet: e.user,
            sponsor: None,
            amount: amount(e.amount)?,
            refundable_until: u64::try_from(e.refundableUntil)?,
            plan_hash: e.planHash,
            disclosure_hash: e.disclosureHash,
        }),
        CustodyEvent::DepositRefunded(e) => Cause::Refunded {
            deposit_ref: e.r#ref,
            wallet: e.user,
            to: e.to,
            amount: amount(e.amount)?,
        },
        CustodyEvent::EscrowMatured(e) => Cause::EscrowMatured {
            through_day: u32::try_from(e.throughDay)?,
            amount: amount(e.amount)?,
        },
        CustodyEvent::Funded(e) => Cause::Funded {
            from: e.from,
            amount: amount(e.amount)?,
        },
        CustodyEvent::UserFrozen(e) => Cause::UserFrozen {
            wallet: e.user,
            until: u64::try_from(e.until)?,
        },
        CustodyEvent::UserUnfrozen(e) => Cause::UserUnfrozen { wallet: e.user },
        CustodyEvent::BatchSettled(_)
        | CustodyEvent::BatchCancelled(_)
        | CustodyEvent::Claimed(_)
        | CustodyEvent::LeavesSettled(_)
        | CustodyEvent::CreditWithdrawn(_)
        | CustodyEvent::RootPublished(_)
        | CustodyEvent::RootVetoed(_)
        | CustodyEvent::OperationExecuted(_) => outgoing(event, settled)?,
        CustodyEvent::OperationScheduled(_)
        | CustodyEvent::OperationCancelled(_)
        | CustodyEvent::OutflowCapLowered(_)
        | CustodyEvent::RoleChanged(_)
        | CustodyEvent::PauseChanged(_)
        | CustodyEvent::SignerRevoked(_)
        | CustodyEvent::UserEnrolled(_) => Cause::Noted,
        CustodyEvent::PayoutExecuted(_)
        | CustodyEvent::PayoutCredited(_)
        | CustodyEvent::PayoutSkipped(_)
        | CustodyEvent::LeafPaid(_)
        | CustodyEvent::LeafCredited(_)
        | CustodyEvent::LeafSkipped(_) => anyhow::bail!("a payout has no number"),
    })
}

/// What concerns money on its way out.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whoever calls has told the events apart"
)]
fn outgoing(event: CustodyEvent, settled: Vec<SettledPayout>) -> anyhow::Result<Cause> {
    Ok(match event {
        CustodyEvent::BatchSettled(e) => {
            ensure!(
                U256::from(settled.len()) == e.count,
                "a batch of {} has {} events",
                e.count,
                settled.len()
            );
            Cause::BatchSettled {
                batch_id: e.batchId,
                manifest_hash: e.manifestHash,
                payouts: settled,
            }
        }
        CustodyEvent::LeavesSettled(e) => {
            ensure!(
                U256::from(settled.len()) == e.count,
                "{} leaves have {} events",
                e.count,
                settled.len()
            );
            Cause::LeavesSettled {
                root: e.root,
                payouts: settled,
            }
        }
        CustodyEvent::BatchCancelled(e) => Cause::BatchCancelled { batch_id: e.batchId },
        CustodyEvent::Claimed(e) => Cause::Claimed {
            wallet: e.user,
            root: e.root,
            entitled: amount(e.entitled)?,
            amount: amount(e.amount)?,
        },
        CustodyEvent::CreditWithdrawn(e) => Cause::CreditWithdrawn {
            wallet: e.user,
            to: e.to,
            amount: amount(e.amount)?,
        },
        CustodyEvent::RootPublished(e) => Cause::RootPublished {
            root: e.root,
            total: amount(e.total)?,
            as_of_seq: u64::try_from(e.asOfSeq)?,
            claimable_from: u64::try_from(e.claimableFrom)?,
        },
        CustodyEvent::RootVetoed(e) => Cause::RootVetoed { root: e.root },
        CustodyEvent::OperationExecuted(e)
            if Operation::from_number(e.operation) == Some(Operation::Treasury) =>
        {
            Cause::TreasuryPaid {
                to: Address::from_word(e.argument),
                amount: amount(e.value)?,
            }
        }
        CustodyEvent::OperationExecuted(e)
            if Operation::from_number(e.operation) == Some(Operation::RetireRoot) =>
        {
            Cause::RootVetoed { root: e.argument }
        }
        CustodyEvent::OperationExecuted(_) => Cause::Noted,
        other => anyhow::bail!("{other:?} moves nothing out"),
    })
}

fn amount(value: U256) -> anyhow::Result<Amount> {
    Ok(Amount::new(
        u128::try_from(value).context("an amount above 128 bits")?,
    ))
}
