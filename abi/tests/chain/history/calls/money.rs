//! Calls that take money in or let it out.

use abi::payouts::Payout;
use abi::typed_data::{self, Message, PayoutBatch, Refund, Registration, Retopup};
use abi::{ICustody, development};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use audit::liabilities::{Leaf, SumNode, Tree};
use devstack::anvil::CHAIN_ID;
use money::Amount;

use super::{Call, Making};

const GWEI: u128 = 1_000_000_000;
/// What the contract takes at least.
const FUNDING_MIN: u128 = 10_000_000 * GWEI;
/// A day's prices are of this order: a thousandth of a BNB.
const FINNEY: u128 = 1_000_000_000_000_000;
/// Seconds for which an authorization lives.
const LIFE: u64 = 600;
/// Users of a batch beside those who are frozen.
const BATCH_USERS: usize = 6;
/// Frozen users whom a batch names, so that something is credited.
const BATCH_FROZEN: usize = 3;
/// Above what such a batch pays, and below what can be spent from early on.
const BATCH_TOTAL_MAX: u128 = 40 * FINNEY;
/// The largest part that is settled at once has two to the power of this many leaves.
const PART_HEIGHT_MAX: usize = 4;

impl Making<'_> {
    pub(super) fn register(&mut self) -> Option<Call> {
        // Now and then someone who is registered already.
        let again = self.dice.below(8) == 0;
        let people = &self.book.people;
        let place = people.iter().position(|person| !person.is_registered);
        let place = place.map(|first| (first + self.dice.below(20)).min(people.len() - 1));
        let place = place
            .filter(|_| !again)
            .unwrap_or_else(|| self.dice.below(self.book.people.len()));
        let user = self.book.people[place].address;
        let intake = self.intake(user);
        let value = intake.amount;
        let signature = self.signed(&development::SIGNER, &Registration(intake.clone()));
        let call = ICustody::registerCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        Some(Call::of(user, &call).with_value(value))
    }

    pub(super) fn retopup(&mut self) -> Option<Call> {
        let place = self.somebody(|_| true)?;
        let user = self.book.people[place].address;
        let intake = self.intake(user);
        let value = intake.amount;
        let signature = self.signed(&development::SIGNER, &Retopup(intake.clone()));
        let call = ICustody::retopupCall {
            intake,
            signer: development::SIGNER.address,
            signature,
        };
        Some(Call::of(user, &call).with_value(value))
    }

    pub(super) fn refund(&mut self) -> Option<Call> {
        // The newest deposits can still be refunded.
        let newest = self.book.deposits.len().saturating_sub(60);
        let deposit = self.dice.pick(&self.book.deposits[newest..])?;
        let (reference, user) = (deposit.reference, deposit.user);
        let call = ICustody::refundCall {
            r#ref: reference,
            to: user,
        };
        match self.dice.below(3) {
            0 => Some(Call::of(user, &call)),
            1 => {
                let calls = vec![call.abi_encode().into()];
                Some(Call::of(user, &ICustody::multicallCall { calls }))
            }
            _ => {
                let order = ICustody::Refund {
                    r#ref: reference,
                    to: self.anybody(),
                    deadline: U256::from(self.now + LIFE),
                };
                let key = &self.book.people[self.book.places[&user]].key;
                let signature = self.signed_by(key, &Refund(order.clone()));
                let call = ICustody::refundForCall { order, signature };
                Some(Call::of(self.anybody(), &call))
            }
        }
    }

    pub(super) fn sweep(&mut self) -> Call {
        let from = self.anybody();
        let days = U256::from(1 + self.dice.below(20));
        Call::of(from, &ICustody::sweepMaturedCall { maxDays: days })
    }

    pub(super) fn fund(&mut self) -> Call {
        let from = self.anybody();
        let amount = FUNDING_MIN + self.dice.up_to(3_000_000_000) * GWEI;
        Call::of(from, &ICustody::fundCall {}).with_value(U256::from(amount))
    }

    pub(super) fn batch(&mut self) -> Option<Call> {
        let now = self.now;
        let mut places: Vec<usize> = (0..BATCH_USERS).filter_map(|_| self.somebody(|_| true)).collect();
        places.extend((0..BATCH_FROZEN).filter_map(|_| self.somebody(|person| person.frozen_until > now)));
        places.sort_unstable_by_key(|place| self.book.people[*place].address);
        places.dedup();
        if places.is_empty() {
            return None;
        }
        let payouts: Vec<B256> = places
            .into_iter()
            .map(|place| {
                let person = &self.book.people[place];
                let (user, target) = (person.address, person.paid + self.dice.up_to(2) * FINNEY);
                Payout { user, target }.word().expect("it fits")
            })
            .collect();
        let message = PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: self.fresh(),
                submitter: development::SUBMITTER.address,
                maxTotal: U256::from(BATCH_TOTAL_MAX),
                manifestHash: self.fresh(),
                validAfter: U256::from(now),
                deadline: U256::from(now + LIFE),
            },
            payouts,
        };
        let signature = self.signed(&development::SIGNER, &message);
        let call = ICustody::executeBatchPayoutsCall {
            batch: message.batch,
            payouts: message.payouts,
            signer: development::SIGNER.address,
            signature,
        };
        Some(Call::of(development::SUBMITTER.address, &call))
    }

    /// A tree in which nobody is entitled to less than in the newest one, or than was paid.
    pub(super) fn publish_root(&mut self) -> Option<Call> {
        let newest = self
            .book
            .roots
            .last()
            .and_then(|root| self.book.trees.get(&root.hash));
        let before = |wallet| {
            let leaf = newest.and_then(|tree| tree.leaf(wallet));
            leaf.map_or(0, |leaf| leaf.entitled.base_units())
        };
        let mut leaves = Vec::new();
        for person in self.book.people.iter().filter(|person| person.is_registered) {
            let least = before(person.address).max(person.paid);
            leaves.push(Leaf {
                wallet: person.address,
                entitled: Amount::new(least + self.dice.up_to(9) * FINNEY + 1),
            });
        }
        let tree = Tree::build(leaves).ok()?;
        let message = ICustody::LiabilitiesRoot {
            root: tree.root(),
            total: U256::from(tree.total().base_units()),
            asOfSeq: U256::from(self.book.seq),
            validAfter: U256::from(self.now),
            deadline: U256::from(self.now + LIFE),
        };
        self.book.trees.insert(tree.root(), tree);
        let signature = self.signed(&development::ROOT_SIGNER, &message);
        let call = ICustody::publishRootCall {
            root: message,
            signer: development::ROOT_SIGNER.address,
            signature,
        };
        Some(Call::of(development::SUBMITTER.address, &call))
    }

    pub(super) fn claim(&mut self) -> Option<Call> {
        let (root, tree) = self.mature()?;
        let now = self.now;
        let due = |leaf: &&Leaf| {
            let person = &self.book.people[self.book.places[&leaf.wallet]];
            leaf.entitled.base_units() > person.paid && person.frozen_until <= now
        };
        let due: Vec<Leaf> = tree.leaves().iter().filter(due).copied().collect();
        let leaf = self.dice.pick(&due)?;
        let (user, entitled) = (leaf.wallet, U256::from(leaf.entitled.base_units()));
        let proof = nodes(&tree.proof(user)?);
        let (from, to) = (self.anybody(), self.anybody());
        Some(match self.dice.below(3) {
            0 => Call::of(
                from,
                &ICustody::claimCall {
                    user,
                    entitled,
                    root,
                    proof,
                },
            ),
            1 => Call::of(
                user,
                &ICustody::claimToCall {
                    to,
                    entitled,
                    root,
                    proof,
                },
            ),
            _ => {
                let order = ICustody::Claim {
                    user,
                    to,
                    root,
                    entitled,
                    deadline: U256::from(self.now + LIFE),
                };
                let key = &self.book.people[self.book.places[&user]].key;
                let signature = self.signed_by(key, &order);
                let call = ICustody::claimForCall {
                    order,
                    proof,
                    signature,
                };
                Call::of(from, &call)
            }
        })
    }

    pub(super) fn settle_leaves(&mut self) -> Option<Call> {
        let (root, tree) = self.mature()?;
        let height = self.dice.below(PART_HEIGHT_MAX + 1);
        let first = (self.dice.below(tree.leaves().len()) >> height) << height;
        let part = tree.part(first, u32::try_from(height).expect("small"))?;
        let word = |leaf: &Leaf| {
            let (user, target) = (leaf.wallet, leaf.entitled.base_units());
            Payout { user, target }.word().expect("it fits")
        };
        let call = ICustody::settleLeavesCall {
            root,
            leaves: part.leaves.iter().map(word).collect(),
            proof: nodes(&part.proof),
        };
        Some(Call::of(self.anybody(), &call))
    }

    pub(super) fn withdraw_credit(&mut self) -> Option<Call> {
        let now = self.now;
        let place = self.somebody(|person| person.credit > 0 && person.frozen_until <= now)?;
        let user = self.book.people[place].address;
        Some(Call::of(user, &ICustody::withdrawCreditCall { to: user }))
    }

    pub(super) fn withdraw_credit_for(&mut self) -> Option<Call> {
        let now = self.now;
        let place = self.somebody(|person| person.credit > 0 && person.frozen_until <= now)?;
        let person = &self.book.people[place];
        let user = person.address;
        let withdrawal = ICustody::Withdrawal {
            user,
            to: user,
            amount: U256::from(person.credit),
            nonce: U256::from(person.paid),
            deadline: U256::from(now + LIFE),
        };
        let signature = self.signed_by(&person.key, &withdrawal);
        let call = ICustody::withdrawCreditForCall {
            withdrawal,
            signature,
        };
        Some(Call::of(self.anybody(), &call))
    }

    fn intake(&mut self, user: Address) -> ICustody::Intake {
        ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount: U256::from((1 + self.dice.up_to(20_000_000)) * GWEI),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: self.fresh(),
            deadline: U256::from(self.now + LIFE),
        }
    }

    /// The newest root that can be claimed against.
    fn mature(&self) -> Option<(B256, Tree)> {
        let mut newest = self.book.roots.iter().rev();
        let root = newest.find(|root| root.claimable_from <= self.now)?;
        Some((root.hash, self.book.trees[&root.hash].clone()))
    }

    fn signed(&self, account: &development::Account, message: &impl Message) -> Bytes {
        self.world.sign(account, message)
    }

    fn signed_by(&self, key: &PrivateKeySigner, message: &impl Message) -> Bytes {
        let domain = typed_data::domain(CHAIN_ID, self.world.custody.address);
        let signature = key
            .sign_hash_sync(&typed_data::digest(message, &domain))
            .expect("a signature");
        Bytes::from(signature.as_bytes())
    }
}

fn nodes(proof: &[SumNode]) -> Vec<ICustody::SumNode> {
    let node = |node: &SumNode| ICustody::SumNode {
        hash: node.hash,
        sum: U256::from(node.sum.base_units()),
    };
    proof.iter().map(node).collect()
}
