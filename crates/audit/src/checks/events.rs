//! The contract's events, folded: summed and grouped by subject.
//!
//! The fold is separate from posting and from the contract's own counters, so that each of the three is compared with
//! another implementation. It only grows: whoever keeps it hands it the logs of each finalized block once, in order.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, FixedBytes, keccak256};
use money::Amount;

/// Root of the contract's journal.
pub type JournalRoot = FixedBytes<24>;

const SECONDS_PER_DAY: u64 = 86_400;

/// What one log says, as far as money, users, batches and roots are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields of the contract's events, where they are described"
)]
pub enum Event {
    Registered {
        user: Address,
        deposit_ref: B256,
        amount: Amount,
        refundable_until: u64,
    },
    RetoppedUp {
        user: Address,
        deposit_ref: B256,
        amount: Amount,
        refundable_until: u64,
    },
    Refunded {
        deposit_ref: B256,
        amount: Amount,
    },
    Matured {
        through_day: u64,
        amount: Amount,
    },
    PayoutExecuted {
        batch: B256,
        user: Address,
        amount: Amount,
    },
    PayoutCredited {
        batch: B256,
        user: Address,
        amount: Amount,
    },
    PayoutSkipped {
        batch: B256,
        user: Address,
    },
    BatchSettled {
        batch: B256,
        settled: Settled,
    },
    BatchCancelled {
        batch: B256,
    },
    RootPublished {
        root: B256,
        total: Amount,
        as_of_seq: u64,
    },
    RootVetoed {
        root: B256,
    },
    RootRetired {
        root: B256,
    },
    LeavesSettled {
        root: B256,
        settled: Settled,
    },
    Claimed {
        user: Address,
        amount: Amount,
    },
    CreditWithdrawn {
        user: Address,
        amount: Amount,
    },
    Funded {
        amount: Amount,
    },
    TreasuryPaid {
        amount: Amount,
    },
    UserFrozen {
        user: Address,
        until: u64,
    },
    UserUnfrozen {
        user: Address,
    },
    /// Roles, signers, pause, limits: nothing that is folded.
    Governance,
}

/// The closing event of a batch, or of leaves that were settled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields of the contract's event, where they are described"
)]
pub struct Settled {
    pub seq: u64,
    pub count: u64,
    pub paid: Amount,
    pub credited: Amount,
    pub list_hash: B256,
    pub outcome_hash: B256,
    /// Of a batch; leaves have none.
    pub manifest_hash: Option<B256>,
}

/// An entry of the journal, and the hash over topics and data of its main event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the entry.
    pub seq: u64,
    /// `keccak256(topics ‖ data)`.
    pub content: B256,
}

/// What a batch, or a call that settles leaves, did for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Sent.
    Executed(Amount),
    /// Kept for the user.
    Credited(Amount),
    /// Nothing was due.
    Skipped,
}

/// What happened to a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchEvents {
    /// In the order of the events.
    pub lines: Vec<(Address, LineOutcome)>,
    /// Closing events; more than one is a fault.
    pub settled: Vec<Settled>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
}

/// Leaves of a root that were settled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeavesEvents {
    /// The root.
    pub root: B256,
    /// In the order of the events.
    pub lines: Vec<(Address, LineOutcome)>,
    /// The closing event.
    pub settled: Settled,
}

/// What happened to a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserEvents {
    /// How often the user registered; more than once is a fault.
    pub registrations: u32,
    /// Sent, credited and claimed.
    pub paid: Amount,
    /// Credited and not withdrawn. Negative when more was withdrawn.
    pub credit: i128,
    /// End of the last freeze, unless it was lifted.
    pub frozen_until: Option<u64>,
}

/// What happened to an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositEvents {
    /// Who paid.
    pub user: Address,
    /// Whether it was a registration.
    pub is_registration: bool,
    /// How much.
    pub amount: Amount,
    /// Until when it could be refunded.
    pub refundable_until: u64,
    /// How often the reference was used; more than once is a fault.
    pub intakes: u32,
    /// Whether it went back.
    pub is_refunded: bool,
}

/// The contract knows the newest roots by their order, this many.
const ROOTS_REMEMBERED: usize = 3;

/// A root of liabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootEvents {
    /// Sum of the leaves.
    pub total: Amount,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
    /// Position among all published roots, from 1.
    pub number: u32,
    /// Whether it was vetoed.
    pub is_vetoed: bool,
    /// Whether it was retired after it had matured.
    pub is_retired: bool,
}

impl RootEvents {
    /// Whether nothing can be claimed against it any more.
    #[must_use]
    pub const fn is_withdrawn(&self) -> bool {
        self.is_vetoed || self.is_retired
    }
}

/// Sums over all events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each but one is the sum of the amounts of the event of the same name"
)]
pub struct EventSums {
    pub registered: Amount,
    pub retopped_up: Amount,
    pub funded: Amount,
    pub refunded: Amount,
    pub matured: Amount,
    pub executed: Amount,
    pub credited: Amount,
    pub claimed: Amount,
    /// The part of `executed` and `credited` that leaves were due, not batches.
    pub of_leaves: Amount,
    pub withdrawn: Amount,
    pub treasury: Amount,
}

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
    #[must_use]
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
    #[must_use]
    pub fn escrowed(&self) -> i128 {
        let sums = &self.sums;
        net([sums.registered, sums.retopped_up], [sums.refunded, sums.matured])
    }

    /// What the events say is credited and not withdrawn.
    #[must_use]
    pub fn credited(&self) -> i128 {
        net([self.sums.credited], [self.sums.withdrawn])
    }

    /// What the events say batches sent or credited.
    #[must_use]
    pub fn pushed(&self) -> i128 {
        net([self.sums.executed, self.sums.credited], [self.sums.of_leaves])
    }

    /// What the events say users claimed, or got because anyone settled their leaves.
    #[must_use]
    pub fn claimed(&self) -> i128 {
        net([self.sums.claimed, self.sums.of_leaves], [])
    }

    /// The newest root that was neither vetoed nor retired, as far back as the contract remembers.
    #[must_use]
    pub fn latest_root(&self) -> Option<(B256, RootEvents)> {
        let hash = self.remembered_roots.last()?;
        self.roots.get(hash).map(|root| (*hash, *root))
    }

    fn take_of_batch(&mut self, event: &Event) {
        let (id, user, outcome) = match *event {
            Event::PayoutExecuted { batch, user, amount } => {
                add(&mut self.sums.executed, amount);
                add(&mut self.users.entry(user).or_default().paid, amount);
                (batch, user, LineOutcome::Executed(amount))
            }
            Event::PayoutCredited { batch, user, amount } => {
                add(&mut self.sums.credited, amount);
                let user_events = self.users.entry(user).or_default();
                add(&mut user_events.paid, amount);
                user_events.credit = user_events.credit.saturating_add(signed(amount));
                (batch, user, LineOutcome::Credited(amount))
            }
            Event::PayoutSkipped { batch, user } => (batch, user, LineOutcome::Skipped),
            Event::BatchSettled { batch, settled } => {
                let lines = self.open.remove(&batch).unwrap_or_default();
                let events = self.batches.entry(batch).or_default();
                events.lines.extend(lines);
                events.settled.push(settled);
                return;
            }
            Event::BatchCancelled { batch } => {
                self.batches.entry(batch).or_default().is_cancelled = true;
                return;
            }
            Event::Registered { .. }
            | Event::RetoppedUp { .. }
            | Event::Refunded { .. }
            | Event::Matured { .. }
            | Event::RootPublished { .. }
            | Event::RootVetoed { .. }
            | Event::RootRetired { .. }
            | Event::LeavesSettled { .. }
            | Event::Claimed { .. }
            | Event::CreditWithdrawn { .. }
            | Event::Funded { .. }
            | Event::TreasuryPaid { .. }
            | Event::UserFrozen { .. }
            | Event::UserUnfrozen { .. }
            | Event::Governance => return,
        };
        self.open.entry(id).or_default().push((user, outcome));
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
        let mut bytes = [0; 64];
        for (place, byte) in bytes.iter_mut().zip(self.journal_root.0) {
            *place = byte;
        }
        for (place, byte) in bytes.iter_mut().skip(32).zip(entry.content.0) {
            *place = byte;
        }
        let hash = keccak256(bytes);
        for (place, byte) in self.journal_root.0.iter_mut().zip(hash.0) {
            *place = byte;
        }
    }
}

impl LineOutcome {
    /// What was sent or kept.
    #[must_use]
    pub const fn amount(self) -> Amount {
        match self {
            Self::Executed(amount) | Self::Credited(amount) => amount,
            Self::Skipped => Amount::ZERO,
        }
    }
}

impl DepositEvents {
    /// Whether it is past its cooling-off time.
    #[must_use]
    pub fn is_matured(&self, matured_through: Option<u64>) -> bool {
        let day = self
            .refundable_until
            .checked_div(SECONDS_PER_DAY)
            .unwrap_or_default();
        !self.is_refunded && matured_through.is_some_and(|through| day <= through)
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
