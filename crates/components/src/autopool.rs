//! The auto-pool: registrations and retopups at their price, and pools of trees that fill in breadth-first order.
//!
//! A registration is divided between sponsor and company, or buys a place; a retopup is shared by the uplines; the price of a place is
//! shared by those above it. Rewards can be reserved towards a place in the next tier. Not responsible for legs: the rules say who has
//! which share, and the caller books it.

mod check;
pub mod findings;
mod pools;
mod reserve;
mod retopup;
mod route;
mod seat;
pub mod table;
mod terms;

pub use check::{ORDINALS_MAX, TREE_SIZE_MAX};
pub use pools::{Above, Place, Placed, Pools, TierNodes};
pub use reserve::{ChoiceError, Due, Progression, ReserveChoice};
pub use retopup::GenerationShare;
pub use route::{PoolRoom, Route};
pub use seat::{NodeNumber, Seat, TierSet};
pub use terms::{
    AutoPoolTerms, ForcedReserve, LayerSet, PoolEntry, PoolTerms, RegistrationTerms, ReserveTerms,
    RetopupTerms, SplitTerms, TierTerms,
};
