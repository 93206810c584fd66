//! What a component is to a plan: [`Terms`], which its tables of a plan file compile to, and [`Rules`], which decide with them.
//!
//! The list of components in the crate `plan` names each once; everything that is done with all of them goes by these two traits.
//! Not responsible for what a component decides, nor for accounts: the plan books what rules ask of its [`Desk`].

mod desk;

use std::fmt::Debug;

use ledger::{DepositId, Fund, UserId};
use money::{Amount, Asset};
use plan_file::{Day, Encoder, Finding, Refusal};

pub use desk::{Applied, Desk, Grant, RewardId};

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
