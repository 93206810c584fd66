//! The listener against a real chain and a real database.

mod backfill;
mod crash;
mod follow;
mod forks;
mod instances;
mod lies;
mod proxy;
mod world;
