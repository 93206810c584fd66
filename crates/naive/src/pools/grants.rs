//! [`Grant`]: a share of a payment or of the price of a place, where it waits, and what is said of it when it moves.

use alloy_primitives::Address;

use super::Money;
use crate::told::{outcome, who};

#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// Component and rule.
    rule: String,
    /// Whom the rule means, whether it pays or not.
    about: Option<Address>,
    pub(super) bucket: Bucket,
    pub(super) amount: Money,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bucket {
    Sponsor(Address),
    /// Who, and which layer.
    Ancestor(Address, usize),
    Upline(Address),
    Named(String),
}

/// When a grant becomes a user's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Occasion {
    /// The payment behind it cannot go back any more.
    Matured,
    /// A reserve paid for a place.
    Placed,
}

impl Grant {
    pub(super) fn new(rule: &str, about: Option<Address>, bucket: Bucket, amount: Money) -> Self {
        Self {
            rule: rule.to_owned(),
            about,
            bucket,
            amount,
        }
    }

    pub(super) fn of_company(rule: &str, amount: Money) -> Self {
        Self::new(rule, None, Bucket::Named("company".into()), amount)
    }

    fn outcome(&self) -> String {
        match &self.bucket {
            Bucket::Named(name) => outcome(name),
            Bucket::Sponsor(_) | Bucket::Ancestor(..) | Bucket::Upline(_) => "paid".to_owned(),
        }
    }

    pub(super) fn when_granted(&self) -> String {
        format!("{} {} {}", self.rule, self.outcome(), who(self.about))
    }

    pub(super) fn when_refunded(&self) -> String {
        let (_, rule) = self.rule.split_once(' ').unwrap();
        format!("escrow refund {rule} returned {}", who(self.about))
    }

    /// It was nobody's, and still is.
    pub(super) fn when_matured(&self, rule: &str) -> String {
        format!("{rule} {} - = {}", self.outcome(), self.rule)
    }

    pub(super) fn when_forfeited(&self, user: Address) -> String {
        format!("escrow forfeited not_paid:refunded {user} = {}", self.rule)
    }

    pub(super) fn when_netted(&self, user: Address, occasion: Occasion) -> String {
        match occasion {
            Occasion::Matured => format!("escrow netting moved {user} = {}", self.rule),
            Occasion::Placed => format!("escrow netting moved {user}"),
        }
    }

    pub(super) fn when_credited(&self, user: Address, component: &str, occasion: Occasion) -> String {
        match occasion {
            Occasion::Matured => format!("{component} matured moved {user} = {}", self.rule),
            Occasion::Placed => format!("{} paid {user}", self.rule),
        }
    }
}

/// Where it waits.
pub(super) fn held(bucket: &Bucket) -> String {
    match bucket {
        Bucket::Sponsor(to) | Bucket::Ancestor(to, _) | Bucket::Upline(to) => format!("held({to})"),
        Bucket::Named(name) => format!("held:{name}"),
    }
}
