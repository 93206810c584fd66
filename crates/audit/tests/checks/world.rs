//! A small world in which everything agrees: causes are applied to the books by the plan's rules, and to a contract
//! that is written here, as simple as possible. What it emits is folded as events.

mod bookings;
mod contract;
mod leaves;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256, keccak256};
use audit::PostedFact;
use audit::checks::{
    Batch, BatchState, Chain, Entry, Event, Events, Position, Root, Sender, Settled, SignerMemory, Skip,
    Snapshot, SubmissionEnd,
};
use audit::liabilities::{Leaf, Tree};
use audit::recount::Recount;
use ledger::UserId;
use money::Amount;
use plan::{BatchEnd, Book, Cause, CompiledPlan, Intake, PayoutOutcome, RequestedPayout, SettledPayout};

use crate::books::ledger_of;
pub(crate) use bookings::bookings;
pub(crate) use contract::Contract;
use contract::word_of;

const DAY: u64 = 86_400;
pub(crate) const BNB: u128 = 1_000_000_000_000_000_000;

pub(crate) struct World {
    plan: CompiledPlan,
    recount: Recount,
    facts: u64,
    newest: u32,
    pub(crate) contract: Contract,
    batches: BTreeMap<B256, Batch>,
    roots: Vec<Root>,
}

pub(crate) fn plan() -> CompiledPlan {
    plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap()
}

pub(crate) fn wallet(user: u32) -> Address {
    Address::from_word(keccak256(user.to_be_bytes()))
}

pub(crate) fn reference(number: u32) -> B256 {
    keccak256(number.to_le_bytes())
}

pub(crate) fn batch_id(number: u8) -> B256 {
    B256::repeat_byte(number)
}

/// Books, events and contract of a world with so many users, all of whom were paid through to the end.
pub(crate) fn consistent(users: u32) -> Snapshot {
    consistent_with_logs(users).0
}

/// The same with the logs whose fold the snapshot's events are.
pub(crate) fn consistent_with_logs(users: u32) -> (Snapshot, Vec<(Event, Option<Entry>)>) {
    let mut world = World::new(users);
    world.take_in(users);
    world.pay();
    let logs = std::mem::take(&mut world.contract.logs);
    (world.snapshot(), logs)
}

/// A world of subscriptions: seven users one below the other but for user 3, who is a direct of user 1 as user 2 is; one buys again,
/// one pays too little, one pays after the registration went back, and has a direct after that.
pub(crate) fn purchases() -> Snapshot {
    let text = include_str!("../../../../plans/subscription.toml").replace("\"USDT\"", "\"BNB\"");
    let allocations = "[[subscription.allocations]]\nfund = \"yield\"\nbps = 500\n";
    let plan = plan::compile(&format!("{text}\n{allocations}")).unwrap();
    let mut world = World::of(plan, 7);
    let units = |bnb: u128| Amount::new(bnb * BNB);
    for (user, sponsor, bnb) in [
        (1, None, 60),
        (2, Some(1), 100),
        (3, Some(1), 50),
        (4, Some(2), 1_000),
        (5, Some(4), 3_001),
        (6, Some(5), 50),
    ] {
        let intake = world.intake(user, sponsor, user, units(bnb));
        world.post(Cause::Registered(intake));
    }
    for (number, user, bnb) in [(101, 1, 77), (104, 4, 7)] {
        let intake = world.intake(user, None, number, units(bnb));
        world.post(Cause::RetoppedUp(intake));
    }
    world.refund(6, 6, units(50));
    let intake = world.intake(6, None, 106, units(50));
    world.post(Cause::RetoppedUp(intake));
    let intake = world.intake(7, Some(6), 7, units(50));
    world.post(Cause::Registered(intake));
    world.snapshot()
}

impl World {
    fn new(users: u32) -> Self {
        Self::of(plan(), users)
    }

    fn of(plan: CompiledPlan, users: u32) -> Self {
        Self {
            recount: Recount::new(Book::new(plan.clone())),
            plan,
            facts: 0,
            newest: users + 1,
            contract: Contract::default(),
            batches: BTreeMap::new(),
            roots: Vec::new(),
        }
    }

    fn post(&mut self, cause: Cause) {
        self.facts += 1;
        let fingerprint = B256::from(U256::from(self.facts));
        self.recount.apply(&PostedFact {
            seq: self.facts,
            batch_seq: 1,
            inbox_seq: Some(self.facts),
            cause,
            fingerprint,
            fingerprint_of_cause: fingerprint,
            effective_at: self.facts,
        });
    }

    fn intake(&mut self, user: u32, sponsor: Option<u32>, number: u32, amount: Amount) -> Intake {
        // The newest is past what matures below.
        let day = if number == self.newest {
            30
        } else {
            14 + u64::from(number % 5)
        };
        let refundable_until = day * DAY;
        let (deposit_ref, who) = (reference(number), wallet(user));
        let event = if self.contract.chain.accounts.contains_key(&who) {
            Event::RetoppedUp {
                user: who,
                deposit_ref,
                amount,
                refundable_until,
            }
        } else {
            Event::Registered {
                user: who,
                deposit_ref,
                amount,
                refundable_until,
            }
        };
        self.contract.emit_main(event);
        Intake {
            deposit_ref,
            wallet: who,
            sponsor: sponsor.map(wallet),
            amount,
            refundable_until,
            plan_hash: self.plan.hash(),
            disclosure_hash: B256::ZERO,
        }
    }

    /// Everyone registers, every third buys a retopup, some go back, and all but the newest matures.
    fn take_in(&mut self, users: u32) {
        let (price, retopup) = (self.plan.registration_price(), self.plan.retopup_price());
        for user in 1..=users {
            let sponsor = (user > 1).then(|| user.div_ceil(3).min(user - 1));
            let intake = self.intake(user, sponsor, user, price);
            self.post(Cause::Registered(intake));
        }
        for user in (1..=users).step_by(3) {
            let intake = self.intake(user, None, 1_000_000 + user, retopup);
            self.post(Cause::RetoppedUp(intake));
        }
        // A payment of a wrong amount is parked.
        let intake = self.intake(4, None, 2_000_000, Amount::new(7 * BNB));
        self.post(Cause::RetoppedUp(intake));
        self.refund(users, users, price);
        self.refund(1_000_004, 4, retopup);
        let until = 1_000 * DAY;
        self.contract.emit_main(Event::UserFrozen {
            user: wallet(5),
            until,
        });
        self.post(Cause::UserFrozen {
            wallet: wallet(5),
            until,
        });
        let (user, until) = (wallet(6), 17 * DAY);
        self.contract.emit_main(Event::UserFrozen { user, until });
        self.post(Cause::UserFrozen { wallet: user, until });
        self.contract.emit_main(Event::UserUnfrozen { user });
        self.post(Cause::UserUnfrozen { wallet: user });
        let amount = Amount::new(u128::try_from(self.contract.events.escrowed()).unwrap());
        self.contract.emit_main(Event::Matured {
            through_day: 20,
            amount,
        });
        self.post(Cause::EscrowMatured {
            through_day: 20,
            amount,
        });
        let late = self.newest;
        let intake = self.intake(late, Some(1), late, price);
        self.post(Cause::Registered(intake));
    }

    fn refund(&mut self, number: u32, user: u32, amount: Amount) {
        let deposit_ref = reference(number);
        self.contract.emit_main(Event::Refunded { deposit_ref, amount });
        let (wallet, to) = (wallet(user), wallet(user));
        self.post(Cause::Refunded {
            deposit_ref,
            wallet,
            to,
            amount,
        });
    }

    /// Batches of every kind, a root, a claim, a withdrawal, and what the operator does.
    fn pay(&mut self) {
        let from = wallet(0);
        let amount = Amount::new(5 * BNB);
        self.contract.emit_main(Event::Funded { amount });
        self.post(Cause::Funded { from, amount });
        self.request(1, &[1, 2, 4, 7]);
        self.settle(1, &[2, 7]);
        self.publish_root();
        self.request(2, &[3, 8]);
        self.claim(3);
        self.settle(2, &[]);
        let amount = self.contract.chain.accounts[&wallet(2)].credit;
        let user = wallet(2);
        self.contract.emit_main(Event::CreditWithdrawn { user, amount });
        self.post(Cause::CreditWithdrawn {
            wallet: user,
            to: wallet(0),
            amount,
        });
        self.settle_leaves(&[3, 5, 6, 13], &[5]);
        self.request(3, &[9]);
        self.post(Cause::BatchReleased {
            batch_id: batch_id(3),
            end: BatchEnd::Expired,
        });
        self.batches.get_mut(&batch_id(3)).unwrap().state = BatchState::Released;
        self.request(4, &[9, 10]);
        self.request(5, &[11]);
        let open = self.batches.get_mut(&batch_id(5)).unwrap();
        (open.state, open.is_signed, open.deadline) = (BatchState::Open, false, None);
        let amount = Amount::new(BNB);
        self.contract.emit_main(Event::TreasuryPaid { amount });
        self.post(Cause::TreasuryPaid { to: from, amount });
        self.contract.emit_main(Event::Governance);
        self.post(Cause::Noted);
    }

    fn available(&self, user: u32) -> Amount {
        let id = ledger::Account::Available(UserId::new(user).unwrap()).id().get();
        let books = self.recount.clone().into_books();
        let balance = &books.balances[&id];
        balance.credits_posted.checked_sub(balance.debits_posted).unwrap()
    }

    /// A batch that is signed at once.
    fn request(&mut self, number: u8, users: &[u32]) {
        let batch_id = batch_id(number);
        let payouts = users.iter().map(|user| RequestedPayout {
            wallet: wallet(*user),
            amount: self.available(*user),
        });
        let payouts = payouts.collect();
        self.post(Cause::BatchRequested { batch_id, payouts });
        let batch = Batch {
            id: batch_id,
            state: BatchState::Signed,
            deadline: Some(21 * DAY),
            manifest_hash: Some(keccak256([number])),
            is_signed: true,
            payouts: Vec::new(),
        };
        self.batches.insert(batch_id, batch);
    }

    /// Executes a batch, in the order of wallets; those who refuse are credited.
    fn settle(&mut self, number: u8, refusing: &[u32]) {
        let batch = batch_id(number);
        let books = self.recount.clone().into_books();
        let mut lines: Vec<(Address, u32, Amount)> = books
            .payouts
            .iter()
            .filter(|((id, _), _)| *id == batch)
            .map(|((_, user), row)| (wallet(*user), *user, row.target.unwrap()))
            .collect();
        lines.sort_unstable();
        let (mut paid, mut credited) = (0, 0);
        let (mut list, mut outcomes, mut payouts) = (Vec::new(), Vec::new(), Vec::new());
        for (who, user, target) in &lines {
            let due = target.saturating_sub(self.contract.chain.accounts[who].paid);
            paid += due.base_units();
            let (outcome, word) = if due.is_zero() {
                self.contract.emit(Event::PayoutSkipped { batch, user: *who });
                (PayoutOutcome::Skipped, 0)
            } else if refusing.contains(user) {
                credited += due.base_units();
                self.contract.emit(Event::PayoutCredited {
                    batch,
                    user: *who,
                    amount: due,
                });
                let (amount, frozen) = (due, false);
                (
                    PayoutOutcome::Credited { amount, frozen },
                    due.base_units() | (1 << 95),
                )
            } else {
                self.contract.emit(Event::PayoutExecuted {
                    batch,
                    user: *who,
                    amount: due,
                });
                (PayoutOutcome::Executed(due), due.base_units())
            };
            list.extend_from_slice(&word_of(*who, target.base_units()));
            outcomes.extend_from_slice(&word_of(*who, word));
            payouts.push(SettledPayout {
                wallet: *who,
                outcome,
            });
        }
        let settled = Settled {
            seq: self.contract.next_seq + 1,
            count: lines.len() as u64,
            paid: Amount::new(paid),
            credited: Amount::new(credited),
            list_hash: keccak256(list),
            outcome_hash: keccak256(outcomes),
            manifest_hash: Some(keccak256([number])),
        };
        self.contract.emit_main(Event::BatchSettled { batch, settled });
        let manifest_hash = keccak256([number]);
        self.post(Cause::BatchSettled {
            batch_id: batch,
            manifest_hash,
            payouts,
        });
        self.batches.get_mut(&batch).unwrap().state = BatchState::Executed;
    }

    fn publish_root(&mut self) {
        let books = self.recount.clone().into_books();
        let leaves = books.users.iter().filter_map(|(id, user)| {
            let account = ledger::Account::Available(UserId::new(*id).unwrap()).id().get();
            let available = books.balances.get(&account).map_or(Amount::ZERO, |row| {
                row.credits_posted.checked_sub(row.debits_posted).unwrap()
            });
            let entitled = user.paid.checked_add(available).unwrap();
            (!entitled.is_zero()).then_some(Leaf {
                wallet: user.wallet,
                entitled,
            })
        });
        let tree = Tree::build(leaves.collect()).unwrap();
        let (root, total, as_of_seq) = (tree.root(), tree.total(), self.contract.next_seq);
        self.contract.emit_main(Event::RootPublished {
            root,
            total,
            as_of_seq,
        });
        self.post(Cause::RootPublished {
            root,
            total,
            as_of_seq,
            claimable_from: 0,
        });
        self.roots.push(Root {
            root,
            total,
            as_of_seq,
            is_published: true,
            is_vetoed: false,
            leaves: Some(tree.leaves().to_vec()),
        });
    }

    fn claim(&mut self, user: u32) {
        let leaves = self.roots[0].leaves.as_ref().unwrap();
        let entitled = leaves
            .iter()
            .find(|leaf| leaf.wallet == wallet(user))
            .unwrap()
            .entitled;
        let amount = entitled
            .checked_sub(self.contract.chain.accounts[&wallet(user)].paid)
            .unwrap();
        self.contract.emit_main(Event::Claimed {
            user: wallet(user),
            amount,
        });
        let (wallet, root) = (wallet(user), self.roots[0].root);
        self.post(Cause::Claimed {
            wallet,
            root,
            entitled,
            amount,
        });
    }

    fn snapshot(self) -> Snapshot {
        let books = self.recount.clone().into_books();
        let mut ledger = ledger_of(&books, self.batches);
        ledger.roots = self.roots;
        let sender = Address::repeat_byte(5);
        ledger.senders = vec![Sender {
            address: sender,
            next_nonce: 11,
            submissions: vec![
                (7, SubmissionEnd::Final(90)),
                (8, SubmissionEnd::Final(95)),
                (9, SubmissionEnd::Final(101)),
                (10, SubmissionEnd::Open),
            ],
        }];
        let Contract {
            mut chain, events, ..
        } = self.contract;
        chain.nonces.insert(sender, 9);
        for (id, batch) in &ledger
            .batches
            .iter()
            .map(|batch| (batch.id, batch))
            .collect::<BTreeMap<_, _>>()
        {
            let settled = events.batches.get(id).and_then(|events| events.settled.first());
            chain
                .batches
                .insert(*id, settled.map_or(0, |settled| settled.seq));
            assert!(!batch.payouts.is_empty());
        }
        let configuration = [
            ("admin", "0xaa"),
            ("signer", "0xbb"),
            ("code_hash", "0xcc"),
            ("paused", "false"),
        ];
        let configuration = configuration.map(|(name, value)| (name.to_owned(), value.to_owned()));
        chain.configuration = configuration.into_iter().collect();
        Snapshot {
            position: Position {
                batch_seq: 1,
                fact_seq: self.facts,
                chain_seq: chain.journal.0,
                block_number: 100,
                block_hash: B256::repeat_byte(0xb0),
                block_timestamp: 20 * DAY,
            },
            plan: self.plan,
            signers: Ok(signers(&events, &ledger.batches)),
            expected: Ok(chain.configuration.clone()),
            chain: Ok::<Chain, Skip>(chain),
            books: ledger,
            events,
        }
    }
}

fn signers(events: &Events, batches: &[Batch]) -> Vec<SignerMemory> {
    let signed = batches.iter().filter(|batch| batch.is_signed);
    let authorizations = SignerMemory {
        name: "authorizations".to_owned(),
        intakes: Some(events.deposits.keys().copied().collect()),
        batches: Some(signed.map(|batch| batch.id).collect()),
        ..SignerMemory::default()
    };
    let roots = SignerMemory {
        name: "roots".to_owned(),
        roots: Some(events.roots.keys().copied().collect::<BTreeSet<_>>()),
        ..SignerMemory::default()
    };
    vec![authorizations, roots]
}
