//! The auto-pool: registrations and retopups at their price, and pools of trees that fill in breadth-first order.
//!
//! A registration is divided between sponsor and company, or buys a place; a retopup is shared by the uplines; the price of a place is
//! shared by those above it. Not responsible for who may receive a share.

pub mod findings;
mod route;
mod terms;

pub use route::{PoolRoom, Route};
pub use terms::{
    AutoPoolTerms, ForcedReserve, LayerSet, PoolEntry, PoolTerms, RegistrationTerms, ReserveTerms,
    RetopupTerms, SplitTerms, TierTerms,
};
