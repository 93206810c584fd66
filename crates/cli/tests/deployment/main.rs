//! `trellis deploy`, `trellis operate`, `trellis doctor --contract` and payments by roots against real chains, and the forge
//! script beside them.

mod deploying;
mod enrolling;
mod examining;
mod ledgers;
mod liabilities;
mod operating;
mod runbooks;
mod script;
mod token;
mod token_deploying;
mod token_examining;
mod token_operating;
mod world;
