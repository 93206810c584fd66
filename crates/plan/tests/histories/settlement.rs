//! Random settlement: what operators request, and what a chain could say, honest or not.

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use plan::{BatchEnd, Book, Cause, ClaimEnd, Effect, PayoutOutcome, RequestedPayout, SettledPayout};
use proptest::collection::vec;
use proptest::prelude::*;

/// One random step; numbers pick among what exists.
#[derive(Clone, Debug)]
pub(crate) enum Payment {
    /// Each line wants so many quarters of what its user has available: none, all, or more than that.
    Request {
        lines: Vec<(usize, u128)>,
        again: bool,
    },
    Settle {
        batch: usize,
        fates: Vec<u8>,
    },
    Release {
        batch: usize,
        end: bool,
    },
    Cancel {
        batch: usize,
    },
    Claim {
        user: usize,
        quarters: u128,
        more: u128,
    },
    /// Each line gets so many quarters of what its user has available, and more.
    Leaves {
        lines: Vec<(usize, u128, u8)>,
        more: u128,
    },
    Withdraw {
        user: usize,
        more: u128,
    },
    Treasury {
        amount: u128,
    },
    Root,
}

pub(crate) fn any_payment() -> impl Strategy<Value = Payment> {
    let pick = 0usize..1_000;
    let line = (pick.clone(), 0u128..6);
    prop_oneof![
        5 => (vec(line, 0..7), 0u8..9).prop_map(|(lines, dice)| Payment::Request { lines, again: dice == 0 }),
        5 => (pick.clone(), vec(0u8..12, 8)).prop_map(|(batch, fates)| Payment::Settle { batch, fates }),
        1 => (pick.clone(), any::<bool>()).prop_map(|(batch, end)| Payment::Release { batch, end }),
        1 => pick.clone().prop_map(|batch| Payment::Cancel { batch }),
        2 => (pick.clone(), 0u128..5, prop_oneof![5 => Just(0u128), 1 => 1u128..90])
            .prop_map(|(user, quarters, more)| Payment::Claim { user, quarters, more }),
        2 => (vec((pick.clone(), 0u128..5, 0u8..4), 0..7), prop_oneof![5 => Just(0u128), 1 => 1u128..90])
            .prop_map(|(lines, more)| Payment::Leaves { lines, more }),
        2 => (pick, prop_oneof![5 => Just(0u128), 1 => 1u128..90])
            .prop_map(|(user, more)| Payment::Withdraw { user, more }),
        2 => (0u128..3_000).prop_map(|amount| Payment::Treasury { amount }),
        1 => Just(Payment::Root),
    ]
}

/// Batches that were requested.
#[derive(Debug, Default)]
pub(crate) struct Batches(Vec<(B256, Vec<Address>)>);

impl Batches {
    /// The cause of a step; `wallet` picks someone, who may be a stranger.
    pub(crate) fn cause(&mut self, step: &Payment, book: &Book, wallet: impl Fn(usize) -> Address) -> Cause {
        let has = |wallet: Address| book.user_of(wallet).map(|user| book.state().payments(user));
        let quarters = |wallet: Address, quarters: u128| {
            let available = has(wallet).unwrap_or_default().available.base_units();
            available * quarters / 4
        };
        match step {
            Payment::Request { lines, again } => {
                let payouts: Vec<RequestedPayout> = lines
                    .iter()
                    .map(|(pick, part)| RequestedPayout {
                        wallet: wallet(*pick),
                        amount: Amount::new(quarters(wallet(*pick), *part)),
                    })
                    .collect();
                Cause::BatchRequested {
                    batch_id: self.id(*again, &payouts),
                    payouts,
                }
            }
            Payment::Settle { batch, fates } => {
                let (batch_id, wallets) = self.batch(*batch);
                let held = |wallet: Address| has(wallet).unwrap_or_default().held.base_units();
                Cause::BatchSettled {
                    batch_id,
                    manifest_hash: B256::ZERO,
                    payouts: wallets
                        .iter()
                        .zip(fates)
                        .filter_map(|(wallet, fate)| settled(*wallet, held(*wallet), *fate))
                        .collect(),
                }
            }
            Payment::Release { batch, end } => Cause::BatchReleased {
                batch_id: self.batch(*batch).0,
                end: if *end {
                    BatchEnd::Expired
                } else {
                    BatchEnd::Cancelled
                },
            },
            Payment::Cancel { batch } => Cause::BatchCancelled {
                batch_id: self.batch(*batch).0,
            },
            Payment::Claim {
                user,
                quarters: part,
                more,
            } => {
                let wallet = wallet(*user);
                let amount = Amount::new(quarters(wallet, *part) + more);
                Cause::Claimed {
                    wallet,
                    root: B256::repeat_byte(7),
                    entitled: amount,
                    amount,
                }
            }
            Payment::Leaves { lines, more } => {
                let due = |pick: usize, part| quarters(wallet(pick), part) + more;
                let mut payouts: Vec<SettledPayout> = lines
                    .iter()
                    .map(|(pick, part, fate)| settled_leaf(wallet(*pick), due(*pick, *part), *fate))
                    .collect();
                // As the contract has them: ascending, nobody twice.
                payouts.sort_by_key(|line| line.wallet);
                payouts.dedup_by_key(|line| line.wallet);
                Cause::LeavesSettled {
                    root: B256::repeat_byte(7),
                    payouts,
                }
            }
            Payment::Withdraw { user, more } => {
                let wallet = wallet(*user);
                let credit = has(wallet).unwrap_or_default().credit.base_units();
                Cause::CreditWithdrawn {
                    wallet,
                    to: Address::ZERO,
                    amount: Amount::new(credit + more),
                }
            }
            Payment::Treasury { amount } => Cause::TreasuryPaid {
                to: Address::ZERO,
                amount: Amount::new(*amount),
            },
            Payment::Root => Cause::RootPublished {
                root: B256::repeat_byte(7),
                total: Amount::ZERO,
                as_of_seq: 1,
                claimable_from: 1,
            },
        }
    }

    fn id(&mut self, again: bool, payouts: &[RequestedPayout]) -> B256 {
        if let Some((id, _)) = self.0.first().filter(|_| again) {
            return *id;
        }
        let id = B256::from(U256::from(self.0.len() + 1));
        self.0
            .push((id, payouts.iter().map(|line| line.wallet).collect()));
        id
    }

    /// A batch, mostly one of the newest; sometimes one that nobody requested.
    fn batch(&self, pick: usize) -> (B256, Vec<Address>) {
        let newest = self.0.iter().rev().nth(pick % 4);
        match newest.filter(|_| !pick.is_multiple_of(20)) {
            Some(known) => known.clone(),
            None => {
                let wallets = self.0.first().map(|(_, wallets)| wallets.clone());
                let id = B256::repeat_byte(0xf0 | u8::try_from(pick % 16).unwrap());
                (id, wallets.unwrap_or_default())
            }
        }
    }
}

/// Mostly what was held is paid; now and then it is credited, skipped, another amount or forgotten.
fn settled(wallet: Address, held: u128, fate: u8) -> Option<SettledPayout> {
    let outcome = match fate {
        0..=6 => PayoutOutcome::Executed(Amount::new(held)),
        7..=8 => PayoutOutcome::Credited {
            amount: Amount::new(held),
            frozen: fate == 7,
        },
        9 => PayoutOutcome::Skipped,
        10 => PayoutOutcome::Executed(Amount::new(held + 5)),
        _ => return None,
    };
    Some(SettledPayout { wallet, outcome })
}

/// A leaf is sent, credited or skipped; never another amount than what was due.
fn settled_leaf(wallet: Address, due: u128, fate: u8) -> SettledPayout {
    let amount = Amount::new(due);
    let outcome = match fate {
        _ if due == 0 => PayoutOutcome::Skipped,
        0..=1 => PayoutOutcome::Executed(amount),
        2 => PayoutOutcome::Credited { amount, frozen: true },
        _ => PayoutOutcome::Skipped,
    };
    SettledPayout { wallet, outcome }
}

/// What random settlements must reach.
pub(crate) const RULES: [&str; 18] = [
    "held",
    "AlreadyLive",
    "ExceedsAvailable",
    "reduced to nothing",
    "reduced",
    "executed",
    "credited",
    "skipped",
    "claimed",
    "claim credited",
    "released",
    "batch ended",
    "BatchKnown",
    "BatchNotLive",
    "UnknownBatch",
    "PayoutAmount",
    "Overpaid",
    "UnexpectedTreasury",
];

/// Which of [`RULES`] an effect shows.
pub(crate) fn rule_of(effect: &Effect) -> Option<&'static str> {
    let name = match effect {
        Effect::PayoutHeld { .. } => "held".to_owned(),
        Effect::PayoutRefused { cause, .. } => format!("{cause:?}"),
        Effect::PayoutReduced { amount, .. } if amount.is_zero() => "reduced to nothing".to_owned(),
        Effect::PayoutReduced { .. } => "reduced".to_owned(),
        Effect::PayoutSettled { outcome, .. } => match outcome {
            PayoutOutcome::Executed(_) => "executed",
            PayoutOutcome::Credited { .. } => "credited",
            PayoutOutcome::Skipped => "skipped",
        }
        .to_owned(),
        Effect::Claimed { end, .. } => match end {
            ClaimEnd::Paid => "claimed",
            ClaimEnd::Credited => "claim credited",
        }
        .to_owned(),
        Effect::PayoutReleased { .. } => "released".to_owned(),
        Effect::BatchEnded { .. } => "batch ended".to_owned(),
        Effect::CommandIgnored { cause } => format!("{cause:?}"),
        Effect::Discrepancy { cause } => format!("{cause:?}"),
        Effect::Joined { .. }
        | Effect::Component(_)
        | Effect::Continues { .. }
        | Effect::DepositTaken { .. }
        | Effect::DepositRefunded { .. }
        | Effect::DepositMatured { .. }
        | Effect::UserRefunded { .. }
        | Effect::TreeOpened { .. }
        | Effect::Placed { .. }
        | Effect::TreeClosed { .. }
        | Effect::RewardForfeited { .. }
        | Effect::ReserveSet { .. }
        | Effect::Progressed { .. }
        | Effect::Frozen { .. }
        | Effect::Unfrozen { .. }
        | Effect::BatchHeld { .. }
        | Effect::BatchExecuted { .. }
        | Effect::Paid { .. }
        | Effect::RootPublished { .. }
        | Effect::RootVetoed { .. } => return None,
    };
    RULES.into_iter().find(|rule| *rule == name)
}
