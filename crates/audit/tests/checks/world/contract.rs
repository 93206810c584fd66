//! A contract as simple as possible: what it holds, and the events that it emits.

use alloy_primitives::{Address, keccak256};
use audit::checks::{Chain, ChainAccount, Entry, Event, Events, JournalRoot, Totals};
use money::Amount;

use super::DAY;

/// What the contract would hold.
#[derive(Default)]
pub(crate) struct Contract {
    pub(crate) chain: Chain,
    pub(crate) events: Events,
    /// Everything that was emitted, with the journal entry of main events.
    pub(crate) logs: Vec<(Event, Option<Entry>)>,
    pub(super) next_seq: u64,
}

pub(super) fn word_of(wallet: Address, number: u128) -> [u8; 32] {
    let mut word = [0; 32];
    word[..20].copy_from_slice(wallet.as_slice());
    word[20..].copy_from_slice(&number.to_be_bytes()[4..]);
    word
}

impl Contract {
    /// Emits the main event of a call.
    pub(super) fn emit_main(&mut self, event: Event) {
        self.next_seq += 1;
        let content = keccak256(format!("{event:?}"));
        let entry = Entry {
            seq: self.next_seq,
            content,
        };
        let mut link = [0; 64];
        link[..24].copy_from_slice(self.chain.journal.1.as_slice());
        link[32..].copy_from_slice(content.as_slice());
        let root = JournalRoot::from_slice(&keccak256(link)[..24]);
        self.chain.journal = (self.next_seq, root);
        self.apply(event);
        self.events.take(&event, Some(entry));
        self.logs.push((event, Some(entry)));
    }

    /// Emits an event inside a call.
    pub(super) fn emit(&mut self, event: Event) {
        self.apply(event);
        self.events.take(&event, None);
        self.logs.push((event, None));
    }

    /// What the call that emits this does.
    fn apply(&mut self, event: Event) {
        let Chain {
            balance,
            totals,
            accounts,
            roots,
            latest_root,
            ..
        } = &mut self.chain;
        let Totals {
            pushed,
            claimed,
            credited,
            escrowed,
        } = totals;
        match event {
            Event::Registered { user, amount, .. } => {
                let fresh = ChainAccount {
                    frozen_until: 1,
                    ..ChainAccount::default()
                };
                assert_eq!(accounts.insert(user, fresh), None);
                up(balance, amount);
                up(escrowed, amount);
            }
            Event::RetoppedUp { amount, .. } => {
                up(balance, amount);
                up(escrowed, amount);
            }
            Event::Refunded { amount, .. } => {
                down(balance, amount);
                down(escrowed, amount);
            }
            Event::Matured { amount, .. } => down(escrowed, amount),
            Event::PayoutExecuted { user, amount, .. } => {
                down(balance, amount);
                up(pushed, amount);
                up(&mut accounts.get_mut(&user).unwrap().paid, amount);
            }
            Event::PayoutCredited { user, amount, .. } => {
                up(pushed, amount);
                up(credited, amount);
                let account = accounts.get_mut(&user).unwrap();
                up(&mut account.paid, amount);
                up(&mut account.credit, amount);
            }
            // What its users got does not say on what account.
            Event::LeavesSettled { settled, .. } => {
                down(pushed, settled.paid);
                up(claimed, settled.paid);
            }
            Event::Claimed { user, amount } => {
                down(balance, amount);
                up(claimed, amount);
                up(&mut accounts.get_mut(&user).unwrap().paid, amount);
            }
            Event::CreditWithdrawn { user, amount } => {
                down(balance, amount);
                down(credited, amount);
                down(&mut accounts.get_mut(&user).unwrap().credit, amount);
            }
            Event::Funded { amount } => up(balance, amount),
            Event::TreasuryPaid { amount } => down(balance, amount),
            Event::UserFrozen { user, until } => accounts.get_mut(&user).unwrap().frozen_until = until,
            // The contract writes the present time.
            Event::UserUnfrozen { user } => accounts.get_mut(&user).unwrap().frozen_until = 15 * DAY,
            Event::RootPublished { root, total, .. } => {
                roots.insert(root, total);
                *latest_root = Some(root);
            }
            Event::PayoutSkipped { .. }
            | Event::BatchSettled { .. }
            | Event::BatchCancelled { .. }
            | Event::RootVetoed { .. }
            | Event::RootRetired { .. }
            | Event::Governance => {}
        }
    }
}

pub(super) fn up(amount: &mut Amount, by: Amount) {
    *amount = amount.checked_add(by).unwrap();
}

pub(super) fn down(amount: &mut Amount, by: Amount) {
    *amount = amount.checked_sub(by).unwrap();
}
