//! One plan of a comparison: its book, and what each rule granted to each user and did not take back.

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::Address;
use ledger::{Account, Beneficiary, Leg, Reason, UserId};
use money::Amount;
use plan::{Book, Cause, CompiledPlan, DepositId, DiscrepancyCause, Effect, Outcome};

use crate::books::Balances;

/// What a leg granted, and to whom.
type Reward = (UserId, Reason, Amount);

/// A plan, its book, and its rewards.
#[derive(Debug)]
pub(super) struct Side {
    book: Book,
    out: Outcome,
    balances: Balances,
    granted: BTreeMap<(UserId, Reason), Amount>,
    /// What deposits that have not matured granted, by their legs into held accounts: a refund takes it back.
    pending: HashMap<DepositId, Vec<Option<Reward>>>,
    notices: Vec<&'static str>,
}

impl Side {
    pub(super) fn new(plan: CompiledPlan) -> Self {
        Self {
            // Whoever compares plans reads the facts of another: where those were cut says nothing here.
            book: Book::new(plan).uncut(),
            out: Outcome::default(),
            balances: Balances::default(),
            granted: BTreeMap::new(),
            pending: HashMap::new(),
            notices: Vec::new(),
        }
    }

    /// Applies a cause, and says what was noticed.
    pub(super) fn apply(&mut self, cause: &Cause) -> &[&'static str] {
        self.book.apply(cause, &mut self.out);
        let out = std::mem::take(&mut self.out);
        self.notices.clear();
        for leg in &out.legs {
            self.balances.follow(leg);
            self.grant(leg);
        }
        let taken = out.effects.iter().find_map(|effect| {
            if let Effect::DepositTaken { deposit, .. } = effect {
                Some(*deposit)
            } else {
                None
            }
        });
        if let Some(deposit) = taken {
            let held = out
                .legs
                .iter()
                .filter(|leg| matches!(leg.credit, Account::Held(_)));
            self.pending.insert(deposit, held.map(to_user).collect());
        }
        for effect in &out.effects {
            self.follow(effect);
        }
        for effect in &out.effects {
            if let Effect::DepositMatured { deposit } = effect {
                self.pending.remove(deposit);
            }
        }
        self.out = out;
        &self.notices
    }

    pub(super) fn granted(&self) -> &BTreeMap<(UserId, Reason), Amount> {
        &self.granted
    }

    /// What a rule granted to everyone together.
    pub(super) fn granted_by(&self, reason: Reason) -> Amount {
        let of_rule = self.granted.iter().filter(|((_, of), _)| *of == reason);
        super::total(of_rule.map(|(_, amount)| amount))
    }

    pub(super) fn balances(&self) -> &Balances {
        &self.balances
    }

    pub(super) fn user_count(&self) -> u64 {
        u64::try_from(self.book.state().user_count()).unwrap_or(u64::MAX)
    }

    pub(super) fn wallet(&self, user: UserId) -> Option<Address> {
        self.book.wallet_of(user)
    }

    fn grant(&mut self, leg: &Leg) {
        if let Some((user, reason, amount)) = to_user(leg) {
            let sum = self.granted.entry((user, reason)).or_default();
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        }
    }

    fn take_back(&mut self, reward: Option<Reward>) {
        if let Some((user, reason, amount)) = reward
            && let Some(sum) = self.granted.get_mut(&(user, reason))
        {
            *sum = sum.saturating_sub(amount);
        }
    }

    fn follow(&mut self, effect: &Effect) {
        if let Effect::DepositRefunded { deposit } = effect {
            for reward in self.pending.remove(deposit).unwrap_or_default() {
                self.take_back(reward);
            }
        } else if let Effect::RewardForfeited { deposit, leg } = effect {
            // Told after the deposit has matured, in the same fact.
            let at = usize::try_from(*leg).unwrap_or(usize::MAX);
            let reward = self
                .pending
                .get(deposit)
                .and_then(|rewards| rewards.get(at))
                .copied();
            self.take_back(reward.flatten());
        } else if let Effect::Discrepancy { cause } = effect {
            // Every intake was authorized under one plan; of the other it always has another hash.
            if *cause != DiscrepancyCause::IntakePlan {
                self.notices.push(cause.name());
            }
        } else if let Effect::CommandIgnored { cause } = effect {
            self.notices.push(cause.name());
        } else if let Effect::PayoutRefused { cause, .. } = effect {
            self.notices.push(cause.name());
        }
    }
}

/// What a leg grants to a user, if it does.
fn to_user(leg: &Leg) -> Option<Reward> {
    let is_own = matches!(
        leg.credit,
        Account::Held(Beneficiary::User(_)) | Account::Available(_) | Account::Reserve(..)
    );
    let user = leg.credit.user().filter(|_| is_own && leg.reason.is_reward())?;
    Some((user, leg.reason, leg.amount))
}
