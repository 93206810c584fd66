//! People who follow a plan with pools, by the second implementation: everything they pay matures at once.

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use naive::{Model, Terms};
use plan::{Cause, Intake, ReserveChoice, Tier};

const DAY_SECONDS: u64 = 86_400;

/// What a payment gave to users, and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paid {
    pub(crate) to_users: u128,
    pub(crate) amount: u128,
}

pub(crate) struct World {
    model: Model,
    terms: Terms,
    wallets: Vec<Address>,
    deposits: u64,
    /// The sponsor whose directs enter a pool, and how many of them came.
    source: Option<(usize, u32)>,
    /// Whether everyone reserves everything that may be reserved.
    pub(crate) all_reserve: bool,
    /// Whether payments mature only when [`World::mature_all`] is called.
    pub(crate) waits: bool,
    /// The last payment that can still go back, from 1.
    open: u64,
}

/// Payments can go back until the end of this day.
const TODAY: u32 = 1;
/// The same of payments that are refunded later, if at all.
const LATER: u32 = 1_000;

impl World {
    pub(crate) fn of(terms: &Terms) -> Self {
        Self {
            model: Model::new(terms),
            terms: terms.clone(),
            wallets: Vec::new(),
            deposits: 0,
            source: None,
            all_reserve: false,
            waits: false,
            open: 0,
        }
    }

    fn apply(&mut self, cause: &Cause) {
        self.model.apply(cause);
    }

    fn balance(&self, account: &str) -> u128 {
        let balance = self.model.balances.get(account).copied().unwrap_or(0);
        u128::try_from(balance).expect("nobody owes")
    }

    /// What a user has of rewards, in hands or reserved.
    pub(crate) fn has(&self, user: usize) -> u128 {
        let reserved = (1..=self.terms.tier_prices.len()).map(|tier| self.reserved(user, tier));
        self.available(user) + reserved.sum::<u128>()
    }

    pub(crate) fn available(&self, user: usize) -> u128 {
        self.balance(&format!("available({})", self.wallets[user]))
    }

    pub(crate) fn reserved(&self, user: usize, tier: usize) -> u128 {
        self.balance(&format!("reserve({},{tier})", self.wallets[user]))
    }

    /// What users will have of payments that can go back.
    fn held(&self) -> u128 {
        let balances = self.model.balances.iter();
        let held = balances.filter(|(name, _)| name.starts_with("held("));
        held.map(|(_, amount)| u128::try_from(*amount).expect("it is held"))
            .sum()
    }

    /// The places of trees, by user.
    pub(crate) fn trees(&self, tier: usize) -> Vec<Vec<usize>> {
        let number = |wallet: &Address| {
            let mut wallets = self.wallets.iter();
            wallets.position(|known| known == wallet).expect("it joined")
        };
        let trees = self.model.trees(tier);
        trees
            .iter()
            .map(|tree| tree.iter().map(number).collect())
            .collect()
    }

    pub(crate) fn placed(&self, tier: usize) -> usize {
        self.model.trees(tier).iter().map(Vec::len).sum()
    }

    fn intake(&mut self, user: usize, sponsor: Option<usize>, amount: u128, day: u32) -> Intake {
        self.deposits += 1;
        Intake {
            deposit_ref: B256::from(U256::from(self.deposits)),
            wallet: self.wallets[user],
            sponsor: sponsor.map(|sponsor| self.wallets[sponsor]),
            amount: Amount::new(amount),
            refundable_until: u64::from(day) * DAY_SECONDS,
            plan_hash: B256::ZERO,
            disclosure_hash: B256::ZERO,
        }
    }

    /// Someone joins; the payment can still go back.
    fn join(&mut self, sponsor: Option<usize>, day: u32) -> (usize, Paid) {
        let user = self.wallets.len();
        self.wallets
            .push(Address::from_word(B256::from(U256::from(1_000 + user))));
        let before = self.held();
        let intake = self.intake(user, sponsor, self.terms.registration, day);
        self.apply(&Cause::Registered(intake));
        let to_users = self.held() - before;
        if self.all_reserve {
            for tier in 1..self.terms.tier_prices.len() {
                self.choose(user, tier, ReserveChoice::In);
            }
        }
        let amount = self.terms.registration;
        (user, Paid { to_users, amount })
    }

    pub(crate) fn choose(&mut self, user: usize, tier: usize, choice: ReserveChoice) {
        let tier = u8::try_from(tier).ok().and_then(Tier::new).expect("it is small");
        let wallet = self.wallets[user];
        self.apply(&Cause::ReserveChosen { wallet, tier, choice });
    }

    /// Someone joins, for good.
    pub(crate) fn register(&mut self, sponsor: Option<usize>) -> (usize, Paid) {
        let (user, paid) = self.join(sponsor, TODAY);
        if !self.waits {
            self.mature(paid.amount);
        }
        (user, paid)
    }

    /// Someone takes a place with a payment that can still go back.
    pub(crate) fn enter_for_now(&mut self) -> usize {
        let sponsor = self.sponsor_of_next_place();
        let (user, _) = self.join(sponsor, LATER);
        self.open = self.deposits;
        user
    }

    /// That payment is refunded.
    pub(crate) fn refund_last_for_now(&mut self, user: usize) {
        let wallet = self.wallets[user];
        self.apply(&Cause::Refunded {
            deposit_ref: B256::from(U256::from(self.open)),
            wallet,
            to: wallet,
            amount: Amount::new(self.terms.registration),
        });
    }

    pub(crate) fn retop_up(&mut self, user: usize) -> Paid {
        let before = self.held();
        let amount = self.terms.retopup;
        let intake = self.intake(user, None, amount, TODAY);
        self.apply(&Cause::RetoppedUp(intake));
        let to_users = self.held() - before;
        if !self.waits {
            self.mature(amount);
        }
        Paid { to_users, amount }
    }

    /// Everything that was paid matures.
    pub(crate) fn mature_all(&mut self) {
        let custody = self.balance("custody");
        self.mature(custody);
    }

    fn mature(&mut self, amount: u128) {
        self.apply(&Cause::EscrowMatured {
            through_day: TODAY,
            amount: Amount::new(amount),
        });
    }

    /// The sponsor under whom the next direct enters a pool: others come before it where ordinals request them.
    fn sponsor_of_next_place(&mut self) -> Option<usize> {
        if self.terms.pool_bps.is_some() {
            // The first user enters too.
            return (!self.wallets.is_empty()).then_some(0);
        }
        let last = *self.terms.ordinals.last().expect("somebody enters");
        let (sponsor, mut came) = match self.source {
            Some((sponsor, came)) if came < last => (sponsor, came),
            Some(_) | None => (self.register(None).0, 0),
        };
        while !self.terms.ordinals.contains(&(came + 1)) {
            self.register(Some(sponsor));
            came += 1;
        }
        self.source = Some((sponsor, came + 1));
        Some(sponsor)
    }

    /// Someone takes a place of tier 1, if there is room.
    pub(crate) fn enter(&mut self) -> (usize, Paid) {
        let sponsor = self.sponsor_of_next_place();
        self.register(sponsor)
    }
}
