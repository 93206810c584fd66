//! The whole system at work on a throwaway chain: people join, are paid and leave, processes are killed, blocks
//! replaced; and in the end everything is recomputed from the chain's own logs.
//!
//! `story` has the scenes in their order, `oracle` the recomputation (the end-to-end tests use it, too), `report` what is
//! printed. Not responsible for starting processes: that is `devstack`.

pub mod oracle;

pub use oracle::Oracle;
