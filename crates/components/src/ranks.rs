//! Ranks: legs by volume of the downline, a weekly qualification, a title that never falls, and a weekly bonus
//! for a limited number of weeks.
//!
//! A leg is a direct with everyone below; its volume is what they bought in the window, net of refunds. The main leg is
//! the largest one, the others count together. [`Ranks`] keeps volumes and standings and decides; money is moved by
//! whoever asked. Not responsible for accounts, for the fund that pays, for clocks: a week ends when someone says so.

mod close;
mod decision;
mod explained;
mod findings;
mod held;
mod legs;
mod state;
pub mod table;
mod terms;

pub use crate::ranks::table::{LadderTable, RanksTable, WhenShort, WindowName};
pub use decision::{Closed, GivenBack, Matured, RankDecision};
pub use explained::RankVolumes;
pub use legs::{Explanation, RankLeg, Requirement};
pub use state::Ranks;
pub use terms::{
    BONUS_WEEKS_MAX, BONUS_WEEKS_USUAL, HOLD_DAYS_MAX, LADDER_MAX, NAME_CHARACTERS_MAX, Rank, RanksTerms,
    WINDOW_WEEKS_MAX, Window,
};
