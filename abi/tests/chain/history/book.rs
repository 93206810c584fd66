//! What the history needs to know to make calls that often succeed: learnt from the events, as a listener would.

use std::collections::BTreeMap;

use abi::operations::Operation;
use abi::{CustodyEvent, ICustody, development, roles};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use audit::liabilities::Tree;

/// Users of the history, registered one after the other.
const USERS: u32 = 300;

pub(super) struct Person {
    pub(super) key: PrivateKeySigner,
    pub(super) address: Address,
    pub(super) is_registered: bool,
    pub(super) paid: u128,
    pub(super) credit: u128,
    pub(super) frozen_until: u64,
}

pub(super) struct Deposit {
    pub(super) reference: B256,
    pub(super) user: Address,
}

pub(super) struct Root {
    pub(super) hash: B256,
    pub(super) claimable_from: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Scheduled {
    pub(super) operation: Operation,
    pub(super) argument: B256,
    pub(super) value: U256,
    pub(super) eta: u64,
}

pub(super) struct Book {
    pub(super) people: Vec<Person>,
    pub(super) places: BTreeMap<Address, usize>,
    pub(super) deposits: Vec<Deposit>,
    /// Published, not vetoed, not retired; the newest last.
    pub(super) roots: Vec<Root>,
    /// Every tree that was made, also of roots that were refused.
    pub(super) trees: BTreeMap<B256, Tree>,
    pub(super) scheduled: BTreeMap<B256, Scheduled>,
    /// Who got a role by an operation, and still has it.
    pub(super) members: Vec<(B256, Address)>,
    pub(super) signers: Vec<Address>,
    pub(super) admin: Address,
    pub(super) is_paused: bool,
    pub(super) cap: U256,
    pub(super) seq: u64,
    /// Numbers what must be fresh.
    pub(super) fresh: u64,
}

impl Book {
    pub(super) fn new() -> Self {
        let people: Vec<Person> = (0..USERS)
            .map(|number| {
                let key = PrivateKeySigner::from_bytes(&keccak256(number.to_be_bytes())).expect("a key");
                Person {
                    address: key.address(),
                    key,
                    is_registered: false,
                    paid: 0,
                    credit: 0,
                    frozen_until: 0,
                }
            })
            .collect();
        Self {
            places: (0..)
                .zip(&people)
                .map(|(place, person)| (person.address, place))
                .collect(),
            people,
            deposits: Vec::new(),
            roots: Vec::new(),
            trees: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            members: Vec::new(),
            signers: Vec::new(),
            admin: development::ADMIN.address,
            is_paused: false,
            cap: U256::from(development::config().outflowCap),
            seq: 0,
            fresh: 0,
        }
    }

    pub(super) fn learn(&mut self, event: &CustodyEvent) {
        self.seq += u64::from(abi::events::seq_of(event).is_some());
        match event {
            CustodyEvent::RegistrationAccepted(e) => {
                self.person(e.user).is_registered = true;
                self.deposits.push(Deposit {
                    reference: e.r#ref,
                    user: e.user,
                });
            }
            CustodyEvent::RetopupCompleted(e) => {
                self.deposits.push(Deposit {
                    reference: e.r#ref,
                    user: e.user,
                });
            }
            CustodyEvent::DepositRefunded(e) => self.deposits.retain(|deposit| deposit.reference != e.r#ref),
            CustodyEvent::PayoutExecuted(e) => self.person(e.user).paid += wei(e.amount),
            CustodyEvent::LeafPaid(e) => self.person(e.user).paid += wei(e.amount),
            CustodyEvent::LeafCredited(e) => {
                let person = self.person(e.user);
                person.paid += wei(e.amount);
                person.credit += wei(e.amount);
            }
            CustodyEvent::PayoutCredited(e) => {
                let person = self.person(e.user);
                person.paid += wei(e.amount);
                person.credit += wei(e.amount);
            }
            CustodyEvent::Claimed(e) => self.person(e.user).paid += wei(e.amount),
            CustodyEvent::CreditWithdrawn(e) => self.person(e.user).credit = 0,
            CustodyEvent::RootPublished(e) => self.roots.push(Root {
                hash: e.root,
                claimable_from: seconds(e.claimableFrom),
            }),
            CustodyEvent::RootVetoed(e) => self.roots.retain(|root| root.hash != e.root),
            CustodyEvent::UserFrozen(e) => self.person(e.user).frozen_until = seconds(e.until),
            CustodyEvent::UserUnfrozen(e) => self.person(e.user).frozen_until = 0,
            CustodyEvent::SignerRevoked(e) => self.signers.retain(|signer| *signer != e.signer),
            CustodyEvent::OutflowCapLowered(e) => self.cap = e.cap,
            CustodyEvent::OperationScheduled(e) => {
                let scheduled = Scheduled {
                    operation: Operation::from_number(e.operation).expect("a known operation"),
                    argument: e.argument,
                    value: e.value,
                    eta: seconds(e.eta),
                };
                self.scheduled.insert(e.id, scheduled);
            }
            CustodyEvent::OperationCancelled(e) => drop(self.scheduled.remove(&e.id)),
            CustodyEvent::OperationExecuted(e) => self.executed(e),
            CustodyEvent::RoleChanged(e) => self.members.retain(|member| *member != (e.role, e.account)),
            CustodyEvent::PauseChanged(e) => self.is_paused = e.paused,
            CustodyEvent::EscrowMatured(_)
            | CustodyEvent::PayoutSkipped(_)
            | CustodyEvent::LeafSkipped(_)
            | CustodyEvent::UserEnrolled(_)
            | CustodyEvent::BatchSettled(_)
            | CustodyEvent::LeavesSettled(_)
            | CustodyEvent::BatchCancelled(_)
            | CustodyEvent::Funded(_) => {}
        }
    }

    fn executed(&mut self, event: &ICustody::OperationExecuted) {
        self.scheduled.remove(&event.id);
        let who = Address::from_word(event.argument);
        match Operation::from_number(event.operation).expect("a known operation") {
            Operation::Treasury => {}
            Operation::RaiseOutflowCap => self.cap = event.value,
            Operation::AddSigner | Operation::AddRootSigner => self.signers.push(who),
            Operation::AddSubmitter => self.members.push((roles::SUBMITTER, who)),
            Operation::AddFreezer => self.members.push((roles::FREEZER, who)),
            Operation::AddTreasurer => self.members.push((roles::TREASURER, who)),
            Operation::AddGuardian => self.members.push((roles::GUARDIAN, who)),
            Operation::RemoveGuardian => self.members.retain(|member| *member != (roles::GUARDIAN, who)),
            Operation::RetireRoot => self.roots.retain(|root| root.hash != event.argument),
            Operation::TransferAdmin => self.admin = who,
        }
    }

    pub(super) fn person(&mut self, user: Address) -> &mut Person {
        &mut self.people[self.places[&user]]
    }
}

/// To whom the admin's role goes, and from whom it comes back.
pub(super) fn other_admin() -> Address {
    Address::from_word(keccak256("another admin"))
}

fn wei(amount: U256) -> u128 {
    u128::try_from(amount).expect("128 bits")
}

fn seconds(time: U256) -> u64 {
    u64::try_from(time).expect("64 bits")
}
