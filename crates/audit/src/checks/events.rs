//! The contract's events, folded: summed and grouped by subject.
//!
//! The fold is separate from posting and from the contract's own counters, so that each of the three is compared with
//! another implementation. It only grows: whoever keeps it hands it the logs of each finalized block once, in order.

mod event;
mod subject;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, FixedBytes, keccak256};
use money::Amount;

pub use event::{Entry, Event, Settled};
pub use subject::{BatchEvents, DepositEvents, EventSums, LeavesEvents, LineOutcome, RootEvents, UserEvents};

/// Root of the contract's journal.
pub type JournalRoot = FixedBytes<24>;

/// The contract knows the newest roots by their order, this many.
const ROOTS_REMEMBERED: usize = 3;

/// Everything that the events up to a block say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Sums.
    pub sums: EventSums,
    /// By wallet.
    pub users: BTreeMap<Address, UserEvents>,
    /// By reference.
    pub deposits: BTreeMap<B256, DepositEvents>,
    /// By id.
    pub batches: BTreeMap<B256, BatchEvents>,
    /// In the order of their events.
    pub leaves: Vec<LeavesEvents>,
    /// What was done for users and not closed yet, by batch or root.
    pub open: BTreeMap<B256, Vec<(Address, LineOutcome)>>,
    /// By hash.
    pub roots: BTreeMap<B256, RootEvents>,
    /// The newest root that stands, last, and those before it that the contract remembers.
    pub remembered_roots: Vec<B256>,
    /// Days up to this one have matured.
    pub matured_through: Option<u64>,
    /// Number of the last journal entry.
    pub journal_seq: u64,
    /// Root over all entries, recomputed.
    pub journal_root: JournalRoot,
    /// Entries whose number did not follow the one before.
    pub journal_gaps: Vec<u64>,
    /// Recorded logs that are no events of the contract, in words.
    pub unreadable: Vec<String>,
}

impl Events {
    /// Takes the next log, with its journal entry if it is a main event.
    pub fn take(&mut self, event: &Event, entry: Option<Entry>) {
        if let Some(entry) = entry {
            self.append(entry);
        }
        let sums = &mut self.sums;
        match *event {
            Event::Registered {
                user,
                deposit_ref,
                amount,
                refundable_until,
            } => {
                add(&mut sums.registered, amount);
                let member = self.users.entry(user).or_default();
                member.registrations = member.registrations.saturating_add(1);
                self.deposit(deposit_ref, user, amount, refundable_until, true);
            }
            Event::RetoppedUp {
                user,
                deposit_ref,
                amount,
                refundable_until,
            } => {
                add(&mut sums.retopped_up, amount);
                self.deposit(deposit_ref, user, amount, refundable_until, false);
            }
            Event::Refunded { deposit_ref, amount } => {
                add(&mut sums.refunded, amount);
                if let Some(deposit) = self.deposits.get_mut(&deposit_ref) {
                    deposit.is_refunded = true;
                }
            }
            Event::Matured { through_day, amount } => {
                add(&mut sums.matured, amount);
                self.matured_through = self.matured_through.max(Some(through_day));
            }
            Event::PayoutExecuted { .. }
            | Event::PayoutCredited { .. }
            | Event::PayoutSkipped { .. }
            | Event::BatchSettled { .. }
            | Event::BatchCancelled { .. } => self.take_of_batch(event),
            Event::RootPublished { .. }
            | Event::RootVetoed { .. }
            | Event::RootRetired { .. }
            | Event::LeavesSettled { .. } => {
                self.take_of_root(event);
            }
            Event::Claimed { user, amount } => {
                add(&mut sums.claimed, amount);
                add(&mut self.users.entry(user).or_default().paid, amount);
            }
            Event::CreditWithdrawn { user, amount } => {
                add(&mut sums.withdrawn, amount);
                let credit = &mut self.users.entry(user).or_default().credit;
                *credit = credit.saturating_sub(signed(amount));
            }
            Event::Funded { amount } => add(&mut sums.funded, amount),
            Event::TreasuryPaid { amount } => add(&mut sums.treasury, amount),
            Event::UserFrozen { user, until } => {
                self.users.entry(user).or_default().frozen_until = Some(until);
            }
            Event::UserUnfrozen { user } => self.users.entry(user).or_default().frozen_until = None,
            Event::Governance => {}
        }
    }

    /// What the events say came in and did not leave.
    pub fn balance(&self) -> i128 {
        let sums = &self.sums;
        net(
            [sums.registered, sums.retopped_up, sums.funded],
            [
                sums.refunded,
                sums.executed,
                sums.claimed,
                sums.withdrawn,
                sums.treasury,
            ],
        )
    }

    /// What the events say lies in escrow.
    pub fn escrowed(&self) -> i128 {
        let sums = &self.sums;
        net([sums.registered, sums.retopped_up], [sums.refunded, sums.matured])
    }

    /// What the events say is credited and not withdrawn.
    pub fn credited(&self) -> i128 {
        net([self.sums.credited], [self.sums.withdrawn])
    }

    /// What the events say batches sent or credited.
    pub fn pushed(&self) -> i128 {
        net([self.sums.executed, self.sums.credited], [self.sums.of_leaves])
    }

    /// What the events say users claimed, or got because anyone settled their leaves.
    pub fn claimed(&self) -> i128 {
        net([self.sums.claimed, self.sums.of_leaves], [])
    }

    /// The newest root that was neither vetoed nor retired, as far back as the contract remembers.
    pub fn latest_root(&self) -> Option<(B256, RootEvents)> {
        let hash = self.remembered_roots.last()?;
        self.roots.get(hash).map(|root| (*hash, *root))
    }

    fn take_of_batch(&mut self, event: &Event) {
        if let Event::PayoutExecuted { batch, user, amount } = *event {
            add(&mut self.sums.executed, amount);
            add(&mut self.users.entry(user).or_default().paid, amount);
            self.line(batch, user, LineOutcome::Executed(amount));
        } else if let Event::PayoutCredited { batch, user, amount } = *event {
            add(&mut self.sums.credited, amount);
            let user_events = self.users.entry(user).or_default();
            add(&mut user_events.paid, amount);
            user_events.credit = user_events.credit.saturating_add(signed(amount));
            self.line(batch, user, LineOutcome::Credited(amount));
        } else if let Event::PayoutSkipped { batch, user } = *event {
            self.line(batch, user, LineOutcome::Skipped);
        } else if let Event::BatchSettled { batch, settled } = *event {
            let lines = self.open.remove(&batch).unwrap_or_default();
            let events = self.batches.entry(batch).or_default();
            events.lines.extend(lines);
            events.settled.push(settled);
        } else if let Event::BatchCancelled { batch } = *event {
            self.batches.entry(batch).or_default().is_cancelled = true;
        }
    }

    /// Keeps what was done for a user until the batch or the call is closed.
    fn line(&mut self, of: B256, user: Address, outcome: LineOutcome) {
        self.open.entry(of).or_default().push((user, outcome));
    }

    fn take_of_root(&mut self, event: &Event) {
        if let Event::RootPublished {
            root,
            total,
            as_of_seq,
        } = *event
        {
            let number = u32::try_from(self.roots.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let published = RootEvents {
                total,
                as_of_seq,
                number,
                is_vetoed: false,
                is_retired: false,
            };
            self.roots.insert(root, published);
            self.remembered_roots.push(root);
            if self.remembered_roots.len() > ROOTS_REMEMBERED {
                self.remembered_roots.remove(0);
            }
        } else if let Event::RootVetoed { root } | Event::RootRetired { root } = *event {
            if let Some(withdrawn) = self.roots.get_mut(&root) {
                withdrawn.is_vetoed |= matches!(event, Event::RootVetoed { .. });
                withdrawn.is_retired |= matches!(event, Event::RootRetired { .. });
            }
            let roots = &self.roots;
            let is_withdrawn = |root: &B256| roots.get(root).is_some_and(RootEvents::is_withdrawn);
            while self.remembered_roots.last().is_some_and(is_withdrawn) {
                self.remembered_roots.pop();
            }
        } else if let Event::LeavesSettled { root, settled } = *event {
            let lines = self.open.remove(&root).unwrap_or_default();
            for (_, line) in &lines {
                add(&mut self.sums.of_leaves, line.amount());
            }
            self.leaves.push(LeavesEvents { root, lines, settled });
        }
    }

    fn deposit(
        &mut self,
        deposit_ref: B256,
        user: Address,
        amount: Amount,
        until: u64,
        is_registration: bool,
    ) {
        let deposit = self.deposits.entry(deposit_ref).or_insert(DepositEvents {
            user,
            is_registration,
            amount,
            refundable_until: until,
            intakes: 0,
            is_refunded: false,
        });
        deposit.intakes = deposit.intakes.saturating_add(1);
    }

    /// `root = keccak256(root192 << 64, content) >> 64`.
    fn append(&mut self, entry: Entry) {
        if self.journal_seq.checked_add(1) != Some(entry.seq) {
            self.journal_gaps.push(entry.seq);
        }
        self.journal_seq = entry.seq;
        let shifted = [self.journal_root.as_slice(), &[0; 8]].concat();
        let hash = keccak256([&shifted, entry.content.as_slice()].concat());
        if let Some(root) = hash.first_chunk() {
            self.journal_root = FixedBytes(*root);
        }
    }
}

fn add(sum: &mut Amount, amount: Amount) {
    *sum = sum.checked_add(amount).unwrap_or(Amount::new(u128::MAX));
}

/// Saturates far above anything that a chain can hold.
pub(super) fn signed(amount: Amount) -> i128 {
    i128::try_from(amount.base_units()).unwrap_or(i128::MAX)
}

fn net<const I: usize, const O: usize>(income: [Amount; I], outgo: [Amount; O]) -> i128 {
    let income = income.into_iter().map(signed).fold(0i128, i128::saturating_add);
    outgo.into_iter().map(signed).fold(income, i128::saturating_sub)
}
