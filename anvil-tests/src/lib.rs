//! The whole system in a test: a real chain, real PostgreSQL, the real processes, people with wallets, and an
//! oracle that recomputes every balance from the chain's own logs.
//!
//! Not responsible for what is tested; that is `tests/`.

mod evidence;
mod payouts;
mod soak;
mod world;

pub use demonstration::Oracle;
pub use devstack::world::{Answer, Authorization, Person};
pub use payouts::{Attempt, Batch, PayoutWorld, Submission, has_died};
pub use soak::{Soaked, soak};
pub use world::{PATIENCE, World, bnb, trellis};
