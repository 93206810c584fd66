//! The whole system on a local chain: the contract deployed, the database bound to it, the services running,
//! the first participants registered.
//!
//! Used by `trellis dev` on servers of its own and by the end-to-end tests on theirs. It refuses anything that
//! is not on this machine.

mod coin;
mod databases;
mod deployment;
mod environment;
mod exits;
mod participant;
mod people;
mod purchases;
mod running;
mod site;
mod spec;

pub use crate::agreement::{OPERATOR_ROLES, operators};
pub(crate) use coin::plan_in_coin;
pub(crate) use databases::{LEDGER, SIGNER, migrate, remembered};
pub use deployment::{Continuity, continuity, deploy};
pub(crate) use deployment::{finalize_restored, take_back};
pub use exits::{BURNS_GAS, REVERTS};
pub use participant::{Answer, Authorization, Person};
pub(crate) use people::register_root;
pub use people::{accounts, root_user};
pub use running::System;
pub use site::Site;
pub use spec::SystemSpec;
