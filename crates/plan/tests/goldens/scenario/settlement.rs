//! The words of settlement.

use alloy_primitives::{Address, B256, keccak256};
use ledger::Movement;
use money::Amount;
use plan::{BatchEnd, Cause, ClaimEnd, Effect, PayoutOutcome, RequestedPayout, SettledPayout, UserId};

use super::{Scenario, wallet_of};

/// How a leg relates to a hold, in a word behind it.
pub(super) fn movement(movement: Movement) -> &'static str {
    match movement {
        Movement::Single => "",
        Movement::Pending => " pending",
        Movement::Post(_) => " post",
        Movement::Void(_) => " void",
    }
}

fn id_of(name: &str) -> B256 {
    keccak256(name)
}

impl Scenario {
    pub(super) fn settlement(&mut self, words: &[&str], at: &str) -> Cause {
        let asset = self.asset();
        let amount = |text: &str| asset.parse_amount(text).unwrap();
        match words {
            ["request", batch, lines @ ..] => Cause::BatchRequested {
                batch_id: id_of(batch),
                payouts: lines
                    .chunks(2)
                    .map(|line| RequestedPayout {
                        wallet: self.wallet(line[0]),
                        amount: amount(line[1]),
                    })
                    .collect(),
            },
            ["settle", batch, lines @ ..] => {
                let payouts = self.settled(lines, at);
                Cause::BatchSettled {
                    batch_id: id_of(batch),
                    manifest_hash: B256::ZERO,
                    payouts,
                }
            }
            ["release", batch, end] => Cause::BatchReleased {
                batch_id: id_of(batch),
                end: match *end {
                    "expired" => BatchEnd::Expired,
                    "cancelled" => BatchEnd::Cancelled,
                    other => panic!("{at}: expired or cancelled, not {other}"),
                },
            },
            ["cancel", batch] => Cause::BatchCancelled {
                batch_id: id_of(batch),
            },
            ["claim", name, text] => Cause::Claimed {
                wallet: self.wallet(name),
                root: B256::ZERO,
                entitled: amount(text),
                amount: self.sent(amount(text)),
            },
            ["leaves", lines @ ..] => Cause::LeavesSettled {
                root: B256::ZERO,
                payouts: self.settled(lines, at),
            },
            ["withdraw", name, text] => Cause::CreditWithdrawn {
                wallet: self.wallet(name),
                to: Address::ZERO,
                amount: self.sent(amount(text)),
            },
            ["treasury", text] => Cause::TreasuryPaid {
                to: Address::ZERO,
                amount: self.sent(amount(text)),
            },
            other => panic!("{at}: {other:?}"),
        }
    }

    fn settled(&mut self, mut words: &[&str], at: &str) -> Vec<SettledPayout> {
        let asset = self.asset();
        let amount = |text: &str| asset.parse_amount(text).unwrap();
        let mut lines = Vec::new();
        while let [name, rest @ ..] = words {
            let (outcome, rest) = match rest {
                ["credited", text, rest @ ..] => {
                    let amount = amount(text);
                    (
                        PayoutOutcome::Credited {
                            amount,
                            frozen: false,
                        },
                        rest,
                    )
                }
                ["frozen", text, rest @ ..] => {
                    let amount = amount(text);
                    (PayoutOutcome::Credited { amount, frozen: true }, rest)
                }
                ["skipped", rest @ ..] => (PayoutOutcome::Skipped, rest),
                [text, rest @ ..] => (PayoutOutcome::Executed(self.sent(amount(text))), rest),
                [] => panic!("{at}: what of {name}?"),
            };
            let wallet = self.wallet(name);
            lines.push(SettledPayout { wallet, outcome });
            words = rest;
        }
        lines
    }

    /// Notes that this left custody.
    fn sent(&mut self, amount: Amount) -> Amount {
        self.outflow = self.outflow.checked_add(amount).unwrap();
        amount
    }

    /// What the plan itself says of a user's payments.
    pub(super) fn payment(&self, text: &str) -> Option<Amount> {
        let of = |name: &str| {
            let user = self.book.user_of(wallet_of(name.trim_end_matches(')')));
            self.book.state().payments(user.unwrap())
        };
        let paid = text.strip_prefix("paid(").map(|name| of(name).paid);
        paid.or_else(|| text.strip_prefix("held_back(").map(|name| of(name).held))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an effect without words of its own is shown as it is"
    )]
    pub(super) fn settlement_text(&self, effect: &Effect) -> String {
        let name = |user: &UserId| self.name(*user).to_owned();
        let text = |amount: &Amount| self.asset().display_amount(*amount);
        match effect {
            Effect::PayoutHeld {
                user, amount, target, ..
            } => format!("! held {} {} to {}", name(user), text(amount), text(target)),
            Effect::PayoutRefused {
                user, amount, cause, ..
            } => {
                format!("! refused {} {} {cause:?}", name(user), text(amount))
            }
            Effect::BatchHeld { count, total, .. } => format!("! batch {count} {}", text(total)),
            Effect::PayoutReduced { user, amount, .. } => {
                format!("! reduced {} {}", name(user), text(amount))
            }
            Effect::PayoutSettled { user, outcome, .. } => match outcome {
                PayoutOutcome::Executed(amount) => format!("! executed {} {}", name(user), text(amount)),
                PayoutOutcome::Credited { amount, .. } => {
                    format!("! credited {} {}", name(user), text(amount))
                }
                PayoutOutcome::Skipped => format!("! skipped {}", name(user)),
            },
            Effect::BatchExecuted { .. } => "! batch executed".to_owned(),
            Effect::PayoutReleased { user, .. } => format!("! released {}", name(user)),
            Effect::BatchEnded { end, .. } => format!("! batch {}", end.name()),
            Effect::Paid { user, amount } => format!("! paid {} {}", name(user), text(amount)),
            Effect::Claimed {
                user,
                entitled,
                amount,
                end,
                ..
            } => match end {
                ClaimEnd::Paid => format!("! claimed {} {}", name(user), text(amount)),
                ClaimEnd::Credited => {
                    let (amount, entitled) = (text(amount), text(entitled));
                    format!("! claim credited {} {amount} of {entitled}", name(user))
                }
            },
            other => format!("! {other:?}"),
        }
    }
}
