//! `trellis deploy`, `trellis operate` and `trellis doctor --contract` against real chains, and the forge script beside them.

mod deploying;
mod examining;
mod operating;
mod runbooks;
mod script;
mod token;
mod token_deploying;
mod token_examining;
mod token_operating;
mod world;
