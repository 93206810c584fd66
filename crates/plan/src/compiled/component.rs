//! Questions about the components of a plan: its funds, and where matured rewards go.

use ledger::{Account, Fund, Reason, UserId};
use money::Amount;

use super::{CompiledPlan, GateError, IntakeRule};
use crate::campaign::CampaignTerms;
use crate::orders::OrdersTerms;
use crate::subscription::table::BonusGrant;
use crate::{Day, DepositKind};

/// Tables of the plans that API, workers and reconciler run.
const SERVED: [&str; 9] = [
    "pool",
    "subscription",
    "generation",
    "cap",
    "bonus",
    "ranks",
    "withdrawal",
    "binary",
    "withholding",
];

/// What one payment may be, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaymentBounds {
    /// The least.
    pub least: Amount,
    /// The most; `None` without a limit.
    pub most: Option<Amount>,
}

impl PaymentBounds {
    const fn exactly(price: Amount) -> Self {
        Self {
            least: price,
            most: Some(price),
        }
    }

    /// The only amount that they allow, if there is only one.
    pub fn price(&self) -> Option<Amount> {
        self.most.filter(|most| *most == self.least)
    }

    /// Whether they allow this amount.
    pub fn allow(&self, amount: Amount) -> bool {
        self.least <= amount && self.most.is_none_or(|most| amount <= most)
    }
}

/// What a payment is, by the plan, and what those who pay have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntakeKind {
    /// A registration or a retopup at its price.
    AutoPool,
    /// A subscription.
    Subscription {
        /// The least that buys one.
        amount_min: Amount,
        /// The most that one payment buys; `None` without a limit.
        amount_max: Option<Amount>,
    },
    /// A part of the price of what was booked.
    Booking {
        /// The least first payment.
        first_payment_min: Amount,
        /// What all payments of a user come to at most.
        price: Amount,
    },
    /// An order for their own use.
    Order,
    /// Joining at this price; nothing can be paid afterwards.
    Joining {
        /// The price.
        price: Amount,
    },
}

impl CompiledPlan {
    /// What a payment of a user is.
    pub fn intake_kind(&self) -> IntakeKind {
        let components = &self.terms.components;
        match self.terms.intake {
            IntakeRule::AutoPool => IntakeKind::AutoPool,
            IntakeRule::Subscription => {
                let terms = components.subscription.as_ref();
                let first = terms.and_then(|terms| terms.tiers().first());
                IntakeKind::Subscription {
                    amount_min: first.map_or(Amount::ZERO, |tier| tier.from),
                    amount_max: terms.and_then(|terms| terms.amount_max()),
                }
            }
            IntakeRule::Booking => {
                let terms = components.binary.as_ref();
                IntakeKind::Booking {
                    first_payment_min: terms.map_or(Amount::ZERO, |terms| terms.first_payment_min()),
                    price: terms.map_or(Amount::ZERO, |terms| terms.price()),
                }
            }
            IntakeRule::Order => IntakeKind::Order,
            IntakeRule::Joining { price } => IntakeKind::Joining { price },
        }
    }

    /// The rules of orders, if the plan has them.
    pub const fn orders(&self) -> Option<&OrdersTerms> {
        self.terms.components.orders.as_ref()
    }

    /// The rules of the campaign, if the plan has one.
    pub const fn campaign(&self) -> Option<&CampaignTerms> {
        self.terms.components.campaign.as_ref()
    }

    /// The fund that pays rewards of this kind; `None` if payments do.
    pub fn fund_of(&self, reason: Reason) -> Option<Fund> {
        let components = &self.terms.components;
        let fund = if reason == Reason::Accrual {
            components.subscription.as_ref()?.fund()
        } else if matches!(reason, Reason::Pair | Reason::Direct) {
            components.binary.as_ref()?.fund()
        } else if matches!(reason, Reason::Rank(_)) {
            components.ranks.as_ref()?.fund()
        } else if matches!(reason, Reason::Generation(_)) {
            components.orders.as_ref()?.fund()
        } else if reason == Reason::Bonus {
            match &components.campaign {
                Some(campaign) => campaign.fund(),
                None => components.bonus.as_ref()?.fund(),
            }
        } else {
            return None;
        };
        Some(fund.number())
    }

    /// Whether something is granted when operators have verified who a user is.
    pub fn grants_when_verified(&self) -> bool {
        let bonus = self.terms.components.bonus.as_ref();
        bonus.is_some_and(|terms| terms.grant() == BonusGrant::Verified)
    }

    /// Whether tax is withheld from anything.
    pub fn withholds(&self) -> bool {
        !self.terms.components.withholding().policies().is_empty()
    }

    /// The least that a user may take out of the wallet balance.
    pub fn withdrawal_min(&self) -> Amount {
        let withdrawal = self.terms.components.withdrawal;
        withdrawal.map_or(Amount::ZERO, |terms| terms.min())
    }

    /// Names of the plan's funds in the order of their numbers, from 1.
    pub fn funds(&self) -> impl Iterator<Item = (Fund, &str)> + '_ {
        (1u8..)
            .map(Fund::new)
            .zip(self.terms.components.funds.iter().map(|fund| fund.name.as_str()))
    }

    /// Stable names of the components that the plan has, as their tables are called.
    pub fn component_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let pool = (self.tiers() > 0).then_some("pool");
        pool.into_iter().chain(self.terms.components.names())
    }

    /// Whether ends of days do something: every component but the pools may wait for them.
    pub fn has_days(&self) -> bool {
        self.terms.components.names().next().is_some()
    }

    /// The day with which the plan's calendar begins, for a contract that was deployed at this second: the one before, which had
    /// ended. So nothing happens before the first day ended.
    pub fn first_day(&self, deployed_at: u64) -> Day {
        self.terms.time_zone.day_of(deployed_at).previous()
    }

    /// The least that someone pays to take part, where what is paid buys no goods: a registration, the smallest
    /// subscription, or joining. Zero where the payment is for goods.
    pub fn entry_price(&self) -> Amount {
        match self.terms.intake {
            IntakeRule::AutoPool => self.registration_price(),
            IntakeRule::Joining { price } => price,
            IntakeRule::Subscription => {
                let sold = self.terms.components.subscription.as_ref();
                let smallest = sold.and_then(|terms| terms.tiers().first());
                smallest.map_or(Amount::ZERO, |tier| tier.from)
            }
            IntakeRule::Booking | IntakeRule::Order => Amount::ZERO,
        }
    }

    /// What a payment into escrow may be; `None` when the plan takes none of this kind. What was paid before may allow
    /// less: a booking has one price.
    pub fn payment_bounds(&self, kind: DepositKind) -> Option<PaymentBounds> {
        let is_first = kind == DepositKind::Registration;
        let least_of = |least| PaymentBounds { least, most: None };
        Some(match self.intake_kind() {
            IntakeKind::AutoPool if is_first => PaymentBounds::exactly(self.registration_price()),
            IntakeKind::AutoPool => PaymentBounds::exactly(self.retopup_price()),
            IntakeKind::Subscription {
                amount_min,
                amount_max,
            } => PaymentBounds {
                least: amount_min,
                most: amount_max,
            },
            IntakeKind::Booking {
                first_payment_min,
                price,
            } => PaymentBounds {
                least: if is_first {
                    first_payment_min
                } else {
                    Amount::new(1)
                },
                most: Some(price),
            },
            IntakeKind::Order => least_of(Amount::new(1)),
            IntakeKind::Joining { price } if is_first => PaymentBounds::exactly(price),
            IntakeKind::Joining { .. } => return None,
        })
    }

    /// Whether API, workers and reconciler can run the plan.
    ///
    /// # Errors
    /// [`GateError::NotServed`] with the first table that they cannot.
    pub fn served(&self) -> Result<(), GateError> {
        let mut others = self.component_names().filter(|name| !SERVED.contains(name));
        let only_joining = matches!(self.terms.intake, IntakeRule::Joining { .. }).then_some("joining");
        match others.next().or(only_joining) {
            None => Ok(()),
            Some(component) => Err(GateError::NotServed { component }),
        }
    }

    /// Whether the plan has a fund of this number.
    pub fn has_fund(&self, fund: Fund) -> bool {
        usize::from(fund.get()) <= self.terms.components.funds.len()
    }

    /// A fund and what pays when it is empty, one behind the other.
    pub fn fund_chain(&self, fund: Fund) -> impl Iterator<Item = Fund> + use<'_> {
        self.terms.components.fund_chain(fund)
    }

    /// Whether matured rewards wait in a wallet balance until their user takes them out.
    pub fn pays_into_wallet(&self) -> bool {
        let components = &self.terms.components;
        components.withdrawal.is_some() || components.withholding().has_payout_basis()
    }

    /// Where a user's matured rewards go.
    pub(crate) fn own_account(&self, user: UserId) -> Account {
        if self.pays_into_wallet() {
            Account::Wallet(user)
        } else {
            Account::Available(user)
        }
    }
}
