//! A random history with settlement in it.

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use plan::{BatchEnd, Book, Cause, Outcome, PayoutOutcome, RequestedPayout, SettledPayout};

use crate::history::History;
use crate::{compiled, wallet};

/// A history with settlement in it. Operators ask for what the ledger says, the chain mostly does what was asked.
pub(crate) struct Settlements {
    history: History,
    book: Book,
    out: Outcome,
    batches: Vec<(B256, Vec<Address>)>,
}

impl Settlements {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            history: History::new(seed),
            book: Book::new(compiled()),
            out: Outcome::default(),
            batches: Vec::new(),
        }
    }

    pub(crate) fn next(&mut self) -> Cause {
        let cause = match self.history.below(60) {
            0..=5 => self.request(),
            6..=10 => self.settle(),
            11 => Cause::BatchReleased {
                batch_id: self.batch().0,
                end: BatchEnd::Expired,
            },
            12 => Cause::BatchCancelled {
                batch_id: self.batch().0,
            },
            13..=15 => {
                let wallet = self.somebody();
                let amount = self.payments(wallet).available;
                let amount = Amount::new(amount.base_units() / 2 + u128::from(self.history.below(3) / 2));
                Cause::Claimed {
                    wallet,
                    root: B256::repeat_byte(4),
                    entitled: amount,
                    amount,
                }
            }
            20 => self.settle_leaves(),
            16..=17 => {
                let wallet = self.somebody();
                Cause::CreditWithdrawn {
                    wallet,
                    to: wallet,
                    amount: self.payments(wallet).credit,
                }
            }
            18 => Cause::TreasuryPaid {
                to: Address::ZERO,
                amount: Amount::new(7_000_000_000_000_000_000),
            },
            19 => Cause::RootPublished {
                root: B256::repeat_byte(4),
                total: Amount::ZERO,
                as_of_seq: 1,
                claimable_from: 5,
            },
            _ => self.history.next(),
        };
        self.book.apply(&cause, &mut self.out);
        cause
    }

    fn payments(&self, wallet: Address) -> plan::Payments {
        let user = self.book.user_of(wallet);
        user.map(|user| self.book.state().payments(user))
            .unwrap_or_default()
    }

    fn somebody(&mut self) -> Address {
        wallet(1 + self.history.below(60))
    }

    /// Half of what they have, for some; what cannot be sent is credited, and some had nothing due.
    fn settle_leaves(&mut self) -> Cause {
        let picked: Vec<Address> = (1..=60)
            .map(wallet)
            .filter(|_| self.history.below(8) == 0)
            .collect();
        let line = |wallet| {
            let amount = Amount::new(self.payments(wallet).available.base_units() / 2);
            let outcome = match self.history.below(3) {
                _ if amount.is_zero() => PayoutOutcome::Skipped,
                0 => PayoutOutcome::Credited {
                    amount,
                    frozen: false,
                },
                _ => PayoutOutcome::Executed(amount),
            };
            SettledPayout { wallet, outcome }
        };
        Cause::LeavesSettled {
            root: B256::repeat_byte(4),
            payouts: picked.into_iter().map(line).collect(),
        }
    }

    fn request(&mut self) -> Cause {
        let id = B256::from(U256::from(self.batches.len() + 1));
        let picked: Vec<Address> = (1..=60)
            .map(wallet)
            .filter(|_| self.history.below(4) == 0)
            .collect();
        let payouts: Vec<RequestedPayout> = picked
            .into_iter()
            .map(|wallet| RequestedPayout {
                wallet,
                amount: self.payments(wallet).available,
            })
            .collect();
        let wallets = payouts.iter().map(|line| line.wallet).collect();
        self.batches.push((id, wallets));
        Cause::BatchRequested {
            batch_id: id,
            payouts,
        }
    }

    fn batch(&mut self) -> (B256, Vec<Address>) {
        let back = usize::try_from(self.history.below(3)).unwrap();
        let known = self.batches.iter().rev().nth(back);
        known
            .cloned()
            .unwrap_or((B256::repeat_byte(0xbb), vec![wallet(1)]))
    }

    fn settle(&mut self) -> Cause {
        let (batch_id, wallets) = self.batch();
        let payouts = wallets.into_iter().map(|wallet| {
            let amount = self.payments(wallet).held;
            let outcome = match self.history.below(9) {
                0 => PayoutOutcome::Credited { amount, frozen: true },
                1 => PayoutOutcome::Skipped,
                2 => PayoutOutcome::Executed(Amount::new(amount.base_units() + 3)),
                _ => PayoutOutcome::Executed(amount),
            };
            SettledPayout { wallet, outcome }
        });
        Cause::BatchSettled {
            batch_id,
            manifest_hash: B256::ZERO,
            payouts: payouts.collect(),
        }
    }
}
