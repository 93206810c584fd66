//! What a component is to a plan: [`Terms`], which its tables of a plan file compile to, and [`Rules`], which decide with them.
//!
//! The list of components in the crate `plan` names each once; everything that is done with all of them goes by these two traits.
//! Not responsible for what a component decides, nor for accounts: the plan books what rules ask of its [`Desk`].

use std::fmt::Debug;

use ledger::{DepositId, Fund, Reason, UserId};
use money::{Amount, Asset, Bps};
use plan_file::{Day, Encoder, Finding, Refusal};

use crate::sponsors::Sponsors;

names::ids! {
    /// A reward from a fund: dense, from 1, in the order in which they were granted.
    pub struct RewardId;
}

/// The parameters of a component, checked and in exact amounts.
pub trait Terms: Sized + Clone + Debug + PartialEq + Eq {
    /// Its tables of the plan file.
    type Tables<'a>;
    /// What decides with them, and what it remembers. [`Booked`] if the plan's own state does, because the component needs more
    /// of it than a [`Desk`] offers.
    type Rules: Rules<Self>;
    /// The name of its table, which is the component's name.
    const NAME: &'static str;

    /// Checks its tables; nothing if the file has none of them.
    ///
    /// # Errors
    /// The first broken rule.
    fn read(tables: Self::Tables<'_>, asset: Asset) -> Result<Option<Self>, Refusal>;

    /// Finds the funds that it names among the declared ones.
    ///
    /// # Errors
    /// `unknown_reference`.
    fn find_funds(&mut self, _declared: &[String]) -> Result<(), Refusal> {
        Ok(())
    }

    /// Writes every parameter into the hash of the plan.
    fn encode(&self, out: &mut Encoder);

    /// What participants must know about it.
    fn findings(&self, asset: Asset) -> Vec<Finding>;

    /// Whether what was remembered under earlier terms can go on under these.
    fn can_follow(&self, _earlier: &Self) -> bool {
        true
    }

    /// The fund out of which it pays rewards, and what findings call these.
    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        None
    }
}

/// A payment into escrow that the plan has a use for.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// Who paid.
    pub user: UserId,
    /// Its number.
    pub deposit: DepositId,
    /// What was paid.
    pub amount: Amount,
    /// Day at whose end it cannot be refunded any more.
    pub day: Day,
}

/// What happens to components, after the plan booked it.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A user joined.
    Joined(UserId),
    /// A payment was divided.
    Paid(Payment),
    /// A payment went back to its payer.
    Refunded(DepositId),
    /// A payment cannot go back any more.
    Matured(DepositId),
    /// A day ended.
    DayEnded(Day),
}

/// What a component remembers, and what it decides with its terms `T` when something happens.
pub trait Rules<T>: Clone + Debug + Default + PartialEq + Eq {
    /// Something happened.
    fn apply(&mut self, terms: &T, event: Event, desk: &mut impl Desk);
}

/// Rules that the plan's own state applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Booked;

impl<T> Rules<T> for Booked {
    #[inline]
    fn apply(&mut self, _terms: &T, _event: Event, _desk: &mut impl Desk) {}
}

/// What the plan does for the rules of a component.
pub trait Desk {
    /// The tree of sponsors.
    fn sponsors(&self) -> &Sponsors;

    /// Grants a reward, as far as registration, cap and fund allow; returns its number and how much. What is not granted, the plan
    /// records with its cause.
    fn grant(&mut self, grant: Grant, applied: Applied) -> Option<(RewardId, Amount)>;

    /// Takes back a part of a reward, because what caused it went back: at most what stands of it.
    fn reverse(&mut self, reward: RewardId, part: Amount);
}

/// A reward out of a fund.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// Who gets it.
    pub user: UserId,
    /// Whose action causes it.
    pub source: Option<UserId>,
    /// Its kind.
    pub reason: Reason,
    /// What pays it.
    pub fund: Fund,
    /// How much the rule grants.
    pub amount: Amount,
    /// Day at whose end it is the user's own; a day that has ended is at once, [`Day::LAST`] is not known yet.
    pub available_at: Day,
}

/// The parameter that decided, for explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The component's name.
    pub component: &'static str,
    /// Its path in the plan file.
    pub parameter: &'static str,
    /// The rate that it says.
    pub rate: Bps,
    /// Of what.
    pub base: Amount,
}
